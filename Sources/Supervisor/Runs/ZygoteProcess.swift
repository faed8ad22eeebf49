import CLinux
import Glibc

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
        var environment: [UnsafeMutablePointer<CChar>?] = [nil]
        var pid = pid_t()
        let result = posix_spawn(&pid, executable, &actions, nil, &arguments, &environment)
        guard result == 0 else { throw SystemError("execute", executable, number: result) }
        return pid
    }

    private static func duplicate(_ descriptor: Int32) throws(SystemError) -> Int32 {
        let copy = clinux_fcntl(descriptor, F_DUPFD_CLOEXEC, ownNumbersMin)
        guard copy >= 0 else { throw SystemError("fcntl(F_DUPFD)", "") }
        return copy
    }
}
