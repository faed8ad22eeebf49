import CLinux
import Glibc
import KeeperProtocol

/// Executes `plumb-keeper zygote`.
enum ZygoteProcess {
    /// Where the zygote finds its two descriptors.
    private static let socketNumber: Int32 = 3
    private static let lockNumber: Int32 = 4
    private static let ownNumbersMin: Int32 = 10

    static func spawn(_ executable: String, socket: Int32, lock: Int32) throws(SystemError) -> pid_t {
        // Out of the way of the numbers that they get in the child.
        let socket = Descriptor(owning: try duplicate(socket))
        let lock = Descriptor(owning: try duplicate(lock))
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, socket.raw, socketNumber)
        posix_spawn_file_actions_adddup2(&actions, lock.raw, lockNumber)

        let words = [executable, "zygote", "--fd", "\(socketNumber)", "--lock-fd", "\(lockNumber)"]
        var arguments = words.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var environment = FailPoint.inherited.map { strdup($0) } + [nil]
        defer { for variable in environment { free(variable) } }
        var pid = pid_t()
        let result = posix_spawn(&pid, executable, &actions, nil, &arguments, &environment)
        guard result == 0 else { throw SystemError("execute", executable, number: result) }
        return pid
    }

    /// Writes into the lock's file who is going to hold it, so that the next agent can end it safely.
    static func sign(_ lock: borrowing Descriptor, as pid: pid_t) {
        guard let identity = ProcessIdentity(of: pid), let boot = BootID.current else { return }
        let text = Array("\(identity.pid) \(identity.startTicks) \(boot)\n".utf8)
        // Where it cannot be written, the next agent only waits longer.
        if ftruncate(lock.raw, 0) == 0 { _ = pwrite(lock.raw, text, text.count, 0) }
    }

    /// Kills the zygote that signed the lock, if it is that very process still.
    static func killHolder(of lock: borrowing Descriptor) {
        var bytes = [UInt8](repeating: 0, count: 256)
        let count = pread(lock.raw, &bytes, bytes.count, 0)
        let words = String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self).split(
            whereSeparator: \.isWhitespace)
        guard words.count == 3, let pid = Int32(words[0]), let ticks = UInt64(words[1]),
            words[2] == BootID.current ?? "",
            let pidfd = ProcessIdentity(pid: pid, startTicks: ticks).openPidfd()
        else { return }
        _ = clinux_pidfd_send_signal(pidfd, SIGKILL)
        close(pidfd)
    }

    private static func duplicate(_ descriptor: Int32) throws(SystemError) -> Int32 {
        let copy = clinux_fcntl(descriptor, F_DUPFD_CLOEXEC, ownNumbersMin)
        guard copy >= 0 else { throw SystemError("fcntl(F_DUPFD)", "") }
        return copy
    }
}
