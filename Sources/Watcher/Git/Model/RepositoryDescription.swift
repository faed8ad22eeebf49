/// What a repository is, before anything in it is followed.
package struct RepositoryDescription: Hashable, Sendable {
    package let kind: Kind
    /// Absolute; of a linked work tree its own directory under `worktrees/`.
    package let gitDirectory: String
    /// Absolute; where refs and objects are. The same as `gitDirectory` except for a linked work tree.
    package let commonDirectory: String
    /// Absolute; nil for a bare repository.
    package let workTree: String?
    /// The branch that HEAD names, without `refs/heads/`, whether or not it has a commit; nil when HEAD is
    /// detached.
    package let headBranch: String?
    /// True when no ref has a commit yet.
    package let isEmpty: Bool
    package let isShallow: Bool

    package enum Kind: UInt8, Hashable, Sendable {
        case bare, workTree, linkedWorkTree
    }
}
