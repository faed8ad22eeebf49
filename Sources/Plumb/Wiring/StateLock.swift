import CLinux
import Glibc

/// One agent per state directory, and per runtime directory: the lock is held for as long as the agent lives,
/// however it ends.
struct StateLock: ~Copyable {
    private let descriptor: Int32

    /// - Throws: `CommandFailure` when another agent holds it, or the directory cannot be written.
    init(_ directory: String, called name: String, flag: String) throws {
        let path = directory + "/agent.lock"
        let fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard fd >= 0 else {
            throw CommandFailure(
                message: "cannot open \(path): \(String(cString: strerror(errno)))",
                remedy: "give \(flag) a directory that this user may write")
        }
        guard Self.take(fd) else {
            close(fd)
            throw CommandFailure(
                message: "another agent runs on the \(name) \(directory)",
                remedy: "stop it first, or give this one its own --state-dir and --runtime-dir")
        }
        descriptor = fd
    }

    deinit { close(descriptor) }

    /// An agent that was just killed may hold it for a moment still: its memory has to be given back first.
    private static func take(_ descriptor: Int32) -> Bool {
        for _ in 0..<waitTurns {
            if clinux_ofd_lock(descriptor) == 0 { return true }
            usleep(waitMicroseconds)
        }
        return clinux_ofd_lock(descriptor) == 0
    }

    private static let waitTurns = 40
    private static let waitMicroseconds: UInt32 = 50_000
}
