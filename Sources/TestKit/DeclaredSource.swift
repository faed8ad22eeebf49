package import Manifests
package import Reconciler

/// A source made of texts: what a repository would hold at one revision, decoded by the real decoder.
package struct DeclaredSource: Sendable {
    /// Path → text.
    package var files: [String: String]

    /// What is wrong with it, as an operator would read it.
    package struct Invalid: Error, CustomStringConvertible {
        package let description: String
    }

    package init(_ files: [String: String] = [:]) { self.files = files }

    package func snapshot() throws -> Snapshot {
        let listing = SourceListing(entries: entries())
        let selection = SourceSelection(listing: listing)
        let parsed = selection.candidates.map { entry in
            ParsedFile.parse(path: entry.path, blob: entry.id, bytes: Array((files[entry.path] ?? "").utf8))
        }
        let configs = ParsedFile.configPaths(of: parsed).compactMap { path in
            files[path].map { ParsedConfig.parse(path: path, blob: Self.id($0), bytes: Array($0.utf8)) }
        }
        let assembly = Assembly.assemble(
            listing: listing, selection: selection, files: parsed, configs: configs)
        guard let snapshot = assembly.snapshot else {
            throw Invalid(description: assembly.errors.map { "\($0)" }.joined(separator: "\n"))
        }
        return snapshot
    }

    /// The snapshot as one node would run it.
    package func desired(revision: Revision, node: Node = Node(name: "edge-1")) throws -> Desired {
        var resolver = Resolver()
        return resolver.resolve(try snapshot(), revision: revision, node: node)
    }

    /// Files and the directories above them; a directory's id follows from all that it holds.
    private func entries() -> [SourceListing.Entry] {
        var directories: [String: String] = [:]
        var entries: [SourceListing.Entry] = []
        for (path, text) in files.sorted(by: { $0.key < $1.key }) {
            let id = Self.id(text)
            entries.append(.init(path: path, kind: .file, id: id, size: text.utf8.count))
            var directory = path[...]
            while let slash = directory.lastIndex(of: "/") {
                directory = directory[..<slash]
                directories[String(directory), default: ""] += "\(path) \(id)\n"
            }
        }
        for (path, contents) in directories {
            entries.append(.init(path: path, kind: .directory, id: Self.id(contents), size: 0))
        }
        return entries.sorted { $0.path < $1.path }
    }

    /// FNV-1a: short, and good enough to tell test texts apart.
    private static func id(_ text: String) -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return String(hash, radix: 16)
    }
}

extension Revision {
    /// The nth commit of a test.
    package static func numbered(
        _ number: Int, by author: String = "Ann", subject: String = "change"
    ) -> Revision {
        let digits = String(number, radix: 16)
        let hex = String(repeating: "0", count: max(0, 7 - digits.count)) + digits
        return Revision(
            id: RevisionID(hex: hex + String(repeating: "0", count: 33)), ref: "main", authorName: author,
            authorEmail: "\(author.lowercased())@example.org", subject: subject,
            committed: WallTime(nanoseconds: 1_767_225_600_000_000_000 + Int64(number) * 1_000_000_000))
    }
}
