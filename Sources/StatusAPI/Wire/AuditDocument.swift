import Reconciler

/// Who asked for something on this host, or approved it by a commit, and what it was.
package struct AuditDocument: Codable, Sendable, Hashable {
    /// Of the event that tells it.
    package var id: Int64
    package var time: Timestamp
    /// `approve`, `suspend`, `resume`, `lapse` (a suspension that ended by itself), `retry`,
    /// `approve-rewind`, or `refused`.
    package var verb: String
    /// Who it was, as the kernel vouches; nil where it was a commit, or time.
    package var caller: CallerDocument?
    /// Who signed the commit that approves.
    package var signer: SignerDocument?
    package var instance: String?
    package var revision: RevisionDocument?
    package var message: String

    init(_ entry: EventHistoryEntry) {
        let record = entry.record
        id = entry.id
        time = Timestamp(record.time)
        verb = Self.verb(of: record)
        caller = record.caller.map(CallerDocument.init)
        signer = record.caller == nil ? record.revision?.signer.map(SignerDocument.init) : nil
        instance = record.instance
        revision = record.revision.map { RevisionDocument($0) }
        message = record.message
    }

    private static func verb(of record: EventRecord) -> String {
        switch record.kind {
        case .approved: "approve"
        case .approvalRefused: "refused"
        case .suspended: "suspend"
        case .resumed: record.caller == nil ? "lapse" : "resume"
        case .quarantineLifted: "retry"
        case .rewindApproved: "approve-rewind"
        default: record.kind.rawValue
        }
    }
}

/// `/v1/audit/{id}`.
package struct AuditDetailDocument: Codable, Sendable {
    package var apiVersion: String
    package var kind: String
    package var node: String
    package var entry: AuditDocument

    init(_ entry: AuditDocument, node: String) {
        apiVersion = WireFormat.apiVersion
        kind = "Audit"
        self.node = node
        self.entry = entry
    }
}
