/// Which commits are trusted, as the host's settings say.
package struct TrustSettings: Sendable, Hashable {
    package enum Requirement: String, Sendable, Hashable, CaseIterable {
        /// Nothing is verified.
        case none
        /// The commit itself.
        case head
        /// It, and every commit that leads to it.
        case every
    }
    package var require: Requirement
    /// Absolute paths of allowed-signers files and of armoured OpenPGP keys; the file itself tells.
    package var keys: [String]
    /// A file with keys that are trusted no longer.
    package var revoked: String?
    /// The commit that is trusted as it is, with everything before it.
    package var since: ObjectID?
    /// Directories that whoever may commit can write to: keys are not taken from there.
    package var repositories: [String]
    /// A directory of Plumb's own, for gpg.
    package var directory: String

    package init(
        require: Requirement, keys: [String], revoked: String? = nil, since: ObjectID? = nil,
        repositories: [String], directory: String
    ) {
        self.require = require
        self.keys = keys
        self.revoked = revoked
        self.since = since
        self.repositories = repositories
        self.directory = directory
    }

    /// Every file that says who is trusted.
    package var files: [String] { keys + (revoked.map { [$0] } ?? []) }
}

/// Why nobody can say whether a commit is trusted. It is then treated as not trusted, and asked again.
package struct TrustFailure: Error, Hashable, Sendable {
    /// One word, CamelCase.
    package let code: String
    package let message: String
    package let advice: String
}
