import GRDB

/// What was wanted of each Instance, and how far each revision got: for people, nothing is decided by it.
func createHistorySchema(_ db: Database) throws {
    for statement in historySchema { try db.execute(sql: statement) }
}

private let historySchema = [
    """
    CREATE TABLE spec_history (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        source TEXT NOT NULL DEFAULT 'default',
        instance TEXT NOT NULL,
        spec_hash TEXT NOT NULL,
        nonce TEXT NOT NULL,
        wanted_at INTEGER NOT NULL,
        ended_at INTEGER,
        progress TEXT NOT NULL,
        record TEXT NOT NULL
    )
    """,
    "CREATE INDEX spec_history_by_instance ON spec_history (instance, id)",
    "CREATE INDEX spec_history_open ON spec_history (instance) WHERE ended_at IS NULL",
    """
    CREATE TABLE revision_trace (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        source TEXT NOT NULL DEFAULT 'default',
        revision_id TEXT NOT NULL,
        record TEXT NOT NULL,
        UNIQUE (source, revision_id)
    )
    """,
]
