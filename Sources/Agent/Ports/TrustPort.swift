package import Reconciler

/// What the loop asks of whoever knows the keys.
package protocol TrustPort: Sendable {
    /// Whether a revision may be believed. May take as long as its history is; asked for one at a time.
    func judge(_ revision: Revision) async -> TrustVerdict
    /// Who signed these commits, of those whose signature is good; what leads to them is not looked at.
    func signers(of commits: [RevisionID]) async -> [RevisionID: Signer]
}

package enum TrustVerdict: Sendable {
    case trusted(Signer?)
    case untrusted(Untrusted)
    /// The keys cannot be used, so that nobody can say.
    case undecided(SourceFailure)
    /// The repository could not be read.
    case unreadable(SourceFailure)
}

/// Why a revision is rejected.
package struct Untrusted: Sendable, Hashable {
    /// One word, CamelCase: `Unsigned`, `UnknownKey`, ….
    package var reason: String
    /// The commit that is not trusted: the revision's own, or one that leads to it.
    package var commit: RevisionID
    /// Its author, by its own word.
    package var author: String
    /// A clause: `it is not signed`.
    package var message: String
    /// What to do about it; may be "".
    package var advice: String

    package init(reason: String, commit: RevisionID, author: String, message: String, advice: String) {
        self.reason = reason
        self.commit = commit
        self.author = author
        self.message = message
        self.advice = advice
    }
}
