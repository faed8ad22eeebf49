import CLinux
import Glibc
import KeeperProtocol

/// What the run was given from descriptor 3 on. The keeper keeps copies, so that an agent that died can have
/// them back, and the next run of the replica gets them.
struct HeldDescriptors {
    let owner: String
    private(set) var passed: [PassedDescriptor] = []
    private(set) var descriptors: [Int32] = []

    /// Nil where the request brought others than its specification names.
    init?(_ view: LaunchSpecView, _ request: RequestDescriptors) {
        owner = view.owner
        passed = view.passed.filter { $0.kind == .listen } + view.passed.filter { $0.kind == .stored }
        descriptors = request.listen + request.stored
        guard passed.count == descriptors.count,
            passed.count(where: { $0.kind == .listen }) == request.listen.count
        else { return nil }
    }

    var isEmpty: Bool { descriptors.isEmpty }

    /// What a child is given.
    var handover: Handover? {
        isEmpty ? nil : Handover(descriptors: descriptors, names: passed.map(\.name))
    }

    /// Sends copies of all. False where the connection takes nothing.
    func send(to connection: Int32) -> Bool {
        let message = KeeperMessage.descriptors(owner: owner, passed).encoded()
        return clinux_send(connection, message, message.count, descriptors, descriptors.count, 1)
            == message.count
    }
}

/// Descriptors on their way to a program, by the convention of sd_listen_fds(3).
struct Handover {
    static let first: Int32 = 3
    let descriptors: [Int32]
    let names: [String]

    /// The first number above those that the program gets.
    var end: Int32 { Self.first + Int32(descriptors.count) }

    /// Puts them from `first` on, open across execve. The sources may stand anywhere: copies above all of
    /// them are made first, and left for the caller to close with the rest. False with errno.
    func place() -> Bool {
        let above = max(end, (descriptors.max() ?? 0) + 1) + 1
        var copies: [Int32] = []
        for descriptor in descriptors {
            let copy = clinux_fcntl(descriptor, F_DUPFD_CLOEXEC, above)
            guard copy >= 0 else { return false }
            copies.append(copy)
        }
        for (index, copy) in copies.enumerated() {
            // Unlike its source, the result of dup2 stays open across execve.
            guard dup2(copy, Self.first + Int32(index)) >= 0 else { return false }
        }
        return true
    }

    /// Of the process that calls this: the program must find its own pid there.
    func variables() -> [String] {
        [
            "LISTEN_PID=\(getpid())", "LISTEN_FDS=\(descriptors.count)",
            "LISTEN_FDNAMES=\(names.joined(separator: ":"))",
        ]
    }
}
