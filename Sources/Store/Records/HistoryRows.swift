import GRDB
import Reconciler

/// The history of specs and revisions, encoded before its transaction begins.
struct HistoryRows {
    private var begun: [(record: SpecRecord, text: String, progress: String)] = []
    private var went: [(spec: OpenSpec, progress: String)] = []
    private var traces: [(revision: RevisionID, text: String)] = []

    var rowCount: Int { begun.count + traces.count }

    var bytes: Int {
        begun.reduce(0) { $0 + $1.text.utf8.count } + traces.reduce(0) { $0 + $1.text.utf8.count }
    }

    init(_ batch: StoreBatch, column: JSONColumn) throws(StoreError) {
        for change in batch.specs {
            switch change {
            case .began(let record):
                begun.append((record, try column.encode(record), try column.encode(record.progress)))
            case .went(let spec): went.append((spec, try column.encode(spec.progress)))
            }
        }
        for trace in batch.traces { traces.append((trace.revision.id, try column.encode(trace))) }
    }

    /// What began comes first: one that went on within the same batch has its row then.
    func write(to db: Database) throws {
        try writeBegun(to: db)
        try writeWent(to: db)
        guard !traces.isEmpty else { return }
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO revision_trace (revision_id, record) VALUES (?, ?)
                ON CONFLICT (source, revision_id) DO UPDATE SET record = excluded.record
                """)
        for trace in traces { try statement.execute(arguments: [trace.revision.hex, trace.text]) }
    }

    private func writeBegun(to db: Database) throws {
        guard !begun.isEmpty else { return }
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO spec_history (instance, spec_hash, nonce, wanted_at, progress, record)
                VALUES (?, ?, ?, ?, ?, ?)
                """)
        for item in begun {
            try statement.execute(arguments: [
                item.record.instance, item.record.specHash.hex, item.record.nonce,
                item.record.wantedAt.nanoseconds, item.progress, item.text,
            ])
        }
    }

    private func writeWent(to db: Database) throws {
        guard !went.isEmpty else { return }
        let statement = try db.cachedStatement(
            sql: """
                UPDATE spec_history SET progress = ?, ended_at = ?
                WHERE instance = ? AND wanted_at = ? AND ended_at IS NULL
                """)
        for item in went {
            try statement.execute(arguments: [
                item.progress, item.spec.progress.endedAt?.nanoseconds, item.spec.instance,
                item.spec.wantedAt.nanoseconds,
            ])
        }
    }
}
