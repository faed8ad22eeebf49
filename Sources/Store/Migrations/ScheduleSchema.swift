import GRDB

/// What is remembered of Schedules, and the history of their runs.
func createScheduleSchema(_ db: Database) throws {
    for statement in scheduleSchema { try db.execute(sql: statement) }
}

/// What was declared changes with commits, the state with each firing: they are columns of their own. The
/// claim of a nominal time is a part of the state.
private let scheduleSchema = [
    """
    CREATE TABLE schedule_memory (
        source TEXT NOT NULL DEFAULT 'default',
        schedule TEXT NOT NULL,
        declared TEXT,
        state TEXT NOT NULL,
        PRIMARY KEY (source, schedule)
    )
    """,
    """
    CREATE TABLE schedule_run (
        id TEXT NOT NULL PRIMARY KEY,
        schedule TEXT NOT NULL,
        state TEXT NOT NULL,
        recorded_at INTEGER NOT NULL,
        record TEXT NOT NULL
    ) WITHOUT ROWID
    """,
    "CREATE INDEX schedule_run_by_schedule ON schedule_run (schedule, id)",
]
