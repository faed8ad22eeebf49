import Reconciler

/// `/v1/revisions/{id}`: a revision, and all that became of it here.
package struct RevisionDetailDocument: Codable, Sendable {
    package var apiVersion: String
    package var kind: String
    package var revision: RevisionDocument
    /// What became of it last: `accepted`, `invalid`, …
    package var outcome: String
    package var message: String
    package var at: Timestamp
    /// It is the desired state now.
    package var accepted: Bool
    /// The newest first.
    package var outcomes: [RevisionHistoryDocument]

    /// nil without any entries.
    init?(_ entries: [RevisionHistoryEntry], in state: AgentState) {
        guard let newest = entries.first else { return nil }
        apiVersion = WireFormat.apiVersion
        kind = "Revision"
        revision = RevisionDocument(newest.revision)
        outcome = newest.outcome
        message = newest.message
        at = Timestamp(newest.at)
        accepted = state.source.accepted?.id == newest.revision.id
        outcomes = entries.map(RevisionHistoryDocument.init)
    }
}
