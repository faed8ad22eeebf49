package import Glibc

/// A socket in the runtime directory that the command line uses. The kernel takes paths of 107 bytes, so it
/// is reached through its directory's descriptor; whoever is allowed to connect is said by its mode: root,
/// the agent's user, and the group `plumb` if there is one.
package final class LocalSocket: Sendable {
    package let path: String
    private let directory: Int32
    private let name: String

    package static let group = "plumb"

    /// Looks who is there already: a socket that nobody answers on is left from an agent that died.
    package init(_ path: String) throws(StatusServerError) {
        let cut = path.lastIndex(of: "/")
        let folder = cut.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        name = cut.map { String(path[path.index(after: $0)...]) } ?? path
        self.path = path
        directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw .socketUnusable(path, problem: "\(folder): \(lastError())") }
        try refuseIfServed()
    }

    deinit { close(directory) }

    /// Where the server binds: a name of its own first, so that the socket appears under the real one only
    /// when its mode is right and somebody answers.
    package var bindPath: String { reachable(newName) }

    private var newName: String { ".\(name).\(getpid())" }
    private func reachable(_ name: String) -> String { "/proc/self/fd/\(directory)/\(name)" }

    /// Makes what was bound the socket that everybody knows, in place of a stale one.
    package func publish() throws(StatusServerError) {
        var mode: mode_t = 0o600
        if let group = Self.groupID(Self.group), fchownat(directory, newName, uid_t.max, group, 0) == 0 {
            mode = 0o660
        }
        guard fchmodat(directory, newName, mode, 0) == 0,
            renameat(directory, newName, directory, name) == 0
        else {
            let problem = lastError()
            unlinkat(directory, newName, 0)
            throw .socketUnusable(path, problem: problem)
        }
    }

    /// Only after `publish`: another agent's socket is not taken away.
    package func remove() { unlinkat(directory, name, 0) }

    package func removeUnpublished() { unlinkat(directory, newName, 0) }

    private func refuseIfServed() throws(StatusServerError) {
        var info = stat()
        guard fstatat(directory, name, &info, AT_SYMLINK_NOFOLLOW) == 0 else {
            if errno == ENOENT { return }
            throw .socketUnusable(path, problem: lastError())
        }
        guard info.st_mode & S_IFMT == S_IFSOCK else {
            throw .socketUnusable(path, problem: "something that is no socket has its name; remove it")
        }
        if isAnswered() { throw .socketInUse(path) }
    }

    private func isAnswered() -> Bool {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(reachable(name).utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return false }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let length = socklen_t(MemoryLayout<sockaddr_un>.size)
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, length) == 0 }
        }
    }

    /// nil: this host has no such group.
    package static func groupID(_ name: String) -> gid_t? {
        var entry = Glibc.group()
        var found: UnsafeMutablePointer<Glibc.group>?
        var buffer = [CChar](repeating: 0, count: 16 << 10)
        guard getgrnam_r(name, &entry, &buffer, buffer.count, &found) == 0, found != nil else { return nil }
        return entry.gr_gid
    }
}

private func lastError() -> String { String(cString: strerror(errno)) }
