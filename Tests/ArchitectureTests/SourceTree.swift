import Foundation

/// The repository as its files stand: what the rules of this target look at.
enum SourceTree {
    /// The folder that holds Package.swift, found from where this file was compiled.
    static let root: String = {
        var path = #filePath.split(separator: "/", omittingEmptySubsequences: false)
        path.removeLast(3)
        return path.joined(separator: "/")
    }()

    /// Every Swift file of `Sources` and `Tests`.
    static let swiftFiles: [SourceFile] = (files(under: "Sources") + files(under: "Tests"))
        .filter { $0.hasSuffix(".swift") }
        .map { SourceFile(path: $0, bytes: contents(of: $0)) }

    /// What people read besides Swift, as far as it is there.
    static let textFiles: [String] =
        ["Makefile", "README.md", "ARCHITECTURE.md", "Package.swift", ".ci/run", ".gitignore"]
        .filter { FileManager.default.fileExists(atPath: root + "/" + $0) }
        + ["examples", "docs", "packaging", "Sources", "Tests"].flatMap(files(under:))

    static func contents(of path: String) -> [UInt8] {
        FileManager.default.contents(atPath: root + "/" + path).map { [UInt8]($0) } ?? []
    }

    /// The folders directly below one, sorted.
    static func folders(of folder: String) -> [String] {
        entries(of: folder).filter { isFolder(folder + "/" + $0) }
    }

    /// Every file below a folder, sorted, as paths from the root. A folder that is not there has none.
    static func files(under folder: String) -> [String] {
        entries(of: folder).flatMap { name in
            let path = folder + "/" + name
            return isFolder(path) ? files(under: path) : [path]
        }
    }

    private static func entries(of folder: String) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: root + "/" + folder)) ?? []
        return names.filter { !$0.hasPrefix(".") }.sorted()
    }

    private static func isFolder(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: root + "/" + path, isDirectory: &isFolder)
            && isFolder.boolValue
    }
}
