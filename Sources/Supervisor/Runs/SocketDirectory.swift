import CLinux
import Glibc
import Synchronization

/// The runtime directory of the keepers' sockets, kept open, and made anew if somebody removed it.
final class SocketDirectory: Sendable {
    private let path: String
    private let state = Mutex<Int32>(-1)

    init(path: String) { self.path = path }

    deinit { state.withLock { if $0 >= 0 { close($0) } } }

    /// A descriptor of the directory, the caller's own.
    func open() throws(SystemError) -> Descriptor {
        let result = state.withLock { kept -> Result<Int32, SystemError> in
            Result { () throws(SystemError) in
                if kept >= 0, !Self.isRemoved(kept) { return try Self.duplicate(kept) }
                if kept >= 0 { close(kept) }
                kept = -1
                try OwnedDirectory.make(path, mode: 0o700)
                kept = try Descriptor(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW).release()
                return try Self.duplicate(kept)
            }
        }
        return Descriptor(owning: try result.get())
    }

    /// Connects to a keeper, without waiting.
    func connect(to name: String) throws(SystemError) -> Descriptor {
        let directory = try open()
        let raw = clinux_unix_seqpacket()
        guard raw >= 0 else { throw SystemError("socket", name) }
        let socket = Descriptor(owning: raw)
        _ = clinux_set_nonblocking(raw, 1)
        // Through the descriptor, so that the length of the runtime directory's path does not matter.
        guard clinux_unix_connect(raw, "/proc/self/fd/\(directory.raw)/\(name)") == 0 else {
            throw SystemError("connect", name)
        }
        return socket
    }

    /// What keepers that were killed left behind.
    func remove(_ name: String) {
        guard let directory = try? open() else { return }
        unlinkat(directory.raw, name, 0)
    }

    private static func isRemoved(_ descriptor: Int32) -> Bool {
        var facts = stat()
        return fstat(descriptor, &facts) != 0 || facts.st_nlink == 0
    }

    private static func duplicate(_ descriptor: Int32) throws(SystemError) -> Int32 {
        let copy = clinux_fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0 else { throw SystemError("fcntl(F_DUPFD)", "") }
        return copy
    }
}
