import Glibc

/// Why no agent could be reached, in words.
struct AgentAbsence: Error, Sendable {
    var socket: String
    /// The errno of connecting.
    var failure: Int32

    /// Somebody is there, and does not serve this user.
    var isForbidden: Bool { failure == EACCES || failure == EPERM }

    var explained: CommandFailure {
        switch failure {
        case EACCES, EPERM: forbidden
        case ENOENT, ENOTDIR: absent("there is no such socket")
        case ECONNREFUSED: absent("nobody listens there any more")
        default: absent(String(cString: strerror(failure)))
        }
    }

    private func absent(_ reason: String) -> CommandFailure {
        let others = Self.usual.filter { $0 != socket && access($0, F_OK) == 0 }
        let remedy =
            others.first.map { "an agent's socket is at \($0): try --socket \($0)" }
            ?? "start one with `plumb agent --repo PATH`, or name its socket with --socket or PLUMB_SOCKET"
        return CommandFailure(message: "no agent at \(socket): \(reason)", remedy: remedy)
    }

    /// The socket serves root, the agent's own user, and the group `plumb`.
    private var forbidden: CommandFailure {
        var entry = stat()
        let owner = stat(socket, &entry) == 0 ? UserNames.name(of: entry.st_uid) : "its owner"
        let served = owner == "root" ? "root" : "root, \(owner)"
        let me = UserNames.name(of: geteuid())
        return CommandFailure(
            message:
                "\(me) may not talk to the agent at \(socket): it serves \(served) and the group plumb",
            remedy: "run this with sudo, or join the group (sudo usermod -aG plumb \(me)) and log in again")
    }

    /// Where agents are found that were started without a word about it.
    private static var usual: [String] {
        let own = SocketPath.runtimeDirectory(environment: ProcessEnvironment.current)
        return [own + "/" + SocketPath.name, "/run/plumb/" + SocketPath.name]
    }
}

enum UserNames {
    private static let bufferBytes = 16 << 10

    /// The user's name; the number where there is none.
    static func name(of user: uid_t) -> String {
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: bufferBytes)
        guard getpwuid_r(user, &entry, &buffer, buffer.count, &found) == 0, found != nil else {
            return "user \(user)"
        }
        return String(cString: entry.pw_name)
    }
}
