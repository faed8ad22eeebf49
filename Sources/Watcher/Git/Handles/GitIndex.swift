import CLibGit2
import Glibc

/// The repository's index as read from its file, changed in memory alone: it is never written back.
struct GitIndex: ~Copyable {
    private let raw: OpaquePointer

    /// Reads the index file as it is now.
    init(of repository: borrowing GitRepository) throws(GitError) {
        var opened: OpaquePointer?
        try LibGit.check(git_repository_index(&opened, repository.raw), "the index cannot be read")
        raw = try opened.orFailure("git_repository_index")
    }

    /// Reads the file of an index that is not the repository's own.
    init(file: String) throws(GitError) {
        guard FileFacts(of: file, followingLinks: true) != nil else {
            throw GitError(.unreadable, "the index \(file) is not there", advice: "unset GIT_INDEX_FILE")
        }
        var opened: OpaquePointer?
        try LibGit.check(git_index_open(&opened, file), "the index \(file) cannot be read")
        raw = try opened.orFailure("git_index_open")
    }

    deinit { git_index_free(raw) }

    /// Takes in every change of the work tree, as `git add -A` does.
    func addAll(workTree: String) throws(GitError) {
        let sparse = try skippedEntries()
        var changes = ChangedFiles(workTree: workTree)
        let code = withUnsafeMutablePointer(to: &changes) { pointer in
            git_index_add_all(raw, nil, UInt32(GIT_INDEX_ADD_DEFAULT.rawValue), ChangedFiles.take, pointer)
        }
        if changes.bytes > ReaderLimits.workTreeBytesMax {
            throw GitError(
                .tooLarge, "the new files in \(workTree) exceed \(ReaderLimits.workTreeBytesMax) bytes",
                advice: "name what is not to be committed in .gitignore")
        }
        try LibGit.check(code, "the files in \(workTree) cannot be read")
        for path in changes.repositories { try addRepository(path, in: workTree) }
        try restore(sparse)
    }

    /// A repository inside the work tree is recorded as the commit that it has checked out.
    private func addRepository(_ path: String, in workTree: String) throws(GitError) {
        let place = AbsolutePath.join(workTree, path)
        let inner = try GitRepository(opening: place)
        guard let target = try GitReference.look(up: RefName.head, in: inner)?.target() else {
            throw GitError(
                .empty, "\(place) is a repository without a commit, which cannot be recorded",
                advice: "commit something in it, or name it in .gitignore")
        }
        let code = path.withCString { path in
            var entry = git_index_entry()
            entry.path = path
            entry.mode = UInt32(GIT_FILEMODE_COMMIT.rawValue)
            entry.id = git_oid(target)
            return git_index_add(raw, &entry)
        }
        try LibGit.check(code, "\(place) cannot be recorded")
    }

    /// The tree of what the index holds now. Its objects go where the object database writes.
    func writeTree(in repository: borrowing GitRepository) throws(GitError) -> ObjectID {
        if git_index_has_conflicts(raw) == 1 {
            throw GitError(
                .other, "the work tree has unresolved conflicts", advice: "finish or abort the merge")
        }
        var oid = git_oid()
        try LibGit.check(
            git_index_write_tree_to(&oid, raw, repository.raw), "the files cannot be made into a tree")
        return ObjectID(oid)
    }

    /// Copies of the entries that a sparse checkout leaves out of the work tree. libgit2 takes their absence
    /// for deletion.
    private func skippedEntries() throws(GitError) -> [SkippedEntry] {
        let skip = UInt16(GIT_INDEX_ENTRY_SKIP_WORKTREE.rawValue)
        return (0..<git_index_entrycount(raw)).compactMap { position in
            guard let entry = git_index_get_byindex(raw, position)?.pointee, entry.flags_extended & skip != 0
            else { return nil }
            return SkippedEntry(path: String(cString: entry.path), entry: entry)
        }
    }

    private func restore(_ entries: [SkippedEntry]) throws(GitError) {
        for skipped in entries {
            let code = skipped.path.withCString { path in
                var entry = skipped.entry
                entry.path = path
                return git_index_add(raw, &entry)
            }
            try LibGit.check(code, "the entry \(skipped.path) cannot be kept")
        }
    }

    private struct SkippedEntry {
        let path: String
        /// Its own path pointer is stale; `path` stands in for it.
        let entry: git_index_entry
    }
}

/// What libgit2 finds changed, on its way into the index.
private struct ChangedFiles {
    let workTree: String
    /// The contents that are about to be held in memory.
    var bytes = 0
    /// Repositories that the index does not know yet. libgit2 names them with a slash, and then refuses that
    /// name.
    var repositories: [String] = []

    /// Called for each changed path before it is read: 0 takes it, 1 leaves it out, anything below ends the
    /// whole call.
    static let take: git_index_matched_path_cb = { path, _, payload in
        guard let path, let changes = payload?.assumingMemoryBound(to: ChangedFiles.self) else { return -1 }
        return changes.pointee.take(String(cString: path))
    }

    private mutating func take(_ path: String) -> Int32 {
        if path.hasSuffix("/") {
            repositories.append(String(path.dropLast()))
            return 1
        }
        let file = AbsolutePath.join(workTree, path)
        bytes += FileFacts(of: file, followingLinks: false)?.size ?? 0
        return bytes > ReaderLimits.workTreeBytesMax ? -1 : 0
    }
}
