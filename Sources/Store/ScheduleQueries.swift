import FoundationEssentials
import GRDB
package import Reconciler

extension Store {
    /// The newest first, by the time of their claims. `after` need not be the id of a line.
    package func scheduledRuns(_ query: ScheduledRunQuery) async throws(StoreError) -> ScheduledRunPage {
        try await read { db in
            var filter = query.filter
            let total =
                try Int.fetchOne(
                    db, sql: "SELECT count(*) FROM schedule_run \(filter.sql)", arguments: filter.arguments)
                ?? 0
            if let after = query.after { filter.add("id < ?", after.text) }
            let limit = bounded(query.limit)
            var runs = try fetchRuns(db, filter, limit: limit + 1)
            let hasMore = runs.count > limit
            if hasMore { runs.removeLast() }
            return ScheduledRunPage(runs: runs, total: total, hasMore: hasMore)
        }
    }

    /// nil: there is none, it is forgotten, or a newer version wrote it.
    package func scheduledRun(_ id: RunID) async throws(StoreError) -> ScheduledRun? {
        try await read { db in
            var filter = RowFilter()
            filter.add("id = ?", id.text)
            return try fetchRuns(db, filter, limit: 1).first
        }
    }

    /// Lines that a Schedule's history keeps no longer, some of them.
    package func expiredScheduledRuns(
        of schedule: String, keep: Int, keepFailed: Int, before begin: WallTime
    ) async throws(StoreError) -> [ScheduledRun] {
        try await read { db in
            var found: [String: ScheduledRun] = [:]
            // What ran well, what failed, what was not started: each kind pushes out its own.
            for (states, keep) in [
                (ScheduledRun.State.ranWell, keep), (ScheduledRun.State.ranBadly, keepFailed),
                (ScheduledRun.State.neverRan, keep),
            ] {
                var filter = RowFilter()
                filter.add("schedule = ?", schedule)
                filter.add("state", in: Set(states.map(\.rawValue)))
                for run in try fetchRuns(db, filter, limit: StoreLimits.trimStepRows, offset: keep) {
                    found[run.id.text] = run
                }
                filter.add("recorded_at < ?", begin.nanoseconds)
                for run in try fetchRuns(db, filter, limit: StoreLimits.trimStepRows) {
                    found[run.id.text] = run
                }
            }
            return found.values.sorted { $0.id < $1.id }
        }
    }

    /// Every Schedule that has a line.
    package func schedulesInHistory() async throws(StoreError) -> [String] {
        try await read { db in
            try String.fetchAll(db, sql: "SELECT DISTINCT schedule FROM schedule_run ORDER BY schedule")
        }
    }
}

private func fetchRuns(
    _ db: Database, _ filter: RowFilter, limit: Int, offset: Int = 0
) throws -> [ScheduledRun] {
    let cursor = try Row.fetchCursor(
        db,
        sql: "SELECT record FROM schedule_run \(filter.sql) ORDER BY id DESC LIMIT \(limit) OFFSET \(offset)",
        arguments: filter.arguments)
    let column = JSONColumn()
    var runs: [ScheduledRun] = []
    while let row = try cursor.next() {
        // One that a newer version wrote otherwise is left out; nothing is decided by it.
        guard let run = try? column.decode(ScheduledRun.self, from: row["record"] as Data) else { continue }
        runs.append(run)
    }
    return runs
}

extension ScheduledRunQuery {
    /// All but where a page begins.
    fileprivate var filter: RowFilter {
        var filter = RowFilter()
        if let schedule { filter.add("schedule = ?", schedule) }
        if let schedules { filter.add("schedule", in: schedules) }
        if !states.isEmpty { filter.add("state", in: Set(states.map(\.rawValue))) }
        if let since { filter.add("recorded_at >= ?", since.nanoseconds) }
        return filter
    }
}

extension RowReader {
    mutating func schedules(_ db: Database) throws -> [String: ScheduleMemory] {
        var found: [String: ScheduleMemory] = [:]
        let cursor = try Row.fetchCursor(db, sql: "SELECT schedule, declared, state FROM schedule_memory")
        while let row = try cursor.next() {
            let name: String = row["schedule"]
            guard let state: ScheduleState = value(row["state"], table: "schedule_memory", key: name) else {
                continue
            }
            var memory = ScheduleMemory(state: state)
            if let data: Data = row["declared"] {
                memory.declared = value(data, table: "schedule_memory", key: name)
            }
            found[name] = memory
        }
        return found
    }
}
