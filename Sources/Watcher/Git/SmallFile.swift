import Glibc

/// Files of a line or two, such as `HEAD`, `commondir` and the `.git` of a linked work tree.
enum SmallFile {
    /// The text without the white space around it; nil when there is no such file, it is longer than a path
    /// may be, or it cannot be read.
    static func text(at path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        return withUnsafeTemporaryAllocation(byteCount: ReaderLimits.pathBytesMax + 1, alignment: 1) {
            buffer in
            let count = read(descriptor, buffer.baseAddress, buffer.count)
            guard count >= 0, count < buffer.count else { return nil }
            let bytes = buffer[..<count]
            guard let first = bytes.firstIndex(where: { !isSpace($0) }),
                let last = bytes.lastIndex(where: { !isSpace($0) })
            else { return "" }
            return String(decoding: bytes[first...last], as: UTF8.self)
        }
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || (9...13).contains(byte)
    }
}

/// What stat(2) says about a path.
struct FileFacts: Hashable {
    let device: UInt
    let inode: UInt
    let owner: UInt32
    let size: Int
    let modified: Int
    let modifiedNanoseconds: Int
    let isDirectory: Bool
    let isLink: Bool

    init(device: UInt, inode: UInt, owner: UInt32, isDirectory: Bool, isLink: Bool) {
        self.device = device
        self.inode = inode
        self.owner = owner
        self.isDirectory = isDirectory
        self.isLink = isLink
        (size, modified, modifiedNanoseconds) = (0, 0, 0)
    }

    /// Nil when there is nothing, or nothing that may be seen; errno says which.
    init?(of path: String, followingLinks: Bool = true) {
        var facts = stat()
        let code = followingLinks ? stat(path, &facts) : lstat(path, &facts)
        guard code == 0 else { return nil }
        device = UInt(facts.st_dev)
        inode = UInt(facts.st_ino)
        owner = facts.st_uid
        size = Int(facts.st_size)
        modified = facts.st_mtim.tv_sec
        modifiedNanoseconds = facts.st_mtim.tv_nsec
        isDirectory = facts.st_mode & S_IFMT == S_IFDIR
        isLink = facts.st_mode & S_IFMT == S_IFLNK
    }
}

/// Symbolic links on the disk.
enum SymbolicLink {
    /// What the link says; nil when it is none.
    static func target(of path: String) -> String? {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: ReaderLimits.pathBytesMax) { buffer in
            guard let base = buffer.baseAddress else { return nil }
            let count = readlink(path, base, buffer.count)
            guard count > 0, count < buffer.count else { return nil }
            return String(decoding: UnsafeRawBufferPointer(start: base, count: count), as: UTF8.self)
        }
    }
}
