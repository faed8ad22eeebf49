/// Paths of declarations, all relative to the source path.
package enum SourcePath {
    /// Without `./`, empty components, `..` and a trailing `/`; "" is the source path itself.
    /// nil for absolute paths, and for those that leave the source.
    package static func normalised(_ path: some StringProtocol) -> String? {
        guard !path.isEmpty, path.first != "/" else { return nil }
        return resolve(path, from: "")
    }

    /// Where a relative path leads from a directory of the source; nil where it leaves the source.
    static func resolve(_ path: some StringProtocol, from directory: String) -> String? {
        guard path.first != "/" else { return nil }
        var components = directory.split(separator: "/").map(String.init)
        for component in path.split(separator: "/") where component != "." {
            if component == ".." {
                guard components.popLast() != nil else { return nil }
            } else {
                components.append(String(component))
            }
        }
        return components.joined(separator: "/")
    }

    /// The directory that holds a path; "" at the top.
    static func parent(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
    }

    /// Whether a path is the directory or lies in it.
    package static func contains(_ directory: String, _ path: String) -> Bool {
        directory.isEmpty || path == directory
            || (path.hasPrefix(directory) && path.dropFirst(directory.count).first == "/")
    }
}
