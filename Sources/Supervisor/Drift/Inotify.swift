import Glibc

/// One inotify instance, the only one of the Supervisor: a user may have 128 of them on the whole host.
struct Inotify: ~Copyable, Sendable {
    let descriptor: Int32

    /// What the kernel tells of one change.
    struct Event {
        /// Which watch it belongs to; -1 when events were lost.
        let watch: Int32
        let mask: UInt32
        /// The entry of the directory that it is about; empty for what is watched itself.
        let name: String

        func has(_ bits: Int32) -> Bool { mask & UInt32(bitPattern: bits) != 0 }
    }

    init() throws(SystemError) {
        descriptor = inotify_init1(Int32(IN_NONBLOCK | IN_CLOEXEC))
        guard descriptor >= 0 else { throw SystemError("inotify_init", "") }
    }

    deinit { close(descriptor) }

    func watch(_ path: String, _ mask: Int32) throws(SystemError) -> Int32 {
        let watch = inotify_add_watch(descriptor, path, UInt32(bitPattern: mask))
        guard watch >= 0 else { throw SystemError("watch", path) }
        return watch
    }

    func unwatch(_ watch: Int32) { _ = inotify_rm_watch(descriptor, watch) }

    /// Takes the events that wait, a bounded number of them.
    func drain(_ body: (Event) -> Void) {
        withUnsafeTemporaryAllocation(byteCount: 16 << 10, alignment: 8) { buffer in
            for _ in 0..<Self.readsMax {
                let count = read(descriptor, buffer.baseAddress, buffer.count)
                guard count > 0 else { return }
                Self.parse(UnsafeRawBufferPointer(rebasing: buffer[..<count]), body)
            }
        }
    }

    private static let readsMax = 16

    /// Four numbers (watch, mask, cookie, length of the name) and the name, padded with zero bytes. The
    /// kernel gives whole events only.
    private static func parse(_ bytes: UnsafeRawBufferPointer, _ body: (Event) -> Void) {
        let headBytes = 16
        var rest = bytes[...]
        while rest.count >= headBytes {
            let head = UnsafeRawBufferPointer(rebasing: rest)
            let nameBytes = Int(head.load(fromByteOffset: 12, as: UInt32.self))
            let name = head[headBytes..<headBytes + nameBytes].prefix { $0 != 0 }
            body(
                Event(
                    watch: head.load(as: Int32.self), mask: head.load(fromByteOffset: 4, as: UInt32.self),
                    name: String(decoding: name, as: UTF8.self)))
            rest = rest.dropFirst(headBytes + nameBytes)
        }
    }
}

extension SystemError {
    /// Why nothing can be watched, and what to do about it.
    var watchWords: String {
        switch number {
        case ENOSPC: "the kernel allows no further inotify watch; raise fs.inotify.max_user_watches"
        case EMFILE: "the kernel allows no further inotify instance; raise fs.inotify.max_user_instances"
        case E2BIG: "the agent watches \(SupervisorLimits.watchesMax) names, and no more"
        default: "\(self)"
        }
    }
}
