import GRDB

/// Times are nanoseconds since 1970. Keys and what is asked for are columns; the rest of a value is JSON.
func createFirstSchema(_ db: Database) throws {
    for statement in firstSchema { try db.execute(sql: statement) }
}

/// `source` is part of every key of the desired state: there is one now, more can come.
private let firstSchema = [
    """
    CREATE TABLE setting (
        name TEXT NOT NULL PRIMARY KEY,
        value TEXT NOT NULL
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE instance_memory (
        source TEXT NOT NULL DEFAULT 'default',
        instance TEXT NOT NULL,
        memory TEXT NOT NULL,
        PRIMARY KEY (source, instance)
    )
    """,
    """
    CREATE TABLE accepted_snapshot (
        source TEXT NOT NULL DEFAULT 'default' PRIMARY KEY,
        revision_id TEXT NOT NULL,
        revision TEXT NOT NULL,
        accepted_at INTEGER NOT NULL,
        payload BLOB NOT NULL
    )
    """,
    """
    CREATE TABLE run (
        run TEXT NOT NULL PRIMARY KEY,
        instance TEXT NOT NULL,
        replica INTEGER NOT NULL,
        slot TEXT NOT NULL,
        unit TEXT NOT NULL,
        start_hash TEXT NOT NULL,
        spec_hash TEXT NOT NULL,
        nonce TEXT NOT NULL,
        revision TEXT NOT NULL,
        claimed_at INTEGER NOT NULL,
        boot_id TEXT NOT NULL,
        identity TEXT,
        exit TEXT,
        ended_at INTEGER
    ) WITHOUT ROWID
    """,
    "CREATE INDEX run_by_instance ON run (instance, run)",
    "CREATE INDEX run_open ON run (run) WHERE ended_at IS NULL",
    """
    CREATE TABLE event (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        time INTEGER NOT NULL,
        kind TEXT NOT NULL,
        instance TEXT,
        record TEXT NOT NULL
    )
    """,
    "CREATE INDEX event_by_instance ON event (instance, id)",
    """
    CREATE TABLE revision (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        source TEXT NOT NULL DEFAULT 'default',
        revision_id TEXT NOT NULL,
        revision TEXT NOT NULL,
        outcome TEXT NOT NULL,
        message TEXT NOT NULL,
        at INTEGER NOT NULL
    )
    """,
]
