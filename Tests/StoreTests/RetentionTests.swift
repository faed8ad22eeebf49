import Reconciler
import Testing

@testable import Store

@Suite struct RetentionTests {
    let directory = TemporaryDirectory()

    @Test func historyIsBounded() async throws {
        var limits = StoreLimits()
        limits.eventsMax = 700
        limits.revisionsMax = 50
        limits.finishedRunsPerInstanceMax = 20
        limits.finishedRunsMax = 400
        let store = try Store(stateDirectory: directory.path, limits: limits)
        for round in 0..<60 {
            let numbers = (0..<50).map { round * 50 + $0 }
            let revision = RevisionRecord(
                revision: Sample.revision(round), outcome: .unchanged, message: "", at: Sample.wall(round))
            try await store.commit(
                StoreBatch(
                    claims: numbers.map { Sample.claim($0, instance: "web\($0 % 2)") },
                    exits: numbers.dropFirst(2).map { (Sample.run($0), Sample.exit()) },
                    events: numbers.map { Sample.event($0) },
                    revisions: (0..<25).map { _ in revision }))
        }
        let events = try await store.events(EventQuery(limit: 5000))
        #expect((700...700 + StoreLimits.trimIntervalRows).contains(events.count), "\(events.count)")
        #expect(events.last?.record.message == "event 2999")
        // Ids are never used again, so a reader's cursor stays good.
        #expect(events.last?.id == 3000)
        let revisions = try await store.revisions(limit: 5000)
        #expect((50...50 + StoreLimits.trimIntervalRows).contains(revisions.count), "\(revisions.count)")
        let runs = try await store.runs(instance: "web1", limit: 5000)
        let finished = runs.count { $0.exit != nil }
        #expect((20...20 + 25).contains(finished), "\(finished)")
        #expect(finished == 20 || runs.first { $0.exit != nil }?.claim.run == Sample.run(2999))
        // What has not ended is never trimmed.
        #expect(runs.count { $0.exit == nil } == 60)
    }

    @Test func instancesThatComeAndGoAreBoundedToo() async throws {
        var limits = StoreLimits()
        limits.finishedRunsMax = 400
        let store = try Store(stateDirectory: directory.path, limits: limits)
        for number in 0..<40 {
            let numbers = (0..<50).map { number * 50 + $0 }
            try await store.commit(
                StoreBatch(
                    claims: numbers.map { Sample.claim($0, instance: "job\($0)") },
                    exits: numbers.map { (Sample.run($0), Sample.exit()) }))
        }
        let count = try await store.runs(instance: nil, limit: 5000).count
        #expect((400...400 + StoreLimits.trimIntervalRows).contains(count), "\(count)")
    }
}
