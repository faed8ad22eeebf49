import FoundationEssentials
import GRDB
import Reconciler

extension Store {
    /// Everything that an agent needs to go on, as of one moment.
    package func load() async throws(StoreError) -> Loaded {
        try await read { db in
            var rows = RowReader()
            var loaded = Loaded(
                memory: Memory(), accepted: try rows.accepted(db), openRuns: [], settings: [:],
                lastBootID: try String.fetchOne(db, sql: "SELECT boot_id FROM run ORDER BY run DESC LIMIT 1"),
                unreadable: [])
            loaded.memory = try rows.memory(db)
            loaded.openRuns = try rows.runs(db, sql: "WHERE ended_at IS NULL ORDER BY run")
            for row in try Row.fetchAll(db, sql: "SELECT name, value FROM setting") {
                loaded.settings[row["name"]] = row["value"]
            }
            loaded.schedules = try rows.schedules(db)
            loaded.unreadable = rows.unreadable
            loaded.openSpecs = try rows.openSpecs(db)
            if let accepted = loaded.accepted?.revision.id { loaded.trace = try rows.trace(db, of: accepted) }
            return loaded
        }
    }

    /// In ascending order of ids. Events of a newer version that this one cannot read are left out.
    package func events(_ query: EventQuery) async throws(StoreError) -> [StoredEvent] {
        try await read { db in
            var rows = RowReader()
            return try rows.events(db, query)
        }
    }

    /// The newest first; of one instance, or of all.
    package func runs(instance: String?, limit: Int) async throws(StoreError) -> [RunRecord] {
        try await read { db in
            var rows = RowReader()
            let arguments: StatementArguments = instance.map { [$0, bounded(limit)] } ?? [bounded(limit)]
            let condition = instance == nil ? "" : "WHERE instance = ?"
            return try rows.runs(db, sql: "\(condition) ORDER BY run DESC LIMIT ?", arguments: arguments)
        }
    }

    /// The newest first.
    package func revisions(limit: Int) async throws(StoreError) -> [RevisionRecord] {
        try await read { db in
            var rows = RowReader()
            return try rows.revisions(db, limit: bounded(limit))
        }
    }

    func read<T: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> T
    ) async throws(StoreError) -> T {
        do {
            return try await pool.read(body)
        } catch {
            throw StoreError.reading(error, path: path)
        }
    }
}

func bounded(_ limit: Int) -> Int { min(max(limit, 0), StoreLimits.queryRowsMax) }

/// Rows back to values. A value that cannot be decoded is noted, and never fails what is asked for beside it.
struct RowReader {
    private let column = JSONColumn()
    private(set) var unreadable: [UnreadableRow] = []

    mutating func memory(_ db: Database) throws -> Memory {
        var memory = Memory()
        let cursor = try Row.fetchCursor(db, sql: "SELECT instance, memory FROM instance_memory")
        while let row = try cursor.next() {
            let name: String = row["instance"]
            memory.instances[name] = value(row["memory"], table: "instance_memory", key: name)
        }
        return memory
    }

    mutating func accepted(_ db: Database) throws -> AcceptedRecord? {
        let sql = "SELECT revision_id, revision, accepted_at, payload FROM accepted_snapshot"
        guard let row = try Row.fetchOne(db, sql: sql),
            let revision: Revision = value(
                row["revision"], table: "accepted_snapshot", key: row["revision_id"])
        else { return nil }
        let payload: Data = row["payload"]
        return AcceptedRecord(
            revision: revision, acceptedAt: WallTime(nanoseconds: row["accepted_at"]), payload: Array(payload)
        )
    }

    mutating func runs(
        _ db: Database, sql rest: String, arguments: StatementArguments = []
    ) throws -> [RunRecord] {
        var runs: [RunRecord] = []
        let cursor = try Row.fetchCursor(db, sql: "SELECT * FROM run \(rest)", arguments: arguments)
        while let row = try cursor.next() {
            guard let claim = claim(row) else { continue }
            var record = RunRecord(claim: claim)
            if let data: Data = row["identity"] {
                record.identity = value(data, table: "run", key: claim.run.text)
            }
            if let data: Data = row["exit"] { record.exit = value(data, table: "run", key: claim.run.text) }
            runs.append(record)
        }
        return runs
    }

    private mutating func claim(_ row: Row) -> RunClaim? {
        let run = RunID(text: row["run"])
        guard let revision: Revision = value(row["revision"], table: "run", key: run.text) else { return nil }
        let (instance, name): (String, String) = (row["instance"], row["slot"])
        let slot = SlotID(instance: instance, directoryName: name)
        return RunClaim(
            run: run, slot: slot ?? SlotID(instance: instance, index: row["replica"]), unit: row["unit"],
            startHash: StartHash(hex: row["start_hash"]), specHash: SpecHash(hex: row["spec_hash"]),
            nonce: row["nonce"], revision: revision, claimedWall: WallTime(nanoseconds: row["claimed_at"]),
            bootID: row["boot_id"])
    }

    mutating func events(_ db: Database, _ query: EventQuery) throws -> [StoredEvent] {
        var filter = query.filter
        if let after = query.after { filter.add("id > ?", after) }
        if let before = query.before { filter.add("id < ?", before) }
        let order = query.after == nil ? "DESC" : "ASC"
        let cursor = try Row.fetchCursor(
            db,
            sql: """
                SELECT id, record FROM event \(filter.sql) ORDER BY id \(order) LIMIT \(bounded(query.limit))
                """, arguments: filter.arguments)
        var events: [StoredEvent] = []
        while let row = try cursor.next() {
            let id: Int64 = row["id"]
            guard let record: EventRecord = value(row["record"], table: "event", key: "\(id)") else {
                continue
            }
            events.append(StoredEvent(id: id, record: record))
        }
        return query.after == nil ? events.reversed() : events
    }

    mutating func revisions(_ db: Database, limit: Int) throws -> [RevisionRecord] {
        let cursor = try Row.fetchCursor(
            db, sql: "SELECT * FROM revision ORDER BY id DESC LIMIT ?", arguments: [limit])
        var records: [RevisionRecord] = []
        while let row = try cursor.next() {
            guard let revision: Revision = value(row["revision"], table: "revision", key: row["revision_id"])
            else { continue }
            records.append(
                RevisionRecord(
                    revision: revision, outcome: .init(rawValue: row["outcome"]), message: row["message"],
                    at: WallTime(nanoseconds: row["at"])))
        }
        return records
    }

    mutating func value<T: Decodable>(_ data: Data, table: String, key: String) -> T? {
        do {
            return try column.decode(T.self, from: data)
        } catch {
            unreadable.append(UnreadableRow(table: table, key: key, problem: "\(error)"))
            return nil
        }
    }
}
