import Glibc

/// The executables that were built together with these tests, and the source tree that they were built from.
enum Binaries {
    static let plumb = find("plumb")
    static let keeper = find("plumb-keeper")

    /// The folder that holds Package.swift.
    static let sourceTree: String = {
        var path = #filePath.split(separator: "/", omittingEmptySubsequences: false)
        path.removeLast(4)
        return path.joined(separator: "/")
    }()

    private static func find(_ name: String) -> String {
        for directory in candidates {
            let path = directory + "/" + name
            if access(path, X_OK) == 0 { return path }
        }
        return "\(name) was not built beside the tests"
    }

    /// Beside the test bundle, which is named on the command line, or beside this very executable.
    private static var candidates: [String] {
        let executable = Files.target(of: "/proc/self/exe") ?? ""
        return (CommandLine.arguments + [executable]).filter { $0.contains("/") }.flatMap { path in
            sequence(first: parent(of: path)) { $0.isEmpty ? nil : parent(of: $0) }.prefix(4)
        }
    }

    private static func parent(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
    }
}
