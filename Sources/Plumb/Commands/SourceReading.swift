import Manifests
import Reconciler

/// A source on its way to its verdict. Says which files are to be read next, because that depends on what was
/// read before; whoever drives it reads them from a directory or from git.
struct SourceReading {
    private let listing: SourceListing
    private let entries: [String: SourceListing.Entry]
    /// What was read, by path.
    private(set) var contents: [String: [UInt8]] = [:]
    private var selection: SourceSelection?
    private var files: [ParsedFile]?
    private var configs: [ParsedConfig]?
    private var pointers: Set<String>?
    private var digests: [String: String] = [:]
    /// What is read whole for its digest; larger archives are checked by the agent alone.
    static let digestedBytesMax = 32 << 20

    /// - Parameter listing: with the sizes of files, by which Git LFS pointers are suspected.
    init(listing: SourceListing) {
        self.listing = listing
        entries = Dictionary(listing.entries.map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })
    }

    mutating func supply(_ bytes: [UInt8], of path: String) { contents[path] = bytes }

    /// The files to be read next; empty when all is there.
    mutating func missing() -> [SourceListing.Entry] {
        if selection == nil {
            let ignore = SourceSelection.ignoreFileName
            if isFile(ignore), contents[ignore] == nil { return lacking([ignore]) }
            selection = SourceSelection(listing: listing, ignoreFile: isFile(ignore) ? contents[ignore] : nil)
        }
        let candidates = selection?.candidates ?? []
        guard
            let files = read(
                &files, candidates.map(\.path), { ParsedFile.parse(path: $0, blob: $1, bytes: $2) })
        else { return lacking(candidates.map(\.path)) }
        let named = ParsedFile.configPaths(of: files).filter(isFile)
        guard read(&configs, named, { ParsedConfig.parse(path: $0, blob: $1, bytes: $2) }) != nil
        else { return lacking(named) }
        if pointers == nil {
            let suspects = Assembly.possiblePointers(listing: listing, files: files)
            guard lacking(suspects).isEmpty else { return lacking(suspects) }
            pointers = Set(suspects.filter { GitLFS.isPointer(contents[$0] ?? []) })
        }
        return []
    }

    /// Archives whose digest is declared, once nothing else is missing.
    var pinnedArchives: [SourceListing.Entry] {
        ParsedFile.pinnedArchives(of: files ?? []).compactMap { entries[$0] }.filter {
            isFile($0.path) && $0.size <= Self.digestedBytesMax
        }
    }

    mutating func supply(archive bytes: [UInt8], of path: String) { digests[path] = SHA256.hex(bytes) }

    /// What it comes to, once nothing is missing.
    func assembly() -> (assembly: Assembly, fileCount: Int) {
        let assembly = Assembly.assemble(
            listing: listing, selection: selection ?? SourceSelection(listing: listing), files: files ?? [],
            configs: configs ?? [], lfsPointers: pointers ?? [], digests: digests)
        return (assembly, files?.count ?? 0)
    }

    private func read<Parsed>(
        _ known: inout [Parsed]?, _ paths: [String], _ parse: (String, String, [UInt8]) -> Parsed
    ) -> [Parsed]? {
        if let known { return known }
        guard lacking(paths).isEmpty else { return nil }
        let parsed = paths.map { parse($0, entries[$0]?.id ?? "", contents[$0] ?? []) }
        known = parsed
        return parsed
    }

    private func lacking(_ paths: [String]) -> [SourceListing.Entry] {
        paths.filter { contents[$0] == nil }.compactMap { entries[$0] }
    }

    private func isFile(_ path: String) -> Bool {
        switch entries[path]?.kind {
        case .file, .executable: true
        default: false
        }
    }
}
