import CLinux
import Glibc

/// One agent per state directory: the lock is held for as long as the agent lives, however it ends.
struct StateLock: ~Copyable {
    private let descriptor: Int32

    /// - Throws: `CommandFailure` when another agent holds it, or the directory cannot be written.
    init(stateDirectory: String) throws {
        let path = stateDirectory + "/agent.lock"
        let fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard fd >= 0 else {
            throw CommandFailure(
                message: "cannot open \(path): \(String(cString: strerror(errno)))",
                remedy: "give --state-dir a directory that this user may write")
        }
        guard clinux_ofd_lock(fd) == 0 else {
            close(fd)
            throw CommandFailure(
                message: "another agent runs on the state directory \(stateDirectory)",
                remedy: "stop it first, or give this one its own --state-dir and --runtime-dir")
        }
        descriptor = fd
    }

    deinit { close(descriptor) }
}
