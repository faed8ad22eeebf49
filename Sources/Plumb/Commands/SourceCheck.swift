import Manifests

/// A directory, read and checked as a revision would be.
struct SourceCheck {
    let path: String
    let assembly: Assembly
    let leftOut: [LeftOut]
    /// Files that were read as declarations.
    let fileCount: Int
    /// What was read, by path: for the excerpts beneath diagnostics.
    private let contents: [String: [UInt8]]

    init(directory path: String) throws {
        let source = try DirectorySource(path: path)
        let entries = Dictionary(
            source.listing.entries.map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })
        func isFile(_ path: String) -> Bool {
            switch entries[path]?.kind {
            case .file, .executable: true
            default: false
            }
        }
        var contents: [String: [UInt8]] = [:]
        func read(_ path: String) throws -> [UInt8] {
            let bytes = try source.contents(of: path)
            contents[path] = bytes
            return bytes
        }

        let ignoreFile = SourceSelection.ignoreFileName
        let selection = SourceSelection(
            listing: source.listing, ignoreFile: isFile(ignoreFile) ? try read(ignoreFile) : nil)
        let files = try selection.candidates.map {
            ParsedFile.parse(path: $0.path, blob: $0.id, bytes: try read($0.path))
        }
        let configs = try ParsedFile.configPaths(of: files).filter(isFile).map {
            ParsedConfig.parse(path: $0, blob: $0, bytes: try read($0))
        }
        let pointers = try Assembly.possiblePointers(listing: source.listing, files: files).filter {
            GitLFS.isPointer(try read($0))
        }
        assembly = Assembly.assemble(
            listing: source.listing, selection: selection, files: files, configs: configs,
            lfsPointers: Set(pointers))
        leftOut = (assembly.leftOut + source.leftOut).sorted()
        fileCount = files.count
        self.path = path
        self.contents = contents
    }

    /// The lines of the files that diagnostics name, under the names that they are shown with.
    func lines(shownAs name: (String) -> String) -> SourceLines {
        var lines = SourceLines()
        for path in Set(assembly.diagnostics.map(\.location.file)) {
            if let bytes = contents[path] { lines.add(path: name(path), bytes: bytes) }
        }
        return lines
    }
}
