package import Reconciler

/// What became of one revision that was seen.
package struct RevisionRecord: Sendable, Hashable {
    package var revision: Revision
    package var outcome: Revision.Outcome
    package var message: String
    package var at: WallTime

    package init(revision: Revision, outcome: Revision.Outcome, message: String, at: WallTime) {
        self.revision = revision
        self.outcome = outcome
        self.message = message
        self.at = at
    }
}
