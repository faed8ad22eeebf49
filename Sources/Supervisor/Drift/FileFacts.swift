import Glibc
import Reconciler

/// What tells one state of a file from another without reading it.
struct FileFacts: Hashable, Sendable {
    var device: UInt64
    var inode: UInt64
    var bytes: Int64
    /// Nanoseconds since 1970: its contents, and whatever of it, changed last.
    var modified: Int64
    var changed: Int64

    /// Follows links, also those of /proc that lead to a file which has no name any more.
    init?(of path: String) {
        var facts = stat()
        guard stat(path, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else { return nil }
        self.init(facts)
    }

    private init(_ facts: stat) {
        device = UInt64(facts.st_dev)
        inode = UInt64(facts.st_ino)
        bytes = Int64(facts.st_size)
        modified = Self.nanoseconds(facts.st_mtim)
        changed = Self.nanoseconds(facts.st_ctim)
    }

    /// `device:inode`.
    var name: String { "\(device):\(inode)" }

    func isSameFile(as other: FileFacts) -> Bool { device == other.device && inode == other.inode }

    /// When it came to its place: a rename changes the second of the two only.
    var arrived: WallTime { WallTime(nanoseconds: max(modified, changed)) }

    private static func nanoseconds(_ time: timespec) -> Int64 {
        Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
    }
}

extension FileFacts {
    /// A digest of a small file, nil where it is larger or cannot be read.
    static func digest(of path: String) -> String? {
        guard let file = opened(path),
            let bytes = try? file.readAll(bytesMax: SupervisorLimits.scriptBytesMax, path)
        else { return nil }
        return SHA256.hex(bytes)
    }

    /// A regular file, to be read. Whoever owns its directory may put something else there at any moment, on
    /// which opening or reading would wait.
    static func opened(_ path: String) -> Descriptor? {
        guard let file = try? Descriptor(path, O_RDONLY | O_NONBLOCK), let facts = try? file.status(path),
            facts.st_mode & S_IFMT == S_IFREG
        else { return nil }
        return file
    }

    /// The kernel executes it by way of an interpreter.
    static func isScript(_ path: String) -> Bool {
        guard let file = opened(path) else { return false }
        var head: [UInt8] = [0, 0]
        return read(file.raw, &head, 2) == 2 && head == Array("#!".utf8)
    }
}

extension WallTime {
    /// `2026-11-21 12:40:01 UTC`, for messages.
    var inWords: String {
        var seconds = time_t(nanoseconds / 1_000_000_000)
        var parts = tm()
        var buffer = [CChar](repeating: 0, count: 40)
        guard gmtime_r(&seconds, &parts) != nil else { return "an unknown time" }
        let count = strftime(&buffer, buffer.count, "%Y-%m-%d %H:%M:%S UTC", &parts)
        return String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
