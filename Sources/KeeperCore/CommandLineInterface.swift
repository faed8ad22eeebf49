import Glibc
import KeeperProtocol

/// The command line of plumb-keeper, which only an agent uses.
package enum CommandLineInterface {
    package static let version = "0.1.0"
    private static let usage = """
        usage: plumb-keeper zygote --fd N --lock-fd M
               plumb-keeper version

        """

    /// Returns the exit code; 2 for a mistake in the arguments.
    package static func run(_ arguments: [String]) -> Int32 {
        switch arguments.dropFirst().first {
        case "version" where arguments.count == 2:
            write("plumb-keeper \(version) (protocol \(protocolVersion))\n", to: STDOUT_FILENO)
            return 0
        case "zygote":
            guard let requests = descriptor("--fd", in: arguments),
                let lock = descriptor("--lock-fd", in: arguments), arguments.count == 6
            else { return fail() }
            return Zygote.main(requests: requests, lock: lock)
        default:
            return fail()
        }
    }

    private static func fail() -> Int32 {
        write(usage, to: STDERR_FILENO)
        return 2
    }

    private static func descriptor(_ flag: String, in arguments: [String]) -> Int32? {
        guard let index = arguments.firstIndex(of: flag), index + 1 < arguments.count,
            let number = Int32(arguments[index + 1]), number > STDERR_FILENO
        else { return nil }
        return number
    }

    private static func write(_ text: String, to descriptor: Int32) {
        // Whoever closed the stream does not want to read it.
        _ = Glibc.write(descriptor, text, text.utf8.count)
    }
}
