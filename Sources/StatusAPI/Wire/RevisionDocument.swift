package import Reconciler

package struct RevisionDocument: Codable, Sendable, Hashable {
    /// The id in full.
    package var commit: String
    /// `main@3f2a9c1`.
    package var short: String
    package var ref: String
    /// `Ann <ann@example.org>`.
    package var author: String
    package var subject: String
    package var committedAt: Timestamp
    /// Only where it is shown as the accepted one.
    package var acceptedAt: Timestamp?
    /// Only where the host verifies signatures.
    package var signer: SignerDocument?

    package init(_ revision: Revision, acceptedAt: WallTime? = nil) {
        commit = revision.id.hex
        short = revision.short
        ref = revision.ref
        author = revision.author
        subject = revision.subject
        committedAt = Timestamp(revision.committed)
        self.acceptedAt = acceptedAt.map(Timestamp.init)
        signer = revision.signer.map(SignerDocument.init)
    }
}

/// Who signed a revision, as the host's keys files call them.
package struct SignerDocument: Codable, Sendable, Hashable {
    package var principal: String
    /// `SHA256:…`, or the fingerprint of an OpenPGP key.
    package var key: String

    package init(_ signer: Signer) {
        principal = signer.principal
        key = signer.key
    }
}

/// A line of `/v1/revisions`: a revision that was seen, and what became of it.
package struct RevisionHistoryDocument: Codable, Sendable, Hashable {
    package var revision: RevisionDocument
    /// `accepted`, `invalid`, …
    package var outcome: String
    package var message: String
    package var at: Timestamp

    package init(_ entry: RevisionHistoryEntry) {
        revision = RevisionDocument(entry.revision)
        outcome = entry.outcome
        message = entry.message
        at = Timestamp(entry.at)
    }
}
