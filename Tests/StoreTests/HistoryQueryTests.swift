import GRDB
import Reconciler
import Testing

@testable import Store

@Suite struct HistoryQueryTests {
    let directory = TemporaryDirectory()

    @Test func runsAreAskedForByEndInstanceTimeAndPlace() async throws {
        let store = try Store(stateDirectory: directory.path)
        try await store.commit(
            StoreBatch(
                claims: (1...6).map { Sample.claim($0, instance: $0.isMultiple(of: 2) ? "web" : "db") },
                exits: [(Sample.run(1), Sample.exit()), (Sample.run(2), Sample.exit(code: 1))]))
        func ask(_ change: (inout RunQuery) -> Void) async throws -> [RunID] {
            var query = RunQuery(limit: 10)
            change(&query)
            let found = try await store.runs(query).map(\.claim.run)
            // The place is no part of what is counted.
            query.before = nil
            #expect(try await store.count(query) >= found.count)
            return found
        }
        #expect(try await ask { $0.instances = ["web"] } == [6, 4, 2].map(Sample.run))
        #expect(try await ask { $0.instances = ["web", "db", "'"] }.count == 6)
        #expect(try await ask { $0.instances = [] } == [])
        #expect(try await ask { $0.hasEnded = true } == [2, 1].map(Sample.run))
        #expect(try await ask { $0.hasEnded = false } == [6, 5, 4, 3].map(Sample.run))
        #expect(try await ask { $0.since = Sample.wall(5) } == [6, 5].map(Sample.run))
        #expect(try await ask { $0.before = Sample.run(3) } == [2, 1].map(Sample.run))
        #expect(try await ask { $0.run = Sample.run(4) } == [Sample.run(4)])
        try await store.close()
    }

    @Test func auditIsWhatSomebodyAskedForOrApproved() async throws {
        let store = try Store(stateDirectory: directory.path)
        var events = (1...30).map { Sample.event($0) }
        let caller = Caller(uid: 0, user: "root", pid: 7)
        events += [
            EventRecord(kind: .suspended, time: Sample.wall(31), caller: caller, message: "suspended"),
            EventRecord(kind: .quarantineLifted, time: Sample.wall(32), instance: "web", message: "mended"),
            EventRecord(
                kind: .quarantineLifted, time: Sample.wall(33), instance: "web", run: Sample.run(3),
                caller: caller, message: "retried"),
            EventRecord(
                kind: .approved, time: Sample.wall(34), revision: Sample.revision(), message: "signed"),
        ]
        try await store.commit(StoreBatch(events: events))
        var query = EventQuery(limit: 10)
        query.isAudit = true
        #expect(try await store.events(query).map(\.record.message) == ["suspended", "retried", "signed"])
        #expect(try await store.count(query) == 3)
        query.before = 33
        #expect(try await store.events(query).map(\.record.message) == ["suspended"])
        let plan = try await store.read { db in
            try Row.fetchAll(
                db, sql: "EXPLAIN QUERY PLAN SELECT id FROM event WHERE \(auditCondition) ORDER BY id DESC"
            ).map { "\($0["detail"] as String)" }
        }
        #expect(plan.contains { $0.contains("event_audit") }, "\(plan)")

        var others = EventQuery(instance: "web", limit: 50)
        others.run = Sample.run(3)
        #expect(try await store.events(others).map(\.record.message) == ["retried"])
        others = EventQuery(limit: 50)
        others.kinds = ["approved", "quarantineLifted"]
        others.instances = ["web"]
        #expect(try await store.events(others).map(\.id) == [32, 33])
        others = EventQuery(limit: 3)
        others.before = 11
        #expect(try await store.events(others).map(\.id) == [8, 9, 10])
        #expect(try await store.event(7)?.record.message == "event 7")
        for id in [0, 35, Int64.max] { #expect(try await store.event(id) == nil) }
        try await store.close()
    }

    @Test func revisionsAreAskedForByIdOutcomeAndPlace() async throws {
        let store = try Store(stateDirectory: directory.path)
        let records = (1...5).map { number in
            RevisionRecord(
                revision: Sample.revision(number), outcome: number == 3 ? .invalid : .accepted, message: "",
                at: Sample.wall(number))
        }
        try await store.commit(StoreBatch(revisions: records))
        var query = RevisionQuery(limit: 2)
        #expect(try await store.revisions(query).map(\.id) == [5, 4])
        query.before = 4
        #expect(try await store.revisions(query).map(\.id) == [3, 2])
        #expect(try await store.count(query) == 5)
        query = RevisionQuery(limit: 9)
        query.outcome = "invalid"
        #expect(try await store.revisions(query).map(\.record.revision) == [Sample.revision(3)])
        query = RevisionQuery(limit: 9)
        query.prefix = String(Sample.revision(2).id.hex)
        #expect(try await store.revisions(query).map(\.id) == [2])
        query.prefix = "ffff"
        #expect(try await store.revisions(query).isEmpty)
        try await store.close()
    }
}
