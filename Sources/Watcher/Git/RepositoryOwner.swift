import Glibc

/// Plumb's own ownership check, which stands in for git's `safe.directory`: whoever owns a repository decides
/// what runs on this host, so it must be root, the user who reads, or the one whom the host's settings name.
struct RepositoryOwner {
    let allowed: UInt32?
    let allowedName: String

    /// Checks the git directory, where refs and objects are, and the `.git` file of a linked work tree.
    func check(_ layout: RepositoryLayout) throws(GitError) {
        try check(layout.gitDirectory)
        if layout.commonDirectory != layout.gitDirectory { try check(layout.commonDirectory) }
        if let gitFile = layout.gitFile { try check(gitFile) }
    }

    func check(_ path: String) throws(GitError) {
        guard let facts = FileFacts(of: path) else {
            throw GitError(.unreadable, "\(path) cannot be read: \(SystemMessage.of(errno))")
        }
        let reader = geteuid()
        guard facts.owner != 0, facts.owner != reader, facts.owner != allowed else { return }
        let owner = UserName.describe(facts.owner)
        var trusted = reader == 0 ? "root" : "root or \(UserName.describe(reader))"
        if allowed != nil { trusted += " or \(allowedName) (source.owner)" }
        throw GitError(
            .wrongOwner, "\(path) is owned by \(owner), not by \(trusted)",
            advice: "if \(owner) may decide what runs on this host, set source.owner: "
                + "\(UserName.name(of: facts.owner) ?? "\(facts.owner)") in agent.yaml; "
                + "otherwise give it back: chown -R \(UserName.name(of: reader) ?? "\(reader)") \(path)")
    }
}
