import GRDB

/// What the one writing connection does: groups of batches, and between them the upkeep that keeps the file
/// small. Used by one thread at a time.
struct GroupWriter {
    private enum Synchronous: String { case full = "FULL", normal = "NORMAL" }

    private let column = JSONColumn()
    private var synchronous: Synchronous?
    private var retention = Retention()
    private var pagesSinceCheckpoint = 0
    /// Transactions so far: how well commits share them.
    private(set) var groupsWritten = 0

    /// One transaction for all of them. Every completion is called, and before any upkeep.
    mutating func write(_ group: [CommitQueue.Entry], to db: Database, path: String, limits: StoreLimits) {
        var accepted: [(entry: CommitQueue.Entry, rows: BatchRows)] = []
        for entry in group {
            do throws(StoreError) {
                accepted.append((entry, try BatchRows(entry.batch, column: column)))
            } catch {
                entry.completion(.failure(error))
            }
        }
        guard !accepted.isEmpty else { return }
        let isDurable = accepted.contains { $0.entry.batch.mustSurvivePowerCut }
        var written = WrittenRows()
        do {
            try setSynchronous(isDurable ? .full : .normal, db)
            try db.inTransaction(.immediate) {
                for item in accepted { written.add(try item.rows.write(to: db)) }
                return .commit
            }
        } catch {
            let failure = StoreError.writing(error, path: path)
            for item in accepted { item.entry.completion(.failure(failure)) }
            return
        }
        groupsWritten += 1
        for item in accepted { item.entry.completion(.success(())) }
        maintain(db, after: written, limits: limits)
    }

    /// Trims in small steps and moves the log into the file. Nothing here is owed to anyone: what fails now
    /// (a full disk, a reader in the way) is tried again after the next group.
    private mutating func maintain(_ db: Database, after written: WrittenRows, limits: StoreLimits) {
        pagesSinceCheckpoint += written.pages
        retention.note(written)
        if retention.isDue {
            try? setSynchronous(.normal, db)
            pagesSinceCheckpoint += (try? retention.trim(db, limits: limits)) ?? 0
        }
        if pagesSinceCheckpoint >= StoreLimits.checkpointPages, (try? db.checkpoint(.passive)) != nil {
            pagesSinceCheckpoint = 0
        }
    }

    /// SQLite refuses to change it within a transaction, so it is set before; the same value is not set
    /// twice.
    private mutating func setSynchronous(_ value: Synchronous, _ db: Database) throws {
        if synchronous == value { return }
        try db.execute(sql: "PRAGMA synchronous = \(value.rawValue)")
        synchronous = value
    }
}
