import CLinux
import Glibc

/// Removes whole directories of ours, read-only ones included. Symbolic links are removed, never followed.
enum DirectoryTree {
    static func remove(_ path: String) {
        if unlink(path) == 0 || errno == ENOENT { return }
        guard let directory = try? Descriptor(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW) else { return }
        empty(directory.raw, depth: 0)
        rmdir(path)
    }

    private static let depthMax = 256

    private static func empty(_ directory: Int32, depth: Int) {
        guard depth < depthMax else { return }
        // An ordinary user may not remove from a directory that is read-only.
        _ = fchmod(directory, 0o700)
        for name in names(directory) where unlinkat(directory, name, 0) != 0 {
            let child = clinux_openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0)
            guard child >= 0 else { continue }
            empty(child, depth: depth + 1)
            close(child)
            unlinkat(directory, name, Int32(AT_REMOVEDIR))
        }
    }

    /// In no order.
    static func names(_ directory: Int32) -> [String] {
        // fdopendir owns its descriptor, so it gets one of its own.
        let copy = clinux_openat(directory, ".", O_RDONLY | O_DIRECTORY, 0)
        guard copy >= 0, let stream = fdopendir(copy) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }
}
