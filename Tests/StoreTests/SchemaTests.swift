import GRDB
import Reconciler
import Testing

@testable import Store

@Suite struct SchemaTests {
    let directory = TemporaryDirectory()

    /// What a newer agent may have done before it was downgraded to this one.
    @Test func aNewerSchemaIsNoObstacle() async throws {
        var store = try Store(stateDirectory: directory.path)
        try await store.commit(
            StoreBatch(
                claims: [Sample.claim(1)], memories: [("web", Sample.memory("web"))],
                events: [Sample.event(1)]))
        try await store.pool.write { db in
            var newer = SchemaHistory.migrator
            newer.registerMigration("2-from-the-future") { _ in }
            try db.execute(
                sql: """
                    INSERT INTO grdb_migrations (identifier) VALUES ('2-from-the-future');
                    ALTER TABLE run ADD COLUMN cgroup TEXT;
                    ALTER TABLE event ADD COLUMN severity INTEGER NOT NULL DEFAULT 0;
                    CREATE TABLE quarantine (spec_hash TEXT PRIMARY KEY);
                    INSERT INTO event (time, kind, instance, record)
                        VALUES (1, 'fromTheFuture', 'web', '{"kind":"fromTheFuture","time":{"nanoseconds":1},"message":"x"}');
                    """)
        }
        try await store.close()
        store = try Store(stateDirectory: directory.path)
        #expect(store.opened == Opened(created: false))
        let loaded = try await store.load()
        #expect(loaded.openRuns.map(\.claim) == [Sample.claim(1)])
        #expect(loaded.memory.instances.keys.sorted() == ["web"])
        try await store.commit(
            StoreBatch(
                claims: [Sample.claim(2)], exits: [(Sample.run(1), Sample.exit())], events: [Sample.event(2)])
        )
        #expect(try await store.load().openRuns.map(\.claim) == [Sample.claim(2)])
        // The event of a kind that is unknown here is left out, and stays in the file.
        #expect(try await store.events(EventQuery()).map(\.id) == [1, 3])
        #expect(try await store.pool.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM event") } == 3)
        try await store.close()
    }

    @Test func theFileIsReadableByItsOwnerAlone() async throws {
        let store = try Store(stateDirectory: directory.path)
        try await store.commit(StoreBatch(events: [Sample.event(1)]))
        for name in ["plumb.db", "plumb.db-wal", "plumb.db-shm"] {
            #expect(permissions(of: directory.path + "/" + name) == 0o600, "\(name)")
        }
    }
}
