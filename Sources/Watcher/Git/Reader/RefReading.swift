/// From names to commits.
struct RefReading {
    private static let branchesNamedMax = 8

    private let repository: OpenRepository

    init(_ repository: OpenRepository) { self.repository = repository }

    func description() throws(GitError) -> RepositoryDescription {
        let layout = repository.layout
        let kind: RepositoryDescription.Kind =
            if repository.handle.isBare {
                .bare
            } else if layout.gitDirectory != layout.commonDirectory {
                .linkedWorkTree
            } else {
                .workTree
            }
        return RepositoryDescription(
            kind: kind, gitDirectory: layout.gitDirectory, commonDirectory: layout.commonDirectory,
            workTree: repository.handle.workTree, headBranch: try headBranch(),
            isEmpty: try !repository.handle.hasRefs(), isShallow: repository.handle.isShallow)
    }

    private func headBranch() throws(GitError) -> String? {
        guard let head = try GitReference.look(up: RefName.head, in: repository.handle) else {
            throw GitError(.unreadable, "\(repository.layout.gitDirectory)/HEAD is missing")
        }
        return head.symbolicTarget.map(RefName.short)
    }

    /// The commit that a ref leads to now.
    func tip(of name: String) throws(GitError) -> CommitInfo {
        guard let ref = try GitReference.look(up: RefName.full(name), in: repository.handle),
            let target = try ref.target()
        else { throw try missing(name) }
        return try commit(at: target)
    }

    func resolve(_ expression: String) throws(GitError) -> CommitInfo {
        do {
            let object = try GitObject(expression: expression, in: repository.handle)
            return try GitCommit(try object.commitID(), in: repository.handle).info
        } catch  where error.kind == .refMissing {
            if try !repository.handle.hasRefs() { throw empty }
            throw error
        }
    }

    private func commit(at target: ObjectID) throws(GitError) -> CommitInfo {
        let object = try GitObject(target, in: repository.handle, as: "commit")
        return try GitCommit(try object.commitID(), in: repository.handle).info
    }

    private func missing(_ name: String) throws(GitError) -> GitError {
        if try !repository.handle.hasRefs() { return empty }
        let path = repository.layout.path
        let names = repository.handle.branchNames(max: Self.branchesNamedMax)
        let known = names.isEmpty ? "" : "; its branches are \(names.joined(separator: ", "))"
        let what = RefName.full(name).hasPrefix("refs/heads/") ? "branch" : "ref"
        return GitError(
            .refMissing, "\(path) has no \(what) \(RefName.short(name))\(known)",
            advice: "correct source.ref.branch (--ref), or push the \(what)")
    }

    private var empty: GitError {
        GitError(
            .empty, "\(repository.layout.path) has no commit yet", advice: "commit something, or push to it")
    }
}
