import CLinux
import Glibc

/// Directories that a workload may own, made and opened so that no symbolic link that it plants leads
/// outside.
enum OwnedDirectory {
    /// Makes the directory and its parents where they are missing. For trees that belong to the agent alone.
    static func make(_ path: String, mode: mode_t) throws(SystemError) {
        if mkdir(path, mode) == 0 {
            // The mask of the agent's terminal must not decide who may enter.
            guard chmod(path, mode) == 0 else { throw SystemError("chmod", path) }
            return
        }
        if errno == EEXIST { return }
        guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
            throw SystemError("mkdir", path)
        }
        try make(String(path[..<slash]), mode: mode)
        try make(path, mode: mode)
    }

    /// Opens `name` within `parent`, as a directory of this owner; it is made or handed over if need be.
    static func open(
        _ name: String, in parent: borrowing Descriptor, mode: mode_t, uid: UInt32, gid: UInt32,
        subject: String
    ) throws(SystemError) -> Descriptor {
        let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW
        var raw = clinux_openat(parent.raw, name, flags, 0)
        if raw < 0, errno == ENOENT {
            guard mkdirat(parent.raw, name, mode) == 0 || errno == EEXIST else {
                throw SystemError("mkdir", subject)
            }
            raw = clinux_openat(parent.raw, name, flags, 0)
            guard raw >= 0 else { throw SystemError("open", subject) }
            guard fchmod(raw, mode) == 0 else { throw SystemError("chmod", subject) }
        }
        guard raw >= 0 else { throw SystemError("open", subject) }
        let directory = Descriptor(owning: raw)
        let facts = try directory.status(subject)
        if facts.st_uid != uid || facts.st_gid != gid {
            guard fchown(raw, uid, gid) == 0 else { throw SystemError("chown", subject) }
            guard fchmod(raw, mode) == 0 else { throw SystemError("chmod", subject) }
        }
        return directory
    }

    /// Replaces a file within a directory as a whole; a reader sees the old or the new one. `isDurable`: it
    /// survives a power failure from the return on.
    static func replaceFile(
        _ name: String, in directory: borrowing Descriptor, contents: [UInt8], mode: mode_t, uid: UInt32,
        gid: UInt32, isDurable: Bool, subject: String
    ) throws(SystemError) {
        let temporary = ".\(name).new"
        // What an earlier, interrupted attempt or the workload itself left there must not be written through.
        _ = unlinkat(directory.raw, temporary, 0)
        let file = try Descriptor(
            temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: mode, in: directory.raw)
        try file.writeAll(contents, subject)
        guard fchmod(file.raw, mode) == 0 else { throw SystemError("chmod", subject) }
        if geteuid() == 0 {
            guard fchown(file.raw, uid, gid) == 0 else { throw SystemError("chown", subject) }
        }
        if isDurable { try file.sync(subject) }
        guard renameat(directory.raw, temporary, directory.raw, name) == 0 else {
            throw SystemError("rename", subject)
        }
        if isDurable { try directory.sync(subject) }
    }
}
