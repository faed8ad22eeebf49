import CLibGit2

/// Questions about which commit came from which.
struct History {
    private let repository: OpenRepository

    init(_ repository: OpenRepository) { self.repository = repository }

    func isAncestor(_ ancestor: ObjectID, of descendant: ObjectID) throws(GitError) -> Bool {
        // Both must be commits; libgit2 would answer "no" for an ancestor that does not exist.
        try repository.objects.withCommit(ancestor) { _ in }
        try repository.objects.withCommit(descendant) { _ in }
        if ancestor == descendant { return true }
        var (older, newer) = (git_oid(ancestor), git_oid(descendant))
        let code = git_graph_descendant_of(repository.handle.raw, &newer, &older)
        if code < 0, !repository.handle.isShallow {
            // What lies between may be readable all the same.
            return try CommitGraph(repository).reaches(ancestor, from: descendant)
        }
        try check(code, from: descendant)
        return code == 1
    }

    func mergeBase(_ a: ObjectID, _ b: ObjectID) throws(GitError) -> ObjectID? {
        _ = try GitCommit(a, in: repository.handle)
        _ = try GitCommit(b, in: repository.handle)
        var (first, second) = (git_oid(a), git_oid(b))
        var base = git_oid()
        let code = git_merge_base(&base, repository.handle.raw, &first, &second)
        // Both ends exist, so what libgit2 did not find is a base, unless the history between them has a
        // hole.
        if code == GIT_ENOTFOUND.rawValue, LibGit.lastMessage.contains("no merge base") { return nil }
        try check(code, from: a)
        return ObjectID(base)
    }

    private func check(_ code: Int32, from id: ObjectID) throws(GitError) {
        guard code < 0 else { return }
        if repository.handle.isShallow {
            throw GitError(
                .shallow,
                "\(repository.layout.path) is a shallow clone: the history of \(id.short) ends early",
                advice: "git fetch --unshallow")
        }
        throw LibGit.failure(code, reading: "history of", id, path: "")
    }
}
