import GRDB
import Manifests
import Reconciler
import Testing

@testable import Store

@Suite struct RememberingTests {
    let directory = TemporaryDirectory()

    @Test func everythingIsThereAfterReopening() async throws {
        var store = try Store(stateDirectory: directory.path)
        #expect(store.opened == Opened(created: true))
        let payload = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0) }
        let accepted = AcceptedRecord(
            revision: Sample.revision(2), acceptedAt: Sample.wall(5), payload: payload)
        try await store.commit(
            StoreBatch(
                claims: [Sample.claim(1), Sample.claim(2, index: 1), Sample.claim(3, instance: "db")],
                starts: [
                    (Sample.run(1), Sample.identity(pid: 100)), (Sample.run(3), Sample.identity(pid: 300)),
                ],
                memories: [("web", Sample.memory("web")), ("db", Sample.memory("db"))],
                events: [Sample.event(1), Sample.event(2, instance: nil)], accepted: accepted,
                revisions: [
                    RevisionRecord(
                        revision: Sample.revision(2), outcome: .accepted, message: "", at: Sample.wall(5))
                ],
                settings: ["source.ref": "main", "bootID": "boot-1"]))
        try await store.commit(
            StoreBatch(exits: [(Sample.run(3), Sample.exit(code: 3))], memories: [("db", nil)]))
        try await store.close()

        store = try Store(stateDirectory: directory.path)
        #expect(store.opened == Opened(created: false))
        let loaded = try await store.load()
        #expect(loaded.unreadable.isEmpty)
        #expect(loaded.accepted == accepted)
        #expect(loaded.settings == ["source.ref": "main", "bootID": "boot-1"])
        #expect(loaded.lastBootID == "boot-1")
        #expect(
            loaded.openRuns == [
                RunRecord(claim: Sample.claim(1), identity: Sample.identity(pid: 100)),
                RunRecord(claim: Sample.claim(2, index: 1)),
            ])
        #expect(loaded.memory.instances.keys.sorted() == ["web"])
        let web = try #require(loaded.memory.instances["web"])
        #expect(web.replicas == Sample.memory("web").replicas)
        #expect(web.lastKnownGood == [Sample.spec("web")])
        #expect(web.applied?.startCause == Sample.memory("web").applied?.startCause)
        #expect(web.applied?.desired.places == Sample.memory("web").applied?.desired.places)

        #expect(
            try await store.runs(instance: "db", limit: 10) == [
                RunRecord(
                    claim: Sample.claim(3, instance: "db"), identity: Sample.identity(pid: 300),
                    exit: Sample.exit(code: 3))
            ])
        #expect(
            try await store.runs(instance: nil, limit: 2).map(\.claim.run) == [Sample.run(3), Sample.run(2)])
        #expect(try await store.revisions(limit: 5).map(\.outcome) == [.accepted])
        #expect(
            try await store.events(EventQuery()).map(\.record) == [
                Sample.event(1), Sample.event(2, instance: nil),
            ])
        try await store.close()
    }

    @Test func aClaimMadeTwiceStaysAsItWas() async throws {
        let store = try Store(stateDirectory: directory.path)
        try await store.commit(StoreBatch(claims: [Sample.claim(1)], exits: [(Sample.run(1), Sample.exit())]))
        try await store.commit(StoreBatch(claims: [Sample.claim(1)]))
        #expect(try await store.load().openRuns.isEmpty)
        // An exit that nothing is known of is no error either.
        try await store.commit(StoreBatch(exits: [(Sample.run(9), Sample.exit())]))
        #expect(try await store.runs(instance: nil, limit: 9).count == 1)
    }

    @Test func eventsAreAskedForByCursorInstanceAndTime() async throws {
        let store = try Store(stateDirectory: directory.path)
        let events = (1...20).map { Sample.event($0, instance: $0.isMultiple(of: 2) ? "web" : "db") }
        try await store.commit(StoreBatch(events: events))
        func ids(_ query: EventQuery) async throws -> [Int64] { try await store.events(query).map(\.id) }
        #expect(try await ids(EventQuery(limit: 3)) == [18, 19, 20])
        #expect(try await ids(EventQuery(after: 0, limit: 3)) == [1, 2, 3])
        #expect(try await ids(EventQuery(after: 18)) == [19, 20])
        #expect(try await ids(EventQuery(after: 20)) == [])
        #expect(try await ids(EventQuery(instance: "web", limit: 2)) == [18, 20])
        #expect(try await ids(EventQuery(after: 2, instance: "db", limit: 2)) == [3, 5])
        #expect(try await ids(EventQuery(since: Sample.wall(18))) == [18, 19, 20])
        #expect(try await ids(EventQuery(limit: 0)) == [])
        #expect(try await ids(EventQuery(limit: -5)) == [])
    }

    @Test func oneInstanceThatCannotBeReadDoesNotHideTheOthers() async throws {
        let store = try Store(stateDirectory: directory.path)
        try await store.commit(
            StoreBatch(memories: [("web", Sample.memory("web")), ("db", Sample.memory("db"))]))
        try await store.pool.write {
            try $0.execute(sql: "UPDATE instance_memory SET memory = '{' WHERE instance = 'db'")
        }
        let loaded = try await store.load()
        #expect(loaded.memory.instances.keys.sorted() == ["web"])
        #expect(loaded.unreadable.map(\.key) == ["db"])
        #expect(loaded.unreadable.map(\.table) == ["instance_memory"])
    }
}
