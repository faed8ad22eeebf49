import ArgumentParser
import Glibc

@main enum Main {
    static func main() async {
        let code = await run(Array(CommandLine.arguments.dropFirst()))
        exit(code.rawValue)
    }

    /// Parses and runs one command line. Whatever goes wrong is told on standard error.
    static func run(_ arguments: [String]) async -> ExitStatus {
        do {
            var command = try Root.parseAsRoot(arguments)
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
            return .done
        } catch {
            return ExitStatus.report(error)
        }
    }
}
