import Glibc
import Manifests
import Watcher

/// A directory within a work tree, read as git would commit it: `.gitignore` is obeyed, and what is staged
/// can be told from what only lies there.
struct GitSource {
    enum Content: Sendable { case worktree, staged }

    /// Below the top of the work tree; "" is the top itself.
    let path: String
    private let reader: RepositoryReader

    /// nil where the directory is in no work tree.
    init?(directory: String) throws {
        let full = try SourceOfFile.resolved(directory)
        guard let top = SourceOfFile.workTree(above: full) else { return nil }
        path = full == top ? "" : String(full.dropFirst(top.count + 1))
        reader = RepositoryReader(repository: top)
    }

    func stop() { reader.stop() }

    func open(_ content: Content) async throws(GitError) -> SourceReading {
        let tree =
            switch content {
            case .worktree: try await reader.worktree()
            case .staged: try await reader.staged(index: Self.indexFile)
            }
        let entries = try await reader.entries(at: tree, path: path, sizes: true)
        let files = entries.map(\.source)
        return SourceReading(listing: SourceListing(entries: files + Self.directories(above: files)))
    }

    /// git lists files alone, and an artifact names a directory.
    private static func directories(above files: [SourceListing.Entry]) -> [SourceListing.Entry] {
        var found: Set<Substring> = []
        for file in files {
            var path = file.path[...]
            while let slash = path.lastIndex(of: "/") {
                path = path[..<slash]
                guard found.insert(path).inserted else { break }
            }
        }
        return found.sorted().map {
            SourceListing.Entry(path: String($0), kind: .directory, id: String($0), size: 0)
        }
    }

    func read(_ files: [SourceListing.Entry]) async throws(GitError) -> [String: [UInt8]] {
        var ids: [ObjectID] = []
        for file in files {
            guard let id = ObjectID(file.id) else {
                throw GitError(.other, "\(file.id) is no id of an object")
            }
            ids.append(id)
        }
        let blobs = try await reader.blobs(ids, eachMax: DecodingLimits.fileBytesMax + 1)
        var found: [String: [UInt8]] = [:]
        for (file, id) in zip(files, ids) {
            switch blobs[id] {
            case .bytes(let bytes): found[file.path] = bytes
            // One byte too many says the same as a million.
            case .tooLarge:
                found[file.path] = [UInt8](repeating: 0x20, count: DecodingLimits.fileBytesMax + 1)
            case nil: throw GitError(.objectMissing, "the file \(file.path) is missing in the repository")
            }
        }
        return found
    }

    /// A file of the listing; nil where it is larger than what is read in one piece.
    func whole(_ file: SourceListing.Entry) async throws(GitError) -> [UInt8]? {
        guard let id = ObjectID(file.id), case .bytes(let bytes)? = try await reader.blobs([id])[id] else {
            return nil
        }
        return bytes
    }

    /// While `git commit FILE` runs its hooks, what will be committed stands in an index of its own.
    private static var indexFile: String {
        guard let name = ProcessEnvironment.current["GIT_INDEX_FILE"], !name.isEmpty else { return "" }
        return HostSettings.absolute(name)
    }
}
