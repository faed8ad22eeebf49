import Manifests
package import Reconciler

/// A line of `/v1/instances/{name}/history`: one spec that was wanted here, and what became of it.
package struct SpecRecordDocument: Codable, Sendable, Hashable {
    package var specHash: String
    package var unit: String
    package var revision: RevisionDocument
    package var changes: [ChangeDocument]
    package var wantedAt: Timestamp
    /// It was wanted before this history began; `wantedAt` is when it was found.
    package var isOlder: Bool
    /// Every replica was ready for the first time.
    package var readyAt: Timestamp?
    /// It became last known good, or completed.
    package var provenAt: Timestamp?
    /// nil: it is wanted now.
    package var endedAt: Timestamp?
    /// `current`, `good`, `completed`, `gaveUp`, `superseded`, `withdrawn`, …
    package var outcome: String
    /// It is declared no longer, and runs in place of what is, which failed here; nil: no.
    package var runsNow: Bool?
    /// How long it was wanted, up to now or to its end.
    package var wantedSeconds: Double

    package init(_ record: SpecRecord, now: WallTime) {
        runsNow = record.runsNow
        specHash = record.specHash.hex
        unit = record.unit
        revision = RevisionDocument(record.revision)
        changes = record.changes.map(ChangeDocument.init)
        wantedAt = Timestamp(record.wantedAt)
        isOlder = record.isOlder ?? false
        let progress = record.progress
        readyAt = progress.readyAt.map(Timestamp.init)
        provenAt = progress.provenAt.map(Timestamp.init)
        endedAt = progress.endedAt.map(Timestamp.init)
        outcome = progress.outcome.rawValue
        let span = (progress.endedAt ?? now).nanoseconds - record.wantedAt.nanoseconds
        wantedSeconds = Double(max(0, span) / 1_000_000) / 1_000
    }
}

/// `/v1/revisions/{id}/trace`: when a revision got how far on this host.
package struct TraceDocument: Codable, Sendable, Hashable {
    package var apiVersion: String
    package var kind: String
    package var node: String
    package var revision: RevisionDocument
    /// `accepted`, `invalid`, `superseded`, …; "" while it is being read.
    package var outcome: String
    /// Instances whose spec, size or place it changed.
    package var instances: Int
    package var supersededBy: RevisionDocument?
    package var stages: [TraceStageDocument]

    package init(_ trace: RevisionTrace, node name: String) {
        apiVersion = WireFormat.apiVersion
        kind = "Trace"
        node = name
        revision = RevisionDocument(trace.revision)
        outcome = trace.outcome.rawValue
        instances = trace.instances
        supersededBy = trace.supersededBy.map { RevisionDocument($0) }
        stages = TraceStageDocument.all(of: trace)
    }
}

package struct TraceStageDocument: Codable, Sendable, Hashable {
    /// `seen`, `decoded`, `paced`, `accepted`, `planned`, `executing`, `ready`, `healthy`, …
    package var stage: String
    package var at: Timestamp
    /// Since the first stage, and since the one before, on a clock that nobody sets.
    package var sinceFirst: Double
    package var sinceLast: Double

    static func all(of trace: RevisionTrace) -> [TraceStageDocument] {
        let marks = trace.marks.sorted { $0.instant < $1.instant }
        guard let first = marks.first else { return [] }
        var last = first
        return marks.map { mark in
            defer { last = mark }
            return TraceStageDocument(
                stage: mark.stage.rawValue, at: Timestamp(mark.wall),
                sinceFirst: seconds(mark.instant - first.instant),
                sinceLast: seconds(mark.instant - last.instant))
        }
    }

    /// To the microsecond: what happens within one turn of the loop takes less than a millisecond.
    private static func seconds(_ span: Duration) -> Double {
        Double(span.nanoseconds / 1_000) / 1_000_000
    }
}
