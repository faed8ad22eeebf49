import CLibGit2

/// A walk through commits and everything before them, over all parents, parents first.
struct GitHistoryWalk: ~Copyable {
    private let raw: OpaquePointer
    private let tip: ObjectID

    init(to tip: ObjectID, in repository: borrowing GitRepository) throws(GitError) {
        var made: OpaquePointer?
        try LibGit.check(git_revwalk_new(&made, repository.raw), "the history cannot be walked")
        raw = try made.orFailure("git_revwalk_new")
        self.tip = tip
    }

    deinit { git_revwalk_free(raw) }

    /// To be called once, before the first step.
    func begin(without excluded: [ObjectID]) throws(GitError) {
        let order = GIT_SORT_TOPOLOGICAL.rawValue | GIT_SORT_REVERSE.rawValue
        try LibGit.check(git_revwalk_sorting(raw, order), "the history cannot be walked")
        var first = git_oid(tip)
        try LibGit.check(git_revwalk_push(raw, &first), reading: "commit", tip)
        for id in excluded {
            var hidden = git_oid(id)
            try LibGit.check(git_revwalk_hide(raw, &hidden), reading: "commit", id)
        }
    }

    /// Nil at the end.
    func next() throws(GitError) -> ObjectID? {
        var id = git_oid()
        let code = git_revwalk_next(&id, raw)
        if code == GIT_ITEROVER.rawValue { return nil }
        try LibGit.check(code, reading: "the history of commit", tip)
        return ObjectID(id)
    }
}
