import FoundationEssentials
import GRDB
package import Reconciler

/// Which runs are wanted. Everything is optional.
package struct RunQuery: Sendable, Hashable {
    package var run: RunID?
    package var instances: Set<String>?
    /// Without those that Schedules own.
    package var leavesOutSchedules = false
    /// Whether its end is known; nil: either way.
    package var hasEnded: Bool?
    /// Claimed then or later.
    package var since: WallTime?
    /// Only runs that were claimed before this one.
    package var before: RunID?
    package var limit: Int

    package init(limit: Int) { self.limit = limit }
}

/// Which outcomes of revisions are wanted. Everything is optional.
package struct RevisionQuery: Sendable, Hashable {
    /// Of the commit's id.
    package var prefix: String?
    package var outcome: String?
    package var since: WallTime?
    /// Only those with a smaller id.
    package var before: Int64?
    package var limit: Int

    package init(limit: Int) { self.limit = limit }
}

/// An outcome with its place in the order.
package struct StoredRevision: Sendable, Hashable {
    package var id: Int64
    package var record: RevisionRecord
}

extension Store {
    /// The newest first.
    package func runs(_ query: RunQuery) async throws(StoreError) -> [RunRecord] {
        try await read { db in
            var rows = RowReader()
            var filter = query.filter
            if let before = query.before { filter.add("run < ?", before.text) }
            return try rows.runs(
                db, sql: "\(filter.sql) ORDER BY run DESC LIMIT \(bounded(query.limit))",
                arguments: filter.arguments)
        }
    }

    /// How many there are, whatever the query's place and limit.
    package func count(_ query: RunQuery) async throws(StoreError) -> Int {
        try await count("run", query.filter)
    }

    /// The newest first.
    package func revisions(_ query: RevisionQuery) async throws(StoreError) -> [StoredRevision] {
        try await read { db in
            var filter = query.filter
            if let before = query.before { filter.add("id < ?", before) }
            let cursor = try Row.fetchCursor(
                db,
                sql: "SELECT * FROM revision \(filter.sql) ORDER BY id DESC LIMIT \(bounded(query.limit))",
                arguments: filter.arguments)
            let column = JSONColumn()
            var found: [StoredRevision] = []
            while let row = try cursor.next() {
                // One that a newer version wrote otherwise is left out; nothing is decided by it.
                guard let revision = try? column.decode(Revision.self, from: row["revision"] as Data) else {
                    continue
                }
                let record = RevisionRecord(
                    revision: revision, outcome: .init(rawValue: row["outcome"]), message: row["message"],
                    at: WallTime(nanoseconds: row["at"]))
                found.append(StoredRevision(id: row["id"], record: record))
            }
            return found
        }
    }

    package func count(_ query: RevisionQuery) async throws(StoreError) -> Int {
        try await count("revision", query.filter)
    }

    /// How many there are, whatever the query's place and limit.
    package func count(_ query: EventQuery) async throws(StoreError) -> Int {
        try await count("event", query.filter)
    }

    /// nil: there is none, it is forgotten, or a newer version wrote it.
    package func event(_ id: Int64) async throws(StoreError) -> StoredEvent? {
        guard id > 0 else { return nil }
        return try await events(EventQuery(after: id - 1, limit: 1)).first { $0.id == id }
    }

    private func count(_ table: String, _ filter: RowFilter) async throws(StoreError) -> Int {
        try await read { db in
            try Int.fetchOne(
                db, sql: "SELECT count(*) FROM \(table) \(filter.sql)", arguments: filter.arguments) ?? 0
        }
    }
}

/// The conditions of a query, all of which must hold.
struct RowFilter: Sendable {
    private var conditions: [String] = []
    private(set) var arguments = StatementArguments()

    var sql: String { conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND ") }

    mutating func add(_ condition: String) { conditions.append(condition) }

    mutating func add(_ condition: String, _ value: some DatabaseValueConvertible) {
        conditions.append(condition)
        arguments += [value]
    }

    /// However many they are, they are one argument.
    mutating func add(_ column: String, in values: Set<String>) {
        let list = (try? JSONEncoder().encode(values.sorted())) ?? Data("[]".utf8)
        add("\(column) IN (SELECT value FROM json_each(?))", String(decoding: list, as: UTF8.self))
    }
}

extension RunQuery {
    fileprivate var filter: RowFilter {
        var filter = RowFilter()
        if let run { filter.add("run = ?", run.text) }
        if let instances {
            // One has an index that ends where its runs do.
            if instances.count == 1, let only = instances.first {
                filter.add("instance = ?", only)
            } else {
                filter.add("instance", in: instances)
            }
        }
        if leavesOutSchedules { filter.add("instance NOT GLOB '*.schedule'") }
        if let hasEnded { filter.add(hasEnded ? "ended_at IS NOT NULL" : "ended_at IS NULL") }
        if let since { filter.add("claimed_at >= ?", since.nanoseconds) }
        return filter
    }
}

extension RevisionQuery {
    fileprivate var filter: RowFilter {
        var filter = RowFilter()
        if let prefix {
            filter.add("revision_id >= ?", prefix)
            filter.add("revision_id < ?", prefix + "g")
        }
        if let outcome { filter.add("outcome = ?", outcome) }
        if let since { filter.add("at >= ?", since.nanoseconds) }
        return filter
    }
}

extension EventQuery {
    /// All but where a page begins.
    var filter: RowFilter {
        var filter = RowFilter()
        if let instance { filter.add("instance = ?", instance) }
        if let instances { filter.add("instance", in: instances) }
        if let run { filter.add("json_extract(record, '$.run.text') = ?", run.text) }
        if let kinds { filter.add("kind", in: kinds) }
        if isAudit { filter.add(auditCondition) }
        if let since { filter.add("time >= ?", since.nanoseconds) }
        return filter
    }
}
