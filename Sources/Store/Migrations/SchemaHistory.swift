import GRDB

/// The database's schema, as a history of additive steps.
///
/// The rule, because an agent may be downgraded at any time: a step only adds tables, columns that are
/// nullable or have a default, and indexes. It never renames, removes, tightens or gives a column a new
/// meaning, and a step that was released is never edited. So an older version finds everything that it knows;
/// steps that it does not know are left alone. The same holds for the JSON columns: a field that comes later
/// is optional when decoded.
enum SchemaHistory {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1-runs-memory-history") { try createFirstSchema($0) }
        migrator.registerMigration("history-of-specs-and-revisions") { try createHistorySchema($0) }
        migrator.registerMigration("index-of-audit") { try createAuditIndex($0) }
        migrator.registerMigration("schedules") { try createScheduleSchema($0) }
        return migrator
    }
}
