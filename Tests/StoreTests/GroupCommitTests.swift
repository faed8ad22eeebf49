import GRDB
import Reconciler
import Synchronization
import Testing

@testable import Store

@Suite struct GroupCommitTests {
    let directory = TemporaryDirectory()

    @Test func manyCommitsShareFewTransactions() async throws {
        let store = try Store(stateDirectory: directory.path)
        let count = 1000
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<count {
                group.addTask {
                    try await store.commit(StoreBatch(claims: [Sample.claim(number)]))
                    guard number.isMultiple(of: 100) else { return }
                    let known = try await store.runs(instance: nil, limit: count).map(\.claim.run)
                    #expect(known.contains(Sample.run(number)))
                }
            }
            try await group.waitForAll()
        }
        #expect(try await store.load().openRuns.count == count)
        print("1,000 concurrent commits took \(store.groupsWritten) transactions")
        #expect(store.groupsWritten < count / 2)
    }

    @Test func theOrderOfCallsIsTheOrderOfEvents() async throws {
        let store = try Store(stateDirectory: directory.path)
        await withCheckedContinuation { continuation in
            for number in 1...500 {
                store.enqueue(StoreBatch(events: [Sample.event(number)])) { result in
                    if case .failure(let error) = result { Issue.record(error) }
                    if number == 500 { continuation.resume() }
                }
            }
        }
        let messages = try await store.events(EventQuery(limit: 1000)).map(\.record.message)
        #expect(messages == (1...500).map { "event \($0)" })
    }

    @Test func aBatchWithoutJSONFormIsRefusedAlone() async throws {
        let store = try Store(stateDirectory: directory.path)
        let bad = Task {
            try await store.commit(
                StoreBatch(memories: [("web", Sample.memory("web", factor: .nan))], events: [Sample.event(1)])
            )
        }
        try await store.commit(StoreBatch(memories: [("db", Sample.memory("db"))]))
        await #expect(throws: StoreError.self) { try await bad.value }
        #expect(try await store.load().memory.instances.keys.sorted() == ["db"])
        #expect(try await store.events(EventQuery()).isEmpty)
    }

    @Test func moreThanTheBoundIsRefused() async throws {
        var limits = StoreLimits()
        limits.pendingBatchesMax = 10
        let store = try Store(stateDirectory: directory.path, limits: limits)
        let results = Mutex<[Result<Void, StoreError>]>([])
        // The writer is kept busy, so that batches pile up behind it.
        try await store.pool.writeWithoutTransaction { _ in
            for number in 0..<15 {
                store.enqueue(StoreBatch(events: [Sample.event(number)])) { result in
                    results.withLock { $0.append(result) }
                }
            }
        }
        try await store.close()
        let refused = results.withLock { list in
            list.filter { if case .failure(.overloaded(pendingMax: 10)) = $0 { true } else { false } }
        }
        #expect(refused.count == 5)
        #expect(results.withLock { $0.count } == 15)
    }

    @Test func aClosedStoreSaysSo() async throws {
        let store = try Store(stateDirectory: directory.path)
        try await store.commit(StoreBatch(events: [Sample.event(1)]))
        try await store.close()
        try await store.close()
        await #expect(throws: StoreError.closed) {
            try await store.commit(StoreBatch(events: [Sample.event(2)]))
        }
        await #expect(throws: StoreError.self) { _ = try await store.load() }
        // All of it is in the one file.
        #expect(size(of: directory.database + "-wal") ?? 0 == 0)
    }

    @Test func whatItCosts() async throws {
        let store = try Store(stateDirectory: directory.path)
        let clock = ContinuousClock()
        let claims = (0..<1000).map { Sample.claim($0, index: $0) }
        let batch = try await clock.measure { try await store.commit(StoreBatch(claims: claims)) }
        print("one batch of 1,000 claims: \(milliseconds(batch))")
        var single: [Duration] = []
        for number in 1000..<1200 {
            single.append(
                try await clock.measure { try await store.commit(StoreBatch(claims: [Sample.claim(number)])) }
            )
        }
        single.sort()
        print("one claim: median \(milliseconds(single[100])), p99 \(milliseconds(single[197]))")
        var normal: [Duration] = []
        for number in 0..<200 {
            normal.append(
                try await clock.measure { try await store.commit(StoreBatch(events: [Sample.event(number)])) }
            )
        }
        normal.sort()
        print("one event: median \(milliseconds(normal[100])), p99 \(milliseconds(normal[197]))")
        let memories = (0..<1000).map { ("web\($0)", Sample.memory("web\($0)")) }
        let write = try await clock.measure { try await store.commit(StoreBatch(memories: memories)) }
        let load = try await clock.measure { _ = try await store.load() }
        print("memory of 1,000 instances: written in \(milliseconds(write)), loaded in \(milliseconds(load))")
        let loaded = try await store.load()
        #expect(loaded.memory.instances.count == 1000 && loaded.openRuns.count == 1200)
    }
}
