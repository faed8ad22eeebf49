import GRDB
package import Reconciler

/// What of one Schedule is to be remembered.
package struct ScheduleChange: Sendable {
    package var schedule: String
    /// nil: it is forgotten.
    package var memory: ScheduleMemory?
    /// What is declared changed, and not only its state.
    package var isDeclared: Bool

    package init(schedule: String, memory: ScheduleMemory?, isDeclared: Bool) {
        self.schedule = schedule
        self.memory = memory
        self.isDeclared = isDeclared
    }
}

/// The rows of Schedules, encoded before their transaction begins.
struct ScheduleRows {
    private struct Row {
        var schedule: String
        var declared: String?
        var state: String?
        var isDeclared: Bool
    }
    private var rows: [Row] = []
    private var runs: [(run: ScheduledRun, text: String)] = []
    private let forgotten: [RunID]

    var rowCount: Int { rows.count + runs.count }
    var bytes: Int {
        runs.reduce(0) { $0 + $1.text.utf8.count }
            + rows.reduce(0) { $0 + ($1.state?.utf8.count ?? 0) + ($1.declared?.utf8.count ?? 0) }
    }

    init(_ batch: StoreBatch, column: JSONColumn) throws(StoreError) {
        forgotten = batch.forgottenRuns
        for change in batch.schedules {
            var row = Row(schedule: change.schedule, isDeclared: change.isDeclared)
            if let memory = change.memory {
                row.state = try column.encode(memory.state)
                if change.isDeclared, let declared = memory.declared {
                    row.declared = try column.encode(declared)
                }
            }
            rows.append(row)
        }
        for run in batch.scheduledRuns { runs.append((run, try column.encode(run))) }
    }

    func write(to db: Database) throws {
        try writeMemories(to: db)
        try writeRuns(to: db)
        guard !forgotten.isEmpty else { return }
        let delete = try db.cachedStatement(sql: "DELETE FROM schedule_run WHERE id = ?")
        for run in forgotten { try delete.execute(arguments: [run.text]) }
    }

    private func writeMemories(to db: Database) throws {
        guard !rows.isEmpty else { return }
        let whole = try db.cachedStatement(
            sql: """
                INSERT INTO schedule_memory (schedule, declared, state) VALUES (?, ?, ?)
                ON CONFLICT (source, schedule) DO UPDATE
                SET declared = excluded.declared, state = excluded.state
                """)
        let state = try db.cachedStatement(sql: "UPDATE schedule_memory SET state = ? WHERE schedule = ?")
        let delete = try db.cachedStatement(sql: "DELETE FROM schedule_memory WHERE schedule = ?")
        for row in rows {
            if row.state == nil {
                try delete.execute(arguments: [row.schedule])
            } else if row.isDeclared {
                try whole.execute(arguments: [row.schedule, row.declared, row.state])
            } else {
                try state.execute(arguments: [row.state, row.schedule])
            }
        }
    }

    private func writeRuns(to db: Database) throws {
        guard !runs.isEmpty else { return }
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO schedule_run (id, schedule, state, recorded_at, record) VALUES (?, ?, ?, ?, ?)
                ON CONFLICT (id) DO UPDATE SET state = excluded.state, recorded_at = excluded.recorded_at,
                    record = excluded.record
                """)
        for item in runs {
            try statement.execute(arguments: [
                item.run.id.text, item.run.schedule, item.run.state.rawValue, item.run.recorded.nanoseconds,
                item.text,
            ])
        }
    }
}
