import CLibGit2

/// Any object, loaded.
struct GitObject: ~Copyable {
    let raw: OpaquePointer

    init(_ id: ObjectID, in repository: borrowing GitRepository, as what: String = "object") throws(GitError)
    {
        var found: OpaquePointer?
        var oid = git_oid(id)
        let code = git_object_lookup(&found, repository.raw, &oid, GIT_OBJECT_ANY)
        try LibGit.check(code, reading: what, id)
        raw = try found.orFailure("git_object_lookup")
    }

    /// What a revision expression means.
    init(expression: String, in repository: borrowing GitRepository) throws(GitError) {
        var found: OpaquePointer?
        let code = git_revparse_single(&found, repository.raw, expression)
        switch git_error_code(code) {
        case GIT_ENOTFOUND, GIT_EINVALIDSPEC:
            throw GitError(
                .refMissing, "no revision is called \(expression)",
                advice: "git log --all shows what there is")
        case GIT_EAMBIGUOUS:
            throw GitError(
                .ambiguous, "\(expression) fits several objects", advice: "write more of its digits")
        default:
            try LibGit.check(code, "the revision \(expression) cannot be looked up")
        }
        raw = try found.orFailure("git_revparse_single")
    }

    deinit { git_object_free(raw) }

    var id: ObjectID { ObjectID(git_object_id(raw).pointee) }

    /// The id of the commit that this is, or that this tag names.
    func commitID() throws(GitError) -> ObjectID {
        try peeled(to: GIT_OBJECT_COMMIT, "commit")
    }

    /// The id of the tree that this is, or of the commit's.
    func treeID() throws(GitError) -> ObjectID {
        try peeled(to: GIT_OBJECT_TREE, "tree")
    }

    private func peeled(to type: git_object_t, _ what: String) throws(GitError) -> ObjectID {
        if git_object_type(raw) == type { return id }
        var peeled: OpaquePointer?
        let code = git_object_peel(&peeled, raw, type)
        switch git_error_code(code) {
        case GIT_EINVALIDSPEC, GIT_EPEEL:
            throw GitError(.refMissing, "\(id) is no \(what), and leads to none")
        default:
            try LibGit.check(code, reading: "the \(what) behind", id)
        }
        defer { git_object_free(peeled) }
        return ObjectID(git_object_id(peeled).pointee)
    }
}

extension ObjectID {
    init(_ oid: git_oid) {
        self = withUnsafeBytes(of: oid) { ObjectID(bytes: $0) }
    }
}

extension git_oid {
    init(_ id: ObjectID) {
        self.init()
        id.withBytes { bytes in
            withUnsafeMutableBytes(of: &self) { $0.copyMemory(from: bytes) }
        }
    }
}
