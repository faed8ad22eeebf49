import Foundation

@testable import Manifests

/// A source made of texts, as a repository would hold it.
struct TestSource {
    var files: [String: [UInt8]] = [:]
    var links: [String: String] = [:]
    var submodules: [String] = []

    init(_ files: [String: String] = [:]) {
        for (path, text) in files { self.files[path] = Array(text.utf8) }
    }

    /// A directory of this checkout, links included.
    init(directory: URL) throws {
        let root = directory.resolvingSymlinksInPath().path
        let walk = FileManager.default.enumerator(atPath: root)
        while let path = walk?.nextObject() as? String {
            let full = root + "/" + path
            if let target = try? FileManager.default.destinationOfSymbolicLink(atPath: full) {
                links[path] = target
            } else if let data = FileManager.default.contents(atPath: full) {
                files[path] = Array(data)
            }
        }
    }

    /// `Tests/Fixtures`.
    static let fixtures = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Fixtures")

    var listing: SourceListing {
        var entries: [SourceListing.Entry] = []
        var directories: Set<String> = []
        for path in Array(files.keys) + Array(links.keys) + submodules {
            var parent = SourcePath.parent(of: path)
            while !parent.isEmpty, directories.insert(parent).inserted {
                parent = SourcePath.parent(of: parent)
            }
        }
        for path in directories {
            entries.append(.init(path: path, kind: .directory, id: "tree:" + path, size: 0))
        }
        for (path, bytes) in files {
            entries.append(.init(path: path, kind: .file, id: Self.id(bytes), size: bytes.count))
        }
        for (path, target) in links {
            entries.append(.init(path: path, kind: .symbolicLink(target: target), id: target, size: 0))
        }
        for path in submodules { entries.append(.init(path: path, kind: .submodule, id: "commit", size: 0)) }
        return SourceListing(entries: entries.sorted { $0.path < $1.path })
    }

    var lines: SourceLines {
        var lines = SourceLines()
        for (path, bytes) in files { lines.add(path: path, bytes: bytes) }
        return lines
    }

    func assemble() -> Assembly {
        let listing = listing
        let selection = SourceSelection(listing: listing, ignoreFile: files[SourceSelection.ignoreFileName])
        let parsed = selection.candidates.map {
            ParsedFile.parse(path: $0.path, blob: $0.id, bytes: files[$0.path] ?? [])
        }
        let configs = ParsedFile.configPaths(of: parsed).compactMap { path in
            files[path].map { ParsedConfig.parse(path: path, blob: Self.id($0), bytes: $0) }
        }
        let pointers = Assembly.possiblePointers(listing: listing, files: parsed)
            .filter { GitLFS.isPointer(files[$0] ?? []) }
        return Assembly.assemble(
            listing: listing, selection: selection, files: parsed, configs: configs,
            lfsPointers: Set(pointers))
    }

    private static func id(_ bytes: [UInt8]) -> String {
        // FNV-1a: equal bytes, equal ids, in every run of the tests.
        let hash = bytes.reduce(UInt64(0xcbf2_9ce4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        return String(hash, radix: 16)
    }
}

extension Assembly {
    var codes: [String] { diagnostics.map(\.code.rawValue) }
    /// `file:line:column: error[code]: message`, one a line.
    var headlines: String { diagnostics.map(\.headline).joined(separator: "\n") }
}

/// Declarations as short as they can be, for tests that look at one field.
enum Sample {
    static func unit(
        _ name: String = "web", version: String = "1.0.0", _ spec: String = ""
    ) -> String {
        """
        apiVersion: plumb.dev/v1
        kind: Unit
        metadata: {name: \(name)}
        spec:
          version: \(version)
          entry: {command: sleep, args: ["1"]}
        \(indented(spec))
        """
    }

    static func instance(_ name: String = "web", unit: String = "web", _ spec: String = "") -> String {
        """
        apiVersion: plumb.dev/v1
        kind: Instance
        metadata: {name: \(name)}
        spec:
          unit: "\(unit)"
        \(indented(spec))
        """
    }

    private static func indented(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { "  " + $0 }.joined(
            separator: "\n")
    }

    /// One Unit and one Instance, each with more in its spec.
    static func pair(unit: String = "", instance: String = "") -> TestSource {
        TestSource([
            "unit.yaml": Sample.unit("web", version: "1.0.0", unit),
            "instance.yaml": Sample.instance("web", unit: "web", instance),
        ])
    }
}
