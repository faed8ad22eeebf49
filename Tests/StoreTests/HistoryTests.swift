import GRDB
import Reconciler
import Testing

@testable import Store

/// What is kept of specs and revisions for those who ask later.
@Suite struct HistoryTests {
    let directory = TemporaryDirectory()

    private func record(_ number: Int, of instance: String = "web") -> SpecRecord {
        SpecRecord(
            instance: instance, unit: "web@1.4.2", specHash: SpecHash(hex: "hash \(number)"), nonce: "",
            revision: Sample.revision(number), changes: [], wantedAt: Sample.wall(number))
    }

    private func open(_ record: SpecRecord, _ progress: SpecProgress) -> OpenSpec {
        OpenSpec(
            instance: record.instance, specHash: record.specHash, nonce: record.nonce,
            wantedAt: record.wantedAt, progress: progress)
    }

    @Test func specsGoOnFromBatchToBatchAndOverARestart() async throws {
        var store = try Store(stateDirectory: directory.path)
        var batch = StoreBatch()
        batch.specs = [.began(record(1)), .began(record(1, of: "db"))]
        try await store.commit(batch)
        try await store.close()
        store = try Store(stateDirectory: directory.path)
        let known = try await store.load().openSpecs
        #expect(known.map(\.instance) == ["web", "db"])
        #expect(known.map(\.progress.outcome) == [.current, .current])

        batch = StoreBatch()
        let good = SpecProgress(
            outcome: .good, readyAt: Sample.wall(2), provenAt: Sample.wall(3), endedAt: Sample.wall(4))
        // One that goes on and one that begins, in the batch of one turn of the loop.
        batch.specs = [.went(open(record(1), good)), .began(record(4))]
        try await store.commit(batch)
        let specs = try await store.specs(of: "web", limit: 10)
        #expect(specs.map(\.specHash.hex) == ["hash 4", "hash 1"])
        #expect(specs[1].progress == good)
        #expect(try await store.specs(of: "web", limit: 1).count == 1)
        #expect(try await store.load().openSpecs.map(\.specHash.hex) == ["hash 1", "hash 4"])
        try await store.close()
    }

    @Test func aTraceIsOneRowARevisionAndIsFoundByItsFirstDigits() async throws {
        let store = try Store(stateDirectory: directory.path)
        var trace = RevisionTrace(revision: Sample.revision(7), bootID: "boot")
        for stage in [RevisionTrace.Stage.seen, .planned, .healthy] {
            trace.mark(stage, wall: Sample.wall(1), instant: Instant(nanoseconds: 1))
            var batch = StoreBatch()
            batch.traces = [trace]
            try await store.commit(batch)
        }
        let id = Sample.revision(7).id.hex
        #expect(try await store.traces(prefix: id, limit: 2).map { $0.marks.count } == [3])
        #expect(try await store.traces(prefix: "0000", limit: 2).count == 1)
        #expect(try await store.traces(prefix: "0001", limit: 2).isEmpty)
        try await store.close()
    }

    @Test func bothAreBoundedAndWhatIsWantedStays() async throws {
        var limits = StoreLimits()
        limits.specsMax = 300
        limits.tracesMax = 40
        let store = try Store(stateDirectory: directory.path, limits: limits)
        for round in 0..<40 {
            var batch = StoreBatch()
            for number in (0..<50).map({ round * 50 + $0 }) {
                let record = record(number, of: number == 0 ? "quiet" : "web")
                batch.specs.append(.began(record))
                if number > 0 {
                    let ended = SpecProgress(outcome: .superseded, endedAt: Sample.wall(number))
                    batch.specs.append(.went(open(record, ended)))
                }
            }
            batch.traces = [RevisionTrace(revision: Sample.revision(round), bootID: "boot")]
            try await store.commit(batch)
        }
        let kept = try await store.pool.read {
            try Int.fetchOne($0, sql: "SELECT count(*) FROM spec_history")
        }
        #expect((300...301 + StoreLimits.trimIntervalRows + 50).contains(kept ?? 0), "\(kept ?? 0)")
        #expect(try await store.specs(of: "quiet", limit: 5).count == 1, "it is wanted still")
        #expect(try await store.specs(of: "web", limit: 1).first?.specHash.hex == "hash 1999")
        try await store.close()
    }
}
