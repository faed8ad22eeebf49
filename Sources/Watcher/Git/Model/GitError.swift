/// Why something could not be read. None of these means that anything was deleted: whoever gets one keeps
/// what it has.
package struct GitError: Error, Hashable, Sendable {
    package let kind: Kind
    /// One plain sentence: what is wrong, with the path, id or name that it is about.
    package let message: String
    /// What the operator can do about it; empty where there is nothing better than to wait.
    package let advice: String

    package init(_ kind: Kind, _ message: String, advice: String = "") {
        self.kind = kind
        self.message = message
        self.advice = advice
    }

    package enum Kind: String, CaseIterable, Hashable, Sendable {
        /// Nothing is at the path.
        case pathMissing
        /// Something is at the path, and it is no repository.
        case notARepository
        /// The repository belongs to someone who is not trusted.
        case wrongOwner
        /// SHA-256, reftable, partial clone and the like.
        case unsupportedFormat
        /// A repository without a commit.
        case empty
        /// HEAD names a commit, not a branch, and no branch was given.
        case detachedHead
        /// The branch, tag or revision does not exist.
        case refMissing
        /// An abbreviation fits several objects.
        case ambiguous
        /// The path does not exist in that revision, or is no directory.
        case sourcePathMissing
        /// An object that must be there is not.
        case objectMissing
        /// An object is there and cannot be right: truncated, wrong hash, wrong type.
        case objectCorrupt
        /// An object is what its hash says, and still none that git would make.
        case badlyMade
        /// History ends early because the clone is shallow.
        case shallow
        /// The operating system refused: permission, input/output error, too many open files.
        case unreadable
        /// More than a bound allows.
        case tooLarge
        /// There is no work tree to read.
        case bare
        /// The reader did not answer within its deadline, and was killed.
        case readerTimedOut
        /// The reader has said nothing for long, and goes on.
        case readerSlow
        /// The reader ended, or could not be started.
        case readerFailed
        /// More requests are waiting than the bound allows.
        case busy
        /// The kernel allows no further inotify instance or watch.
        case watchLimit
        /// The repository is on a file system that does not tell of changes.
        case silentFileSystem
        /// A name that DNS does not know, or no DNS.
        case hostUnknown
        case connectionRefused
        case unreachable
        case connectionLost
        case tlsFailed
        /// The remote does not accept who we say we are.
        case authenticationFailed
        case hostKeyUnknown
        case hostKeyChanged
        /// A file of `source.credentials` that is missing, open to others, or not what it should be.
        case credentialUnusable
        /// The remote has no repository there, or shows it to others only.
        case repositoryMissing
        case serverFailed
        /// A fetch that showed no progress, or took too long, and was ended.
        case fetchTimedOut
        case diskFull
        /// What the remote has is more than the mirror may hold.
        case fetchTooLarge
        /// The system has no git.
        case gitMissing
        /// Any other failure of git.
        case fetchFailed
        /// The watcher was stopped.
        case stopped
        /// Anything else that libgit2 said.
        case other
    }
}

extension GitError: CustomStringConvertible {
    package var description: String { advice.isEmpty ? message : "\(message); \(advice)" }
}

extension GitError {
    /// A concurrent repack can make these come and go, so one more try with the repository freshly opened is
    /// worth it.
    var mayPassWhenReopened: Bool {
        switch kind {
        case .objectMissing, .objectCorrupt, .unreadable, .other: true
        default: false
        }
    }
}
