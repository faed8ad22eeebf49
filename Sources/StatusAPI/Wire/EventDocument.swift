import Manifests
package import Reconciler

/// One line of the history.
package struct EventDocument: Codable, Sendable, Hashable {
    package var id: Int64
    package var time: Timestamp
    package var kind: String
    package var instance: String?
    /// `web/0`.
    package var replica: String?
    /// The Schedule that it is of.
    package var schedule: String?
    package var runId: String?
    package var revision: RevisionDocument?
    package var message: String
    package var cause: CauseDocument?
    /// Who asked for it on the host; nil where nobody did.
    package var caller: CallerDocument?

    package init(_ entry: EventHistoryEntry) {
        let record = entry.record
        id = entry.id
        time = Timestamp(record.time)
        kind = record.kind.rawValue
        instance = record.instance
        replica = record.replica?.description
        schedule = record.schedule
        runId = record.run?.text
        revision = record.revision.map { RevisionDocument($0) }
        message = record.message
        cause = record.cause.map(CauseDocument.init)
        caller = record.caller.map(CallerDocument.init)
    }
}

/// A process that asked for something, as the kernel vouches for it.
package struct CallerDocument: Codable, Sendable, Hashable {
    package var uid: UInt32
    package var user: String
    package var pid: Int32

    package init(_ caller: Caller) {
        uid = caller.uid
        user = caller.user
        pid = caller.pid
    }
}

/// Why it happened: the fields with old and new value, their place, and the commit with its author.
package struct CauseDocument: Codable, Sendable, Hashable {
    package var text: String
    package var changes: [ChangeDocument]
    /// `instances/web.yaml:7`.
    package var place: String?
    package var revision: RevisionDocument?

    package init(_ cause: Cause) {
        text = cause.text
        changes = cause.changes.map(ChangeDocument.init)
        place = cause.place?.short
        revision = cause.revision.map { RevisionDocument($0) }
    }
}

package struct ChangeDocument: Codable, Sendable, Hashable {
    package var path: String
    /// nil where it was not written before, or is no longer.
    package var old: String?
    package var new: String?
    /// `restart`, `live`, …
    package var effect: String
    package var file: String
    package var line: Int

    package init(_ change: FieldChange) {
        path = change.path
        old = change.old
        new = change.new
        effect = change.effect.rawValue
        file = change.place.file
        line = change.place.line
    }
}

/// `/v1/events/{id}`.
package struct EventDetailDocument: Codable, Sendable {
    package var apiVersion: String
    package var kind: String
    package var node: String
    package var event: EventDocument

    init(_ event: EventDocument, node: String) {
        apiVersion = WireFormat.apiVersion
        kind = "Event"
        self.node = node
        self.event = event
    }
}

extension EventRecord.Kind {
    /// The kinds of events that are of a Schedule.
    static let ofSchedules: Set<String> = Set(
        [scheduleFired, scheduleMissed, scheduleSucceeded, scheduleFailed, scheduleLost, scheduleEnded].map(
            \.rawValue))
}
