/// What the watcher saw. Between them the events say one thing at a time: readable at this commit, or not
/// readable.
package enum WatchEvent: Sendable {
    /// The ref points to this commit. Sent for the first state, for every change, and for the same commit
    /// again when a problem is over.
    case revision(SeenRevision)
    /// The ref cannot be read. What was read before stays valid; it is tried again by itself.
    case unreadable(GitError)
    /// The reader has been silent for long; nil: it has answered, or was ended. Says nothing of what is read.
    case silent(GitError?)
    /// How changes are noticed from now on. Sent at the start and whenever it changes.
    case noticing(Noticing)
}

/// A commit, and the ref that pointed to it.
package struct SeenRevision: Hashable, Sendable {
    /// The branch name as people write it (`main`), or the full name of a ref that is no branch.
    package let ref: String
    package let commit: CommitInfo
}

/// How the watcher learns of changes.
package enum Noticing: Hashable, Sendable {
    /// The kernel tells: changes are seen at once, and waiting costs nothing.
    case events
    /// The ref is read again after every interval, because of `reason`.
    case interval(Duration, reason: GitError)
}
