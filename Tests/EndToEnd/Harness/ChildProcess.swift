import CLinux
import Glibc
import Synchronization

/// A process that a test started: in a session of its own, its output in a file, with no descriptor of ours.
final class ChildProcess: Sendable {
    let pid: pid_t
    /// Once it is known, the pid may belong to somebody else.
    private let ended = Mutex<End?>(nil)

    enum End: Equatable, Sendable {
        case exited(Int32)
        case signaled(Int32)
    }

    struct SpawnFailure: Error, CustomStringConvertible { let description: String }

    init(
        _ command: [String], environment: [String: String], directory: String, output: String,
        errors: String
    ) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        let flags = O_WRONLY | O_CREAT | O_APPEND
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output, flags, 0o644)
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, errors, flags, 0o644)

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        let flagsOfSignals = Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF)
        posix_spawnattr_setflags(&attributes, Self.ownSession | flagsOfSignals)

        // What the tests have open is not the child's affair.
        clinux_close_range_on_exec(3, UInt32.max)
        let command = ["/bin/sh", "-c", "cd \"$0\" && exec \"$@\"", directory] + command
        var arguments = command.map { (word: String) in strdup(word) } + [nil]
        var variables = environment.map { strdup($0.key + "=" + $0.value) } + [nil]
        defer { for text in arguments + variables { free(text) } }
        var pid: pid_t = 0
        let code = posix_spawnp(&pid, command[0], &actions, &attributes, &arguments, &variables)
        guard code == 0 else {
            throw SpawnFailure(
                description: "\(command[0]) cannot be started: \(String(cString: strerror(code)))")
        }
        self.pid = pid
    }

    /// POSIX_SPAWN_SETSID, which glibc shows to GNU sources only.
    private static let ownSession: Int16 = 0x80

    /// How it ended; nil while it lives.
    func poll() -> End? {
        ended.withLock { ended in
            if ended != nil { return ended }
            var status: Int32 = 0
            guard waitpid(pid, &status, WNOHANG) == pid else { return nil }
            let signal = status & 0x7f
            ended = signal == 0 ? .exited((status >> 8) & 0xff) : .signaled(signal)
            return ended
        }
    }

    /// Signals it, if it is still there.
    func send(_ signal: Int32) {
        if poll() == nil { kill(pid, signal) }
    }

    /// Waits for its end; kills it at the deadline, and returns nil.
    func end(within limit: Duration) async -> End? {
        let deadline = ContinuousClock.now + limit
        while ContinuousClock.now < deadline {
            if let end = poll() { return end }
            try? await Task.sleep(for: Polling.pause)
        }
        send(SIGKILL)
        while poll() == nil { try? await Task.sleep(for: Polling.pause) }
        return nil
    }
}

/// How often a condition is looked at.
enum Polling {
    static let pause = Duration.milliseconds(20)
}
