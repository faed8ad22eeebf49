import CLinux
import Glibc

/// A file that says who is trusted. Whoever can write it decides what runs on this host, so it is only read
/// where nobody else can.
struct KeyFile {
    let path: String
    /// Directories that it must not be in.
    let forbidden: [String]

    static let bytesMax = 1 << 20

    func read() throws(TrustFailure) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw failure(
                "KeysUnreadable", "cannot be read: \(SystemMessage.of(errno))",
                "put the keys there, or correct trust.commits in agent.yaml")
        }
        defer { close(descriptor) }
        var facts = stat()
        guard fstat(descriptor, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else {
            throw failure("KeysUnreadable", "is no file", "correct trust.commits in agent.yaml")
        }
        try check(facts, path)
        try checkPlace(descriptor)
        guard facts.st_size <= Self.bytesMax else {
            throw failure("KeysUnusable", "has more than \(Self.bytesMax) bytes", "split it")
        }
        return try contents(descriptor)
    }

    private func contents(_ descriptor: Int32) throws(TrustFailure) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: Self.bytesMax + 1)
        var count = 0
        while count < bytes.count {
            let step = bytes.withUnsafeMutableBytes {
                Glibc.read(descriptor, $0.baseAddress.map { $0 + count }, $0.count - count)
            }
            if step < 0, errno == EINTR { continue }
            guard step >= 0 else {
                throw failure("KeysUnreadable", "cannot be read: \(SystemMessage.of(errno))", "check it")
            }
            if step == 0 { break }
            count += step
        }
        return Array(bytes.prefix(count))
    }

    /// Where the file really is, whatever links led there.
    private func checkPlace(_ descriptor: Int32) throws(TrustFailure) {
        guard let real = SymbolicLink.target(of: "/proc/self/fd/\(descriptor)") else { return }
        for repository in forbidden {
            let root = RealPath.of(repository)
            guard real == root || real.hasPrefix(root == "/" ? root : root + "/") else { continue }
            throw failure(
                "KeysInRepository",
                "is below \(repository), where commits bring files: whoever may commit could decide "
                    + "who is trusted", "move it elsewhere, to /etc/plumb for example")
        }
        // Whoever can write to a directory above it can put another file in its place.
        var directory = real
        while directory != "/" {
            directory = AbsolutePath.parent(directory)
            var facts = stat()
            guard stat(directory, &facts) == 0 else { return }
            if facts.st_mode & S_ISVTX == 0 { try check(facts, directory) }
        }
    }

    private func check(_ facts: stat, _ what: String) throws(TrustFailure) {
        guard facts.st_uid == 0 || facts.st_uid == geteuid() else {
            throw TrustFailure(
                code: "KeysUnsafe",
                message:
                    "\(what) belongs to \(UserName.describe(facts.st_uid)), who could change whom to trust",
                advice: "chown \(geteuid()) \(what)")
        }
        guard facts.st_mode & 0o022 == 0 else {
            throw TrustFailure(
                code: "KeysUnsafe",
                message: "\(what) can be written by others than its owner, who could change whom to trust",
                advice: "chmod go-w \(what)")
        }
    }

    private func failure(_ code: String, _ what: String, _ advice: String) -> TrustFailure {
        TrustFailure(code: code, message: "the keys file \(path) \(what)", advice: advice)
    }
}

enum RealPath {
    /// Without links; the path itself where nothing is there.
    static func of(_ path: String) -> String {
        guard let real = realpath(path, nil) else { return AbsolutePath.of(path) }
        defer { free(real) }
        return String(cString: real)
    }
}
