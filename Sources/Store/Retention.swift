import GRDB

/// Keeps history within its bounds, a small step at a time, as it grows.
struct Retention {
    private var eventsSinceTrim = StoreLimits.trimIntervalRows
    private var revisionsSinceTrim = StoreLimits.trimIntervalRows
    private var claimsSinceTrim = StoreLimits.trimIntervalRows
    private var historySinceTrim = StoreLimits.trimIntervalRows
    private var exitsSinceTrim: [String: Int] = [:]
    private var instancesDue: Set<String> = []

    mutating func note(_ written: WrittenRows) {
        eventsSinceTrim += written.events
        revisionsSinceTrim += written.revisions
        claimsSinceTrim += written.claims
        historySinceTrim += written.history
        for (instance, ended) in written.endedRuns {
            let count = exitsSinceTrim[instance, default: 0] + ended
            exitsSinceTrim[instance] = count
            if count >= StoreLimits.trimIntervalExits { instancesDue.insert(instance) }
        }
    }

    var isDue: Bool {
        eventsSinceTrim >= StoreLimits.trimIntervalRows || revisionsSinceTrim >= StoreLimits.trimIntervalRows
            || claimsSinceTrim >= StoreLimits.trimIntervalRows
            || historySinceTrim >= StoreLimits.trimIntervalRows || !instancesDue.isEmpty
    }

    /// One step of whatever is due, in a transaction of its own; says about how many pages it wrote. A step
    /// that removed as much as it may is due again after the next group.
    mutating func trim(_ db: Database, limits: StoreLimits) throws -> Int {
        var removed = 0
        var next = self
        try db.inTransaction(.immediate) {
            if next.eventsSinceTrim >= StoreLimits.trimIntervalRows {
                let count = try trimOldest(of: "event", keep: limits.eventsMax, db)
                next.eventsSinceTrim = count == StoreLimits.trimStepRows ? StoreLimits.trimIntervalRows : 0
                removed += count
            }
            if next.revisionsSinceTrim >= StoreLimits.trimIntervalRows {
                let count = try trimOldest(of: "revision", keep: limits.revisionsMax, db)
                next.revisionsSinceTrim = count == StoreLimits.trimStepRows ? StoreLimits.trimIntervalRows : 0
                removed += count
            }
            if next.historySinceTrim >= StoreLimits.trimIntervalRows {
                let count = try trimHistory(db, limits: limits)
                next.historySinceTrim = count >= StoreLimits.trimStepRows ? StoreLimits.trimIntervalRows : 0
                removed += count
            }
            removed += try next.trimRuns(db, limits: limits)
            return .commit
        }
        self = next
        return removed
    }

    private mutating func trimRuns(_ db: Database, limits: StoreLimits) throws -> Int {
        var removed = 0
        for instance in instancesDue {
            removed += try trimOldestRuns(of: instance, keep: limits.finishedRunsPerInstanceMax, db)
            exitsSinceTrim[instance] = nil
        }
        instancesDue = []
        if claimsSinceTrim >= StoreLimits.trimIntervalRows {
            removed += try trimAllRuns(keep: limits.finishedRunsMax, db)
            claimsSinceTrim = 0
        }
        // Names that came and went; their counts would pile up for ever.
        if exitsSinceTrim.count > limits.finishedRunsMax { exitsSinceTrim = [:] }
        return removed
    }
}

/// The ids of these tables grow by one a row, so the newest `keep` are found without counting.
private func trimOldest(of table: String, keep: Int, _ db: Database) throws -> Int {
    try db.execute(
        sql: """
            DELETE FROM \(table) WHERE id <= min((SELECT max(id) FROM \(table)) - ?,
                (SELECT min(id) FROM \(table)) + ?)
            """, arguments: [keep, StoreLimits.trimStepRows - 1])
    return db.changesCount
}

/// A spec that is wanted still stays, however old it is.
private func trimHistory(_ db: Database, limits: StoreLimits) throws -> Int {
    try db.execute(
        sql: """
            DELETE FROM spec_history WHERE ended_at IS NOT NULL AND id <= min(
                (SELECT max(id) FROM spec_history) - ?,
                (SELECT min(id) FROM spec_history WHERE ended_at IS NOT NULL) + ?)
            """, arguments: [limits.specsMax, StoreLimits.trimStepRows - 1])
    let removed = db.changesCount
    return removed + (try trimOldest(of: "revision_trace", keep: limits.tracesMax, db))
}

/// Run ids sort by the time of their claim.
private func trimOldestRuns(of instance: String, keep: Int, _ db: Database) throws -> Int {
    try db.execute(
        sql: """
            DELETE FROM run WHERE run IN (
                SELECT run FROM run WHERE instance = ? AND ended_at IS NOT NULL
                ORDER BY run DESC LIMIT ? OFFSET ?)
            """, arguments: [instance, StoreLimits.trimStepRows, keep])
    return db.changesCount
}

private func trimAllRuns(keep: Int, _ db: Database) throws -> Int {
    let count = try Int.fetchOne(db, sql: "SELECT count(*) FROM run") ?? 0
    guard count > keep else { return 0 }
    try db.execute(
        sql: """
            DELETE FROM run WHERE run IN (
                SELECT run FROM run WHERE ended_at IS NOT NULL ORDER BY run LIMIT ?)
            """, arguments: [min(count - keep, StoreLimits.trimStepRows)])
    return db.changesCount
}
