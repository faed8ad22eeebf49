package import Manifests

/// One reading of a source, from a listing to a checked whole. Pure: whoever drives it reads what it asks
/// for, in rounds, because what must be read depends on what was read.
///
/// A pass may begin where another one ended, with what changed since: then nothing is looked at that did not
/// change, and what comes of it is the same as if all had been.
package struct SourcePass: Sendable {
    /// Files and links, in the order of their paths' bytes, which is git's.
    private var entries: [SourceListing.Entry]
    /// Directories that artifacts take → ids of their trees.
    private var trees: [String: String]
    private var selection: SourceSelection?
    /// One for each candidate of the selection, in the same order; nil: not parsed yet.
    private var files: [ParsedFile?] = []
    private var configs: [String: ParsedConfig] = [:]
    /// What was parsed is kept with its bytes, by blob id.
    private var bytes: [String: [UInt8]] = [:]
    /// Archives by the ids of their blobs: whether each is a Git LFS pointer.
    private var pointers: [String: Bool] = [:]
    /// What an earlier pass has parsed, by path: a file whose blob did not change is not parsed again.
    private var known: Known
    private let leftOut: Set<Kind>

    fileprivate struct Known {
        var files: [String: ParsedFile] = [:]
        var configs: [String: ParsedConfig] = [:]
        var bytes: [String: [UInt8]] = [:]
    }

    /// Looks at all of a listing, but for documents of the kinds in `leftOut`.
    package init(
        listing: SourceListing, after old: SourcePass? = nil, leavingOut leftOut: Set<Kind> = []
    ) {
        self.leftOut = leftOut
        entries = listing.entries.filter { $0.kind != .directory }
        trees = Dictionary(
            listing.entries.lazy.filter { $0.kind == .directory }.map { ($0.path, $0.id) },
            uniquingKeysWith: { first, _ in first })
        if !zip(entries, entries.dropFirst()).allSatisfy({ $0.isBefore($1.path) }) {
            entries.sort { $0.isBefore($1.path) }
        }
        known = old.map { Known($0) } ?? Known()
    }

    /// Whether `goOn` can tell what comes of these. Not where they decide what is a declaration at all: then
    /// everything has to be looked at.
    package func canGoOn(with changes: SourceChanges) -> Bool {
        guard let selection, changes.count <= Self.changesMax, selection.hasRoom(for: changes.changed.count)
        else { return false }
        let ignore = SourceSelection.ignoreFileName
        return !changes.removed.contains(ignore) && !changes.changed.contains { $0.path == ignore }
    }

    /// More than this is read as quickly from the whole listing.
    private static let changesMax = 1_000

    /// Another revision of the same source, by what differs from the one that was read.
    package mutating func goOn(with changes: SourceChanges) {
        var unused: Set<String> = []
        for path in changes.removed { unused.insert(remove(path)) }
        for entry in changes.changed { unused.insert(replace(entry)) }
        trees = trees.filter { directory, _ in
            !changes.paths.contains {
                SourcePath.contains(directory, $0) || SourcePath.contains($0, directory)
            }
        }
        drop(unused)
    }

    /// Forgets what an earlier pass has parsed and this one had no use for.
    package mutating func settle() { known = Known() }

    /// Hands over bytes by blob id.
    package mutating func supply(_ blobs: [String: [UInt8]]) {
        bytes.merge(blobs) { _, new in new }
    }

    /// The blobs that are to be read next; empty when all is there.
    package mutating func missingBlobs() -> [String] {
        if selection == nil {
            let ignore = entry(at: SourceSelection.ignoreFileName)
            if let ignore, take(ignore) == nil { return [ignore.id] }
            let selection = SourceSelection(
                listing: SourceListing(entries: entries), ignoreFile: ignore.flatMap { bytes[$0.id] })
            files = Array(repeating: nil, count: selection.candidates.count)
            self.selection = selection
        }
        let missing = parseFiles()
        return missing.isEmpty ? parseConfigs() : missing
    }

    private mutating func parseFiles() -> [String] {
        guard let candidates = selection?.candidates else { return [] }
        var missing: [String] = []
        for index in files.indices where files[index] == nil {
            let entry = candidates[index]
            guard let bytes = take(entry) else {
                missing.append(entry.id)
                continue
            }
            if let file = known.files[entry.path], file.blob == entry.id {
                files[index] = file
            } else {
                files[index] = ParsedFile.parse(
                    path: entry.path, blob: entry.id, bytes: bytes, leavingOut: leftOut)
            }
        }
        return missing
    }

    private mutating func parseConfigs() -> [String] {
        var missing: [String] = []
        let before = configs
        let named = ParsedFile.configPaths(of: files.lazy.compactMap { $0 })
        configs = [:]
        for path in named {
            guard let entry = entry(at: path), entry.isFile else { continue }
            let parsed = before[path] ?? known.configs[path]
            if let bytes = take(entry) {
                configs[path] =
                    parsed?.blob == entry.id
                    ? parsed : ParsedConfig.parse(path: path, blob: entry.id, bytes: bytes)
            } else {
                missing.append(entry.id)
            }
        }
        drop(Set(before.values.lazy.filter { !named.contains($0.path) }.map(\.blob)))
        return missing
    }

    /// The bytes of a file, kept from here on.
    private mutating func take(_ entry: SourceListing.Entry) -> [UInt8]? {
        if let found = bytes[entry.id] { return found }
        guard let found = known.bytes[entry.id] else { return nil }
        bytes[entry.id] = found
        return found
    }

    /// The blobs of archives that may be Git LFS pointers, as far as nobody has looked.
    package mutating func suspectedPointers() -> [String] {
        let archives = archives
        if archives.isEmpty && pointers.isEmpty { return [] }
        let blobs = Set(archives.compactMap { entry(at: $0) }.filter(\.isFile).map(\.id))
        pointers = pointers.filter { blobs.contains($0.key) }
        return blobs.filter { pointers[$0] == nil }.sorted()
    }

    /// Hands over which of the suspects are pointers.
    package mutating func supplyPointers(_ found: Set<String>, among suspects: [String]) {
        for id in suspects { pointers[id] = found.contains(id) }
    }

    private var archives: [String] { ParsedFile.artifactFiles(of: files.lazy.compactMap { $0 }) }

    private func pointerPaths() -> Set<String> {
        guard pointers.values.contains(true) else { return [] }
        return Set(archives.filter { path in entry(at: path).map { pointers[$0.id] == true } ?? false })
    }

    /// Directories that artifacts take and that exist, whose tree's id is not known yet.
    package mutating func missingTrees() -> [String] {
        var wanted: Set<String> = []
        for case let file? in files { wanted.formUnion(file.artifactDirectories) }
        if wanted.isEmpty && trees.isEmpty { return [] }
        trees = trees.filter { wanted.contains($0.key) }
        return wanted.filter { directory in
            trees[directory] == nil && entry(at: directory) == nil
                && (directory.isEmpty ? !entries.isEmpty : holdsAnything(directory + "/"))
        }.sorted()
    }

    /// Hands over the ids of trees, by directory.
    package mutating func supplyTrees(_ found: [String: String]) {
        trees.merge(found) { _, new in new }
    }

    package func assemble() -> Assembly {
        Assembly.assemble(
            listing: listing(entries), selection: selection ?? SourceSelection(listing: listing(entries)),
            files: files.compactMap { $0 }, configs: configs.values.sorted { $0.path < $1.path },
            lfsPointers: pointerPaths())
    }

    private func listing(_ entries: [SourceListing.Entry]) -> SourceListing {
        guard !trees.isEmpty else { return SourceListing(entries: entries) }
        let directories = trees.sorted { $0.key < $1.key }.map {
            SourceListing.Entry(path: $0.key, kind: .directory, id: $0.value, size: 0)
        }
        return SourceListing(entries: entries + directories)
    }

    /// Diagnostics with the lines that they are about.
    package func render(_ diagnostics: [Diagnostic], color: Bool = false) -> [String] {
        var lines = SourceLines()
        for path in Set(diagnostics.map(\.location.file)) {
            if let bytes = entry(at: path).flatMap({ bytes[$0.id] }) { lines.add(path: path, bytes: bytes) }
        }
        return diagnostics.map { $0.render(sourceLines: lines, color: color) }
    }

    /// What must be kept to make the same snapshot again without the repository.
    package func content() -> SourceContent {
        let archives = Set(archives)
        let kept = entries.filter {
            !$0.isFile || bytes[$0.id] != nil || !archives.isEmpty && archives.contains($0.path)
        }
        return SourceContent(listing: listing(kept), blobs: bytes)
    }
}

// Going on from another pass --------------------------------------------------------------------------

extension SourcePass.Known {
    fileprivate init(_ old: SourcePass) {
        self = old.known
        files.reserveCapacity(old.files.count)
        for case let file? in old.files { files[file.path] = file }
        configs.merge(old.configs) { _, new in new }
        bytes.merge(old.bytes) { _, new in new }
    }
}

extension SourcePass {
    /// The blob that was there; "" where none was.
    private mutating func remove(_ path: String) -> String {
        guard let index = entries.index(of: path) else { return "" }
        if let place = selection?.remove(path) { files.remove(at: place) }
        return entries.remove(at: index).id
    }

    private mutating func replace(_ entry: SourceListing.Entry) -> String {
        let old = remove(entry.path)
        entries.insert(entry, at: entries.place(of: entry.path))
        if let place = selection?.insert(entry) { files.insert(nil, at: place) }
        return old
    }

    /// So few are told apart sooner than looked up.
    private static let fewMax = 4

    /// Forgets blobs that nothing is made of any more.
    private mutating func drop(_ blobs: Set<String>) {
        var unused = blobs
        if unused.isEmpty { return }
        let few = unused.count <= Self.fewMax ? Array(unused) : nil
        for entry in selection?.candidates ?? [] where few?.contains(entry.id) ?? unused.contains(entry.id) {
            unused.remove(entry.id)
        }
        if let ignore = entry(at: SourceSelection.ignoreFileName) { unused.remove(ignore.id) }
        // Config files are looked up anew in every pass, with the bytes that they were made of.
        for path in configs.keys { if let entry = entry(at: path) { unused.remove(entry.id) } }
        for blob in unused { bytes[blob] = nil }
    }

    private func entry(at path: String) -> SourceListing.Entry? {
        entries.index(of: path).map { entries[$0] }
    }

    private func holdsAnything(_ prefix: String) -> Bool {
        let place = entries.place(of: prefix)
        return place < entries.count && entries[place].path.hasPrefix(prefix)
    }
}
