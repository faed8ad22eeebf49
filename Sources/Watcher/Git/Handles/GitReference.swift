import CLibGit2

/// One ref as it is stored: an id, or the name of another ref.
struct GitReference: ~Copyable {
    let raw: OpaquePointer

    /// Nil when no ref has that name.
    static func look(up name: String, in repository: borrowing GitRepository) throws(GitError)
        -> GitReference?
    {
        var found: OpaquePointer?
        let code = git_reference_lookup(&found, repository.raw, name)
        if code == GIT_ENOTFOUND.rawValue || code == GIT_EINVALIDSPEC.rawValue { return nil }
        try LibGit.check(code, "the ref \(name) cannot be read")
        return GitReference(raw: try found.orFailure("git_reference_lookup"))
    }

    private init(raw: OpaquePointer) { self.raw = raw }

    deinit { git_reference_free(raw) }

    /// The name of the ref that this one stands for.
    var symbolicTarget: String? { git_reference_symbolic_target(raw).map { String(cString: $0) } }

    /// The id that it leads to; nil when it leads to a ref that does not exist.
    func target() throws(GitError) -> ObjectID? {
        var resolved: OpaquePointer?
        let code = git_reference_resolve(&resolved, raw)
        if code == GIT_ENOTFOUND.rawValue { return nil }
        try LibGit.check(code, "the ref \(String(cString: git_reference_name(raw))) cannot be followed")
        defer { git_reference_free(resolved) }
        return git_reference_target(resolved).map { ObjectID($0.pointee) }
    }
}

/// The two ways to write the name of a branch.
enum RefName {
    static let head = "HEAD"
    private static let branches = "refs/heads/"

    /// What the setting `ref` means: a branch unless it says otherwise.
    static func full(_ name: String) -> String {
        name == head || name.hasPrefix("refs/") ? name : branches + name
    }

    /// As people write it: branches without their prefix.
    static func short(_ name: String) -> String {
        name.hasPrefix(branches) ? String(name.dropFirst(branches.count)) : name
    }
}
