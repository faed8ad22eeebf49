package import Manifests

/// What was parsed before, by path: a file whose blob did not change is not parsed again.
package struct SourceCache: Sendable {
    var files: [String: ParsedFile] = [:]
    var configs: [String: ParsedConfig] = [:]
    var bytes: [String: [UInt8]] = [:]
    /// Archives by the ids of their blobs: whether each is a Git LFS pointer.
    var pointers: [String: Bool] = [:]

    package init() {}
}

/// One reading of a source, from a listing to a checked whole. Pure: whoever drives it reads what it asks
/// for, in rounds, because what must be read depends on what was read.
package struct SourcePass: Sendable {
    private var listing: SourceListing
    private let old: SourceCache
    private var fresh = SourceCache()
    private let byPath: [String: SourceListing.Entry]
    private var selection: SourceSelection?

    package init(listing: SourceListing, cache: SourceCache = SourceCache()) {
        self.listing = listing
        old = cache
        byPath = Dictionary(listing.entries.map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// Hands over bytes by blob id.
    package mutating func supply(_ blobs: [String: [UInt8]]) {
        fresh.bytes.merge(blobs) { _, new in new }
    }

    /// The blobs that are to be read next; empty when all is there.
    package mutating func missingBlobs() -> [String] {
        if selection == nil {
            let ignore = byPath[SourceSelection.ignoreFileName]
            if let ignore, bytes(of: ignore) == nil { return [ignore.id] }
            selection = SourceSelection(listing: listing, ignoreFile: ignore.flatMap { bytes(of: $0) })
        }
        let candidates = selection?.candidates ?? []
        var missing = parseFiles(candidates)
        guard missing.isEmpty else { return missing }
        for path in ParsedFile.configPaths(of: fresh.files.values) {
            guard let entry = byPath[path], entry.kind == .file || entry.kind == .executable else { continue }
            if let known = old.configs[path], known.blob == entry.id, let bytes = bytes(of: entry) {
                fresh.configs[path] = known
                fresh.bytes[entry.id] = bytes
            } else if let bytes = bytes(of: entry) {
                fresh.configs[path] = ParsedConfig.parse(path: path, blob: entry.id, bytes: bytes)
                fresh.bytes[entry.id] = bytes
            } else {
                missing.append(entry.id)
            }
        }
        return missing
    }

    private mutating func parseFiles(_ candidates: [SourceListing.Entry]) -> [String] {
        var missing: [String] = []
        for entry in candidates where fresh.files[entry.path] == nil {
            guard let bytes = bytes(of: entry) else {
                missing.append(entry.id)
                continue
            }
            fresh.bytes[entry.id] = bytes
            if let known = old.files[entry.path], known.blob == entry.id {
                fresh.files[entry.path] = known
            } else {
                fresh.files[entry.path] = ParsedFile.parse(path: entry.path, blob: entry.id, bytes: bytes)
            }
        }
        return missing
    }

    private func bytes(of entry: SourceListing.Entry) -> [UInt8]? {
        fresh.bytes[entry.id] ?? old.bytes[entry.id]
    }

    /// The blobs of archives that may be Git LFS pointers, as far as nobody has looked.
    package mutating func suspectedPointers() -> [String] {
        var suspects: [String] = []
        for path in ParsedFile.artifactFiles(of: fresh.files.values) {
            guard let entry = byPath[path], entry.kind == .file || entry.kind == .executable else { continue }
            if let known = old.pointers[entry.id] {
                fresh.pointers[entry.id] = known
            } else {
                suspects.append(entry.id)
            }
        }
        return suspects
    }

    /// Hands over which of the suspects are pointers.
    package mutating func supplyPointers(_ found: Set<String>, among suspects: [String]) {
        for id in suspects { fresh.pointers[id] = found.contains(id) }
    }

    /// Directories that artifacts take and that exist, whose tree's id is not known yet.
    package func missingTrees() -> [String] {
        var wanted: Set<String> = []
        for file in fresh.files.values {
            for case .unit(let unit) in file.declarations {
                if let directory = unit.artifact?.directory { wanted.insert(directory) }
            }
        }
        guard !wanted.isEmpty else { return [] }
        return wanted.filter { directory in
            byPath[directory] == nil
                && listing.entries.contains { directory.isEmpty || $0.path.hasPrefix(directory + "/") }
        }.sorted()
    }

    /// Hands over the ids of trees, by directory.
    package mutating func supplyTrees(_ trees: [String: String]) {
        for (path, id) in trees.sorted(by: { $0.key < $1.key }) {
            listing.entries.append(SourceListing.Entry(path: path, kind: .directory, id: id, size: 0))
        }
    }

    package func assemble() -> Assembly {
        Assembly.assemble(
            listing: listing, selection: selection ?? SourceSelection(listing: listing),
            files: fresh.files.values.sorted { $0.path < $1.path },
            configs: fresh.configs.values.sorted { $0.path < $1.path }, lfsPointers: pointerPaths())
    }

    private func pointerPaths() -> Set<String> {
        guard fresh.pointers.values.contains(true) else { return [] }
        return Set(
            ParsedFile.artifactFiles(of: fresh.files.values).filter { path in
                byPath[path].map { fresh.pointers[$0.id] == true } ?? false
            })
    }

    /// Diagnostics with the lines that they are about.
    package func render(_ diagnostics: [Diagnostic], color: Bool = false) -> [String] {
        var lines = SourceLines()
        for path in Set(diagnostics.map(\.location.file)) {
            if let bytes = byPath[path].flatMap({ bytes(of: $0) }) { lines.add(path: path, bytes: bytes) }
        }
        return diagnostics.map { $0.render(sourceLines: lines, color: color) }
    }

    package func takeCache() -> SourceCache { fresh }

    /// What must be kept to make the same snapshot again without the repository.
    package func content() -> SourceContent {
        let archives = Set(ParsedFile.artifactFiles(of: fresh.files.values))
        let entries = listing.entries.filter { entry in
            switch entry.kind {
            case .directory, .symbolicLink, .submodule: true
            case .file, .executable: fresh.bytes[entry.id] != nil || archives.contains(entry.path)
            }
        }
        return SourceContent(listing: SourceListing(entries: entries), blobs: fresh.bytes)
    }
}
