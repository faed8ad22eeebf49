import FoundationEssentials
import GRDB
package import Reconciler

extension Store {
    /// What was wanted of one Instance, the newest first.
    package func specs(of instance: String, limit: Int) async throws(StoreError) -> [SpecRecord] {
        try await read { db in
            let column = JSONColumn()
            let cursor = try Row.fetchCursor(
                db,
                sql: "SELECT record, progress FROM spec_history WHERE instance = ? ORDER BY id DESC LIMIT ?",
                arguments: [instance, bounded(limit)])
            var records: [SpecRecord] = []
            while let row = try cursor.next() {
                // One that a newer version wrote otherwise is left out; nothing is decided by it.
                guard var record = try? column.decode(SpecRecord.self, from: row["record"] as Data) else {
                    continue
                }
                if let progress = try? column.decode(SpecProgress.self, from: row["progress"] as Data) {
                    record.progress = progress
                }
                records.append(record)
            }
            return records
        }
    }

    /// The revisions whose id begins so, the newest first.
    package func traces(prefix: String, limit: Int) async throws(StoreError) -> [RevisionTrace] {
        try await read { db in
            let column = JSONColumn()
            let cursor = try Row.fetchCursor(
                db,
                sql: """
                    SELECT record FROM revision_trace WHERE revision_id >= ? AND revision_id < ?
                    ORDER BY id DESC LIMIT ?
                    """, arguments: [prefix, prefix + "g", bounded(limit)])
            var traces: [RevisionTrace] = []
            while let row = try cursor.next() {
                if let trace = try? column.decode(RevisionTrace.self, from: row["record"] as Data) {
                    traces.append(trace)
                }
            }
            return traces
        }
    }
}

extension RowReader {
    /// The specs that are wanted now.
    func openSpecs(_ db: Database) throws -> [OpenSpec] {
        let column = JSONColumn()
        let cursor = try Row.fetchCursor(
            db,
            sql: """
                SELECT instance, spec_hash, nonce, wanted_at, progress FROM spec_history
                WHERE ended_at IS NULL ORDER BY id
                """)
        var open: [OpenSpec] = []
        while let row = try cursor.next() {
            let progress = try? column.decode(SpecProgress.self, from: row["progress"] as Data)
            open.append(
                OpenSpec(
                    instance: row["instance"], specHash: SpecHash(hex: row["spec_hash"]), nonce: row["nonce"],
                    wantedAt: WallTime(nanoseconds: row["wanted_at"]), progress: progress ?? SpecProgress()))
        }
        return open
    }

    func trace(_ db: Database, of revision: RevisionID) throws -> RevisionTrace? {
        let data = try Data.fetchOne(
            db, sql: "SELECT record FROM revision_trace WHERE revision_id = ?", arguments: [revision.hex])
        return data.flatMap { try? JSONColumn().decode(RevisionTrace.self, from: $0) }
    }
}
