import Glibc
import Manifests

/// A directory of the file system, listed as a source: what a commit of it as it stands would hold, as far as
/// that can be told without git.
struct DirectorySource {
    /// As the user wrote it.
    let path: String
    private(set) var listing = SourceListing(entries: [])
    /// What git could not commit either: sockets, pipes, devices.
    private(set) var leftOut: [LeftOut] = []

    /// More than any repository of declarations holds; a path such as `/` ends here.
    static let entriesMax = 1_000_000
    /// Directories within one another; links are not followed, so this is reached by accident only.
    static let depthMax = 256

    init(path: String) throws {
        self.path = path
        var entry = stat()
        guard stat(path, &entry) == 0 else { throw Self.unreadable(path) }
        guard entry.st_mode & S_IFMT == S_IFDIR else {
            throw CommandFailure(message: "\(path) is not a directory")
        }
        try list(folder: "", depth: 0)
        listing.entries.sort { $0.path < $1.path }
    }

    /// The contents of one file of the listing, one byte past the bound at most.
    func contents(of file: String, bytesMax: Int = DecodingLimits.fileBytesMax) throws -> [UInt8] {
        let full = path + "/" + file
        let descriptor = open(full, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else { throw Self.unreadable(full) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while bytes.count <= bytesMax {
            let count = read(descriptor, &buffer, buffer.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw Self.unreadable(full) }
            if count == 0 { break }
            bytes += buffer[..<count]
        }
        return bytes
    }

    private mutating func list(folder: String, depth: Int) throws {
        let full = folder.isEmpty ? path : path + "/" + folder
        guard depth < Self.depthMax else {
            throw CommandFailure(
                message: "\(full): more than \(Self.depthMax) directories within one another")
        }
        guard let stream = opendir(full) else { throw Self.unreadable(full) }
        defer { closedir(stream) }
        while let next = readdir(stream) {
            let name = withUnsafePointer(to: &next.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
            }
            if name == "." || name == ".." || name == ".git" { continue }
            try add(folder.isEmpty ? name : folder + "/" + name, depth: depth)
        }
    }

    private mutating func add(_ file: String, depth: Int) throws {
        let full = path + "/" + file
        var entry = stat()
        guard lstat(full, &entry) == 0 else { throw Self.unreadable(full) }
        guard listing.entries.count < Self.entriesMax else {
            throw CommandFailure(
                message: "\(path) holds more than \(Self.entriesMax) files",
                remedy: "name the directory of the source")
        }
        switch entry.st_mode & S_IFMT {
        case S_IFDIR where access(full + "/.git", F_OK) == 0: append(file, .submodule)
        case S_IFDIR:
            append(file, .directory)
            try list(folder: file, depth: depth + 1)
        case S_IFREG:
            append(file, entry.st_mode & S_IXUSR != 0 ? .executable : .file, size: Int(entry.st_size))
        case S_IFLNK: append(file, .symbolicLink(target: try Self.target(of: full)))
        default: leftOut.append(LeftOut(path: file, reason: "no file, directory or link"))
        }
    }

    /// Within one listing the path is as good as a hash: it names the contents.
    private mutating func append(_ file: String, _ kind: SourceListing.Entry.Kind, size: Int = 0) {
        listing.entries.append(SourceListing.Entry(path: file, kind: kind, id: file, size: size))
    }

    private static func target(of link: String) throws -> String {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink(link, &buffer, buffer.count)
        guard count >= 0 else { throw unreadable(link) }
        return String(decoding: buffer.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    private static func unreadable(_ path: String) -> CommandFailure {
        CommandFailure(message: "cannot read \(path): \(String(cString: strerror(errno)))")
    }
}
