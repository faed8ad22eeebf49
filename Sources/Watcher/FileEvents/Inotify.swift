import Glibc

/// One inotify instance.
struct Inotify: ~Copyable {
    let descriptor: Int32

    /// What the kernel tells of one change.
    struct Event {
        /// Which watch it belongs to; -1 when events were lost.
        let watch: Int32
        let mask: UInt32
        /// The entry of the directory that it is about; empty for the directory itself.
        let name: String

        func has(_ bits: Int32) -> Bool { mask & UInt32(bitPattern: bits) != 0 }
    }

    /// What the kernel said when it refused an instance: EMFILE when the user has
    /// `fs.inotify.max_user_instances`, or the process no descriptor left.
    struct Refusal: Error { let code: Int32 }

    static func open() throws(Refusal) -> Inotify {
        let descriptor = inotify_init1(Int32(IN_NONBLOCK | IN_CLOEXEC))
        guard descriptor >= 0 else { throw Refusal(code: errno) }
        return Inotify(descriptor: descriptor)
    }

    private init(descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    /// Watches a directory, or changes what is told of one that is watched already. Negative with errno set.
    func watch(_ directory: String, _ mask: UInt32) -> Int32 {
        inotify_add_watch(descriptor, directory, mask)
    }

    func unwatch(_ watch: Int32) { _ = inotify_rm_watch(descriptor, watch) }

    /// Takes all events that wait.
    func drain(_ body: (Event) -> Void) {
        withUnsafeTemporaryAllocation(byteCount: 16 << 10, alignment: 8) { buffer in
            while true {
                let count = read(descriptor, buffer.baseAddress, buffer.count)
                guard count > 0 else { return }
                Self.parse(UnsafeRawBufferPointer(rebasing: buffer[..<count]), body)
            }
        }
    }

    /// An event is four numbers (watch, mask, cookie, length of the name) and the name, padded with zero
    /// bytes. The kernel gives whole events only.
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
