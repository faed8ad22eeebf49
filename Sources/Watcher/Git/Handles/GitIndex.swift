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

    deinit { git_index_free(raw) }

    /// Takes in every change of the work tree, as `git add -A` does.
    func addAll(workTree: String) throws(GitError) {
        let sparse = try skippedEntries()
        var budget = NewContents(workTree: workTree)
        let code = withUnsafeMutablePointer(to: &budget) { pointer in
            git_index_add_all(raw, nil, UInt32(GIT_INDEX_ADD_DEFAULT.rawValue), NewContents.count, pointer)
        }
        if budget.bytes > ReaderLimits.workTreeBytesMax {
            throw GitError(
                .tooLarge, "the new files in \(workTree) exceed \(ReaderLimits.workTreeBytesMax) bytes",
                advice: "name what is not to be committed in .gitignore")
        }
        try LibGit.check(code, "the files in \(workTree) cannot be read")
        try restore(sparse)
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

/// Adds up the sizes of the files whose contents are about to be held in memory.
private struct NewContents {
    let workTree: String
    var bytes = 0

    /// Called by libgit2 for each changed file before it is read: 0 goes on, anything below ends the whole
    /// call.
    static let count: git_index_matched_path_cb = { path, _, payload in
        guard let path, let contents = payload?.assumingMemoryBound(to: NewContents.self) else { return -1 }
        let file = AbsolutePath.join(contents.pointee.workTree, String(cString: path))
        contents.pointee.bytes += FileFacts(of: file, followingLinks: false)?.size ?? 0
        return contents.pointee.bytes > ReaderLimits.workTreeBytesMax ? -1 : 0
    }
}
