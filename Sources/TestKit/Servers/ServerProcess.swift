import CLinux
import Glibc
import Synchronization

/// A server that a test started on loopback. It ends with its last owner, and so does what it forked in its
/// group.
package final class ServerProcess: Sendable {
    let pid: pid_t
    package let port: UInt16
    private let isEnded = Mutex(false)

    package struct Failure: Error, CustomStringConvertible { package let description: String }

    /// Starts a server on a port that was free a moment ago, and waits until it listens.
    /// - Parameter command: the command line for a port.
    package static func start(
        log: String, environment: [String: String] = [:], _ command: (UInt16) throws -> [String]
    ) throws -> ServerProcess {
        var said = ""
        for _ in 0..<5 {
            let port = try Loopback.freePort()
            let server = try ServerProcess(try command(port), port: port, log: log, environment: environment)
            let end = ContinuousClock.now + .seconds(30)
            while ContinuousClock.now < end, clinux_peek_exit(server.pid) == 0 {
                if Loopback.answers(port) { return server }
                usleep(10_000)
            }
            // Another process may have taken the port; then the next one is tried.
            said = Loopback.text(of: log)
            server.end()
        }
        throw Failure(description: "no server came up: \(said)")
    }

    private init(
        _ command: [String], port: UInt16, log: String, environment: [String: String]
    ) throws {
        self.port = port
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log, O_WRONLY | O_CREAT | O_APPEND, 0o644)
        posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
        let all = [
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C", "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": "/dev/null",
        ].merging(environment) { _, given in given }
        var arguments = command.map { (word: String) in strdup(word) } + [nil]
        var variables = all.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in arguments + variables { free(text) } }
        var pid: pid_t = 0
        let code = posix_spawn(&pid, command.first ?? "", &actions, &attributes, &arguments, &variables)
        guard code == 0 else { throw Failure(description: "\(command): errno \(code)") }
        self.pid = pid
    }

    deinit { end() }

    /// Kills it, and all that is in its group.
    package func end() {
        let isFirst = isEnded.withLock { ended in
            defer { ended = true }
            return !ended
        }
        guard isFirst else { return }
        // Its number stays taken until it is reaped, so the group is its own.
        kill(-pid, SIGKILL)
        while waitpid(pid, nil, 0) < 0, errno == EINTR {}
    }
}

/// Sockets of this host alone.
package enum Loopback {
    /// A port that the kernel has found free.
    package static func freePort() throws -> UInt16 {
        let (descriptor, port) = try listener()
        close(descriptor)
        return port
    }

    /// A socket that listens on a free port.
    package static func listener() throws -> (descriptor: Int32, port: UInt16) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = address(port: 0)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, size) == 0 && listen(descriptor, 64) == 0
                    && getsockname(descriptor, $0, &size) == 0
            }
        }
        guard isBound else { throw ServerProcess.Failure(description: "no port: errno \(errno)") }
        return (descriptor, UInt16(bigEndian: address.sin_port))
    }

    /// A connection to a port; nil where nobody listens.
    package static func connect(to port: UInt16) -> Int32? {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = address(port: port)
        let isConnected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        if isConnected { return descriptor }
        close(descriptor)
        return nil
    }

    static func answers(_ port: UInt16) -> Bool {
        guard let descriptor = connect(to: port) else { return false }
        close(descriptor)
        return true
    }

    private static func address(port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return address
    }

    static func text(of file: String) -> String {
        let descriptor = open(file, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 8 << 10)
        return String(decoding: bytes.prefix(max(0, read(descriptor, &bytes, bytes.count))), as: UTF8.self)
    }
}
