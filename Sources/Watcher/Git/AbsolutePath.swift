import Glibc

/// Paths as text, without asking the disk.
enum AbsolutePath {
    /// The path from the root, without `.`, doubled or trailing slashes. `..` stays: only the disk knows what
    /// it means.
    static func of(_ path: String) -> String {
        let full = path.hasPrefix("/") ? path : "\(currentDirectory)/\(path)"
        return "/" + components(full).joined(separator: "/")
    }

    static func join(_ directory: String, _ name: String) -> String {
        if name.hasPrefix("/") { return of(name) }
        return directory == "/" ? "/\(name)" : "\(directory)/\(name)"
    }

    static func parent(_ path: String) -> String {
        "/" + components(path).dropLast().joined(separator: "/")
    }

    static func components(_ path: String) -> [Substring] {
        path.split(separator: "/").filter { $0 != "." }
    }

    private static var currentDirectory: String {
        guard let path = getcwd(nil, 0) else { return "" }
        defer { free(path) }
        return String(cString: path)
    }
}
