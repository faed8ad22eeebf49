import Glibc

/// Which source a single file belongs to.
enum SourceOfFile {
    /// The directory, and the file's path within it.
    static func find(_ path: String, source: String?) throws -> (directory: String, file: String) {
        let file = try resolved(path)
        let own = file.lastIndex(of: "/").map { String(file[..<$0]) } ?? "."
        let top = try source.map(resolved) ?? workTree(above: own) ?? own
        guard file.hasPrefix(top + "/") else {
            throw CommandFailure(message: "\(path) is not in \(top)")
        }
        return (shown(top), String(file.dropFirst(top.count + 1)))
    }

    /// As short as the working directory allows.
    private static func shown(_ directory: String) -> String {
        guard let here = try? resolved("."), here != "/" else { return directory }
        if directory == here { return "." }
        return directory.hasPrefix(here + "/") ? String(directory.dropFirst(here.count + 1)) : directory
    }

    /// The nearest directory that git knows, the given one among them.
    static func workTree(above directory: String) -> String? {
        var folder = Substring(directory)
        while !folder.isEmpty {
            if access(folder + "/.git", F_OK) == 0 { return String(folder) }
            folder = folder.lastIndex(of: "/").map { folder[..<$0] } ?? ""
        }
        return nil
    }

    static func resolved(_ path: String) throws -> String {
        guard let pointer = realpath(path, nil) else {
            throw CommandFailure(message: "cannot read \(path): \(String(cString: strerror(errno)))")
        }
        defer { free(pointer) }
        return String(cString: pointer)
    }
}
