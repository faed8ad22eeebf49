import GRDB

/// What somebody asked for on the host, or approved. The word of a kind is for ever; a version that knows
/// more of them adds an index of its own.
let auditCondition =
    "kind IN ('approved', 'approvalRefused', 'suspended', 'resumed', 'rewindApproved', 'quarantineLifted')"
    + " AND (kind <> 'quarantineLifted' OR json_extract(record, '$.caller') IS NOT NULL)"

/// They are few among many events, and are looked for by themselves.
func createAuditIndex(_ db: Database) throws {
    try db.execute(
        sql: """
            CREATE INDEX event_audit ON event (id) WHERE kind IN ('approved', 'approvalRefused', 'suspended',
                'resumed', 'rewindApproved', 'quarantineLifted')
            """)
}
