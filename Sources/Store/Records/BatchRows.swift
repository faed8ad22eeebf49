import FoundationEssentials
import GRDB
import Reconciler

/// A batch with its values encoded: all that can be refused of it alone is decided before the transaction
/// begins.
struct BatchRows {
    private let batch: StoreBatch
    private let revisions: [Revision: String]
    private let identities: [String]
    private let exits: [String]
    private let memories: [String?]
    private let events: [String]
    private let history: HistoryRows
    private let schedules: ScheduleRows

    init(_ batch: StoreBatch, column: JSONColumn) throws(StoreError) {
        self.batch = batch
        var revisions: [Revision: String] = [:]
        // A batch of a thousand claims names one revision: it is encoded once.
        for revision in batch.claims.map(\.revision) + batch.revisions.map(\.revision)
        where revisions[revision] == nil {
            revisions[revision] = try column.encode(revision)
        }
        if let revision = batch.accepted?.revision { revisions[revision] = try column.encode(revision) }
        self.revisions = revisions
        var texts: [String] = []
        for start in batch.starts { texts.append(try column.encode(start.identity)) }
        identities = texts
        texts = []
        for exit in batch.exits { texts.append(try column.encode(exit.exit)) }
        exits = texts
        texts = []
        for event in batch.events { texts.append(try column.encode(event)) }
        events = texts
        var memories: [String?] = []
        for item in batch.memories {
            guard let memory = item.memory else {
                memories.append(nil)
                continue
            }
            memories.append(try column.encode(memory))
        }
        self.memories = memories
        history = try HistoryRows(batch, column: column)
        schedules = try ScheduleRows(batch, column: column)
    }

    /// Runs within the transaction of its group, and says what it added.
    func write(to db: Database) throws -> WrittenRows {
        var written = WrittenRows()
        try writeClaims(to: db)
        try writeStarts(to: db)
        written.endedRuns = try writeExits(to: db)
        try writeMemories(to: db)
        try writeEvents(to: db)
        try writeAccepted(to: db)
        try writeRevisions(to: db)
        try writeSettings(to: db)
        try history.write(to: db)
        try schedules.write(to: db)
        written.claims = batch.claims.count
        written.events = batch.events.count
        written.revisions = batch.revisions.count
        written.history = history.rowCount
        written.pages = pagesTouched
        return written
    }

    /// An estimate for the pace of checkpoints: a row dirties a leaf of its table and of each index.
    private var pagesTouched: Int {
        let pageBytes = 4096
        let rows =
            batch.claims.count + batch.starts.count + batch.exits.count + batch.memories.count
            + schedules.rowCount
        let bytes =
            (batch.accepted?.payload.count ?? 0) + memories.reduce(0) { $0 + ($1?.utf8.count ?? 0) }
            + events.reduce(0) { $0 + $1.utf8.count } + history.bytes
            + schedules.bytes
        return 2 * rows + batch.settings.count + bytes / pageBytes + 4
    }
}

/// What a group of batches added, for those who keep the bounds.
struct WrittenRows {
    var claims = 0
    var events = 0
    var revisions = 0
    /// Specs and traces.
    var history = 0
    var pages = 0
    /// Instance → runs of it that ended.
    var endedRuns: [String: Int] = [:]

    mutating func add(_ other: WrittenRows) {
        claims += other.claims
        events += other.events
        revisions += other.revisions
        history += other.history
        pages += other.pages
        endedRuns.merge(other.endedRuns, uniquingKeysWith: +)
    }
}

extension BatchRows {
    /// A claim that is there already stays as it is: it may have started and ended since.
    private func writeClaims(to db: Database) throws {
        guard !batch.claims.isEmpty else { return }
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO run (run, instance, replica, slot, unit, start_hash, spec_hash, nonce, revision,
                    claimed_at, boot_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (run) DO NOTHING
                """)
        for claim in batch.claims {
            try statement.execute(arguments: [
                claim.run.text, claim.slot.instance, claim.slot.replica.index, claim.slot.directoryName,
                claim.unit, claim.startHash.hex, claim.specHash.hex, claim.nonce, revisions[claim.revision],
                claim.claimedWall.nanoseconds, claim.bootID,
            ])
        }
    }

    private func writeStarts(to db: Database) throws {
        guard !batch.starts.isEmpty else { return }
        let statement = try db.cachedStatement(sql: "UPDATE run SET identity = ? WHERE run = ?")
        for (start, identity) in zip(batch.starts, identities) {
            try statement.execute(arguments: [identity, start.run.text])
        }
    }

    private func writeExits(to db: Database) throws -> [String: Int] {
        guard !batch.exits.isEmpty else { return [:] }
        let update = try db.cachedStatement(sql: "UPDATE run SET exit = ?, ended_at = ? WHERE run = ?")
        let find = try db.cachedStatement(sql: "SELECT instance FROM run WHERE run = ?")
        var ended: [String: Int] = [:]
        for (item, exit) in zip(batch.exits, exits) {
            try update.execute(arguments: [exit, item.exit.endedWall.nanoseconds, item.run.text])
            guard let instance = try String.fetchOne(find, arguments: [item.run.text]) else { continue }
            ended[instance, default: 0] += 1
        }
        return ended
    }

    private func writeMemories(to db: Database) throws {
        guard !batch.memories.isEmpty else { return }
        let upsert = try db.cachedStatement(
            sql: """
                INSERT INTO instance_memory (instance, memory) VALUES (?, ?)
                ON CONFLICT (source, instance) DO UPDATE SET memory = excluded.memory
                """)
        let delete = try db.cachedStatement(sql: "DELETE FROM instance_memory WHERE instance = ?")
        for (item, memory) in zip(batch.memories, memories) {
            if let memory {
                try upsert.execute(arguments: [item.instance, memory])
            } else {
                try delete.execute(arguments: [item.instance])
            }
        }
    }

    private func writeEvents(to db: Database) throws {
        guard !batch.events.isEmpty else { return }
        let statement = try db.cachedStatement(
            sql: "INSERT INTO event (time, kind, instance, record) VALUES (?, ?, ?, ?)")
        for (event, record) in zip(batch.events, events) {
            try statement.execute(arguments: [
                event.time.nanoseconds, event.kind.rawValue, event.instance, record,
            ])
        }
    }

    private func writeAccepted(to db: Database) throws {
        guard let accepted = batch.accepted else { return }
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO accepted_snapshot (revision_id, revision, accepted_at, payload)
                VALUES (?, ?, ?, ?)
                ON CONFLICT (source) DO UPDATE SET revision_id = excluded.revision_id,
                    revision = excluded.revision, accepted_at = excluded.accepted_at,
                    payload = excluded.payload
                """)
        try statement.execute(arguments: [
            accepted.revision.id.hex, revisions[accepted.revision], accepted.acceptedAt.nanoseconds,
            Data(accepted.payload),
        ])
    }

    private func writeRevisions(to db: Database) throws {
        guard !batch.revisions.isEmpty else { return }
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO revision (revision_id, revision, outcome, message, at) VALUES (?, ?, ?, ?, ?)
                """)
        for record in batch.revisions {
            try statement.execute(arguments: [
                record.revision.id.hex, revisions[record.revision], record.outcome.rawValue, record.message,
                record.at.nanoseconds,
            ])
        }
    }

    private func writeSettings(to db: Database) throws {
        guard !batch.settings.isEmpty else { return }
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO setting (name, value) VALUES (?, ?)
                ON CONFLICT (name) DO UPDATE SET value = excluded.value
                """)
        for (name, value) in batch.settings { try statement.execute(arguments: [name, value]) }
    }
}
