import Manifests
import Reconciler
import TestKit
import Testing

/// What is remembered of each spec and each revision, for those who ask later.
struct HistoryRecorderTests {
    private static let unit = Declared.unit("web", "config: {fields: [{name: fps, type: int, default: 1}]}")

    /// A host with its recorder, told of everything after each step.
    private struct Watched {
        var host = SimulatedHost()
        var recorder = HistoryRecorder(bootID: "boot")
        var records: [SpecRecord] = []
        var traces: [RevisionTrace] = []

        mutating func commit(_ spec: String?) throws {
            let instance = spec.map { ["web.yaml": Declared.instance("web", of: "web@^1", $0) + "\n"] } ?? [:]
            let source = DeclaredSource(
                ["unit.yaml": HistoryRecorderTests.unit + "\n"].merging(instance) { $1 })
            let desired = try host.candidate(source)
            recorder.seen(desired.revision, at: host.clock.moment)
            host.clock.advance(by: .milliseconds(3))
            recorder.passed(.decoded, desired.revision.id, at: host.clock.moment)
            host.accept(desired)
            recorder.accepted(desired.revision, at: host.clock.moment)
            recorder.planned(at: host.clock.moment)
            note()
        }

        mutating func settle(_ span: Duration = .zero) throws {
            try host.settle()
            note()
            try host.advance(by: span)
            note()
        }

        mutating func note() {
            var memories: [(String, InstanceMemory?)] = []
            for (name, memory) in host.world.memory.instances { memories.append((name, memory)) }
            if memories.isEmpty { memories.append(("web", nil)) }
            recorder.note(
                memories: memories, events: host.takeEvents(), in: host.world, at: host.clock.moment)
            let changes = recorder.take()
            for change in changes.specs {
                switch change {
                case .began(let record): records.append(record)
                case .went(let open):
                    let index = records.lastIndex { $0.wantedAt == open.wantedAt }
                    if let index { records[index].progress = open.progress }
                }
            }
            for trace in changes.traces {
                traces.removeAll { $0.revision.id == trace.revision.id }
                traces.append(trace)
            }
        }
    }

    @Test(
        "A spec that proved healthy is good, one that is overtaken is superseded, one without file withdrawn")
    func outcomes() throws {
        var watched = Watched()
        try watched.commit("")
        try watched.settle(.seconds(120))
        #expect(watched.records.map(\.progress.outcome) == [.good])
        #expect(watched.records[0].progress.readyAt != nil && watched.records[0].progress.endedAt == nil)
        try watched.commit("config: {fps: 2}")
        try watched.settle()
        try watched.commit("config: {fps: 3}")
        try watched.settle()
        try watched.commit(nil)
        try watched.settle()
        #expect(watched.records.map(\.progress.outcome) == [.good, .superseded, .withdrawn])
        let ended = watched.records.map { $0.progress.endedAt != nil }
        #expect(ended == [true, true, true])
        #expect(watched.records.map(\.revision) == (1...3).map { Revision.numbered($0) })
        #expect(
            watched.records.map { $0.changes.map(\.text) } == [
                [], ["spec.config.fps 1 → 2"], ["spec.config.fps 2 → 3"],
            ])
    }

    @Test("Scaling and labels are no other spec; a new nonce is one") func sameSpec() throws {
        var watched = Watched()
        try watched.commit("")
        try watched.settle()
        try watched.commit("replicas: 3")
        try watched.settle()
        #expect(watched.records.count == 1)
        try watched.commit("replicas: 3\nrestartNonce: again")
        try watched.settle()
        #expect(watched.records.count == 2)
        #expect(watched.records[1].changes.map(\.path) == ["spec.restartNonce"])
    }

    @Test("A spec that is not started again gave up") func gaveUp() throws {
        var watched = Watched()
        try watched.commit("restart: {maxRetries: 0}")
        try watched.settle()
        watched.host.crash("web")
        try watched.settle()
        #expect(watched.records.map(\.progress.outcome) == [.gaveUp])
    }

    @Test("A spec that failed here is rolled back, and its revision is no success") func rolledBack() throws {
        var watched = Watched()
        try watched.commit("")
        try watched.settle(.seconds(600))
        try watched.commit("config: {fps: 2}")
        try watched.settle()
        for _ in 0..<3 {
            watched.host.crash("web")
            try watched.settle(.seconds(30))
        }
        try watched.settle(.seconds(600))
        #expect(watched.records.map(\.progress.outcome) == [.good, .rolledBack])
        let trace = try #require(watched.traces.first { $0.revision == .numbered(2) })
        #expect(trace.has(.rolledBack) && !trace.has(.healthy))
    }

    @Test("A trace has each stage once, in order, up to healthy") func trace() throws {
        var watched = Watched()
        try watched.commit("replicas: 2")
        try watched.settle(.seconds(120))
        let trace = try #require(watched.traces.first)
        #expect(
            trace.marks.map(\.stage) == [
                .seen, .decoded, .accepted, .planned, .executing, .ready, .healthy,
            ])
        #expect(trace.instances == 1 && trace.outcome == .accepted)
        let instants = trace.marks.map(\.instant)
        #expect(instants == instants.sorted())
        #expect(trace.marks[1].instant - trace.marks[0].instant == .milliseconds(3))
    }

    @Test("An Instance of another host is none that a revision changed here") func elsewhere() throws {
        var watched = Watched()
        try watched.commit("")
        try watched.settle(.seconds(120))
        let desired = try watched.host.candidate(
            DeclaredSource([
                "unit.yaml": Self.unit + "\n",
                "web.yaml": Declared.instance("web", of: "web@^1", "config: {fps: 4}") + "\n",
            ]))
        watched.recorder.seen(desired.revision, at: watched.host.clock.moment)
        watched.host.accept(desired)
        watched.recorder.accepted(desired.revision, at: watched.host.clock.moment)
        watched.recorder.planned(at: watched.host.clock.moment)
        let web = watched.host.world.memory.instances["web"]
        watched.recorder.note(
            memories: [("web", web), ("elsewhere", nil)], events: [], in: watched.host.world,
            at: watched.host.clock.moment)
        #expect(watched.recorder.take().traces.last?.instances == 1)
    }

    @Test("A revision that is overtaken says by which; one that touches nothing is never ready")
    func overtaken()
        throws
    {
        var watched = Watched()
        try watched.commit("")
        try watched.commit("config: {fps: 2}")
        try watched.settle(.seconds(120))
        let first = try #require(watched.traces.first { $0.revision == .numbered(1) })
        #expect(first.supersededBy == .numbered(2))
        try watched.commit("config: {fps: 2}")
        try watched.settle(.seconds(120))
        let third = try #require(watched.traces.first { $0.revision == .numbered(3) })
        #expect(third.instances == 0)
        #expect(third.marks.map(\.stage) == [.seen, .decoded, .accepted, .planned])
    }

    @Test("An agent that comes back goes on with the same row, and begins one for what it does not know")
    func comeBack() throws {
        var watched = Watched()
        try watched.commit("")
        try watched.settle()
        let known = watched.records[0]
        let open = OpenSpec(
            instance: "web", specHash: known.specHash, nonce: known.nonce, wantedAt: known.wantedAt,
            progress: known.progress)
        var next = HistoryRecorder(bootID: "boot", open: [open], trace: watched.traces.first)
        next.resume(watched.host.world.memory, at: watched.host.clock.moment)
        #expect(next.take().specs.isEmpty)
        var stranger = HistoryRecorder(bootID: "boot")
        stranger.resume(watched.host.world.memory, at: watched.host.clock.moment)
        guard case .began(let record)? = stranger.take().specs.first else { throw Declared.NotThere() }
        #expect(record.isOlder == true && record.specHash == known.specHash)
    }

    @Test("What is overtaken while it waits is superseded; what was refused before stays refused")
    func superseded() throws {
        var recorder = HistoryRecorder(bootID: "boot")
        let moment = ManualClock().moment
        for number in 1...4 { recorder.seen(.numbered(number), at: moment) }
        recorder.refused(Revision.numbered(1).id, outcome: .invalid)
        recorder.passed(.paced, Revision.numbered(2).id, at: moment)
        _ = recorder.take()
        recorder.accepted(.numbered(3), at: moment)
        let traces = recorder.take().traces
        #expect(traces.map(\.revision.id) == [Revision.numbered(2).id])
        let waited = try #require(traces.first)
        #expect(waited.outcome == .superseded && waited.has(.paced))
        #expect(waited.supersededBy == .numbered(3))
        recorder.accepted(.numbered(4), at: moment)
        #expect(recorder.take().traces.filter { $0.outcome == .superseded }.isEmpty)
    }

    @Test("A fetch of long ago is not the one that brought a revision") func fetched() throws {
        var clock = ManualClock()
        var recorder = HistoryRecorder(bootID: "boot")
        recorder.fetched(at: clock.moment)
        clock.advance(by: .seconds(30))
        // The kernel tells of the ref before git has ended.
        let seen = clock.moment
        recorder.seen(.numbered(1), at: seen)
        clock.advance(by: .milliseconds(4))
        recorder.fetched(at: clock.moment)
        recorder.refused(Revision.numbered(1).id, outcome: .invalid)
        let first = try #require(recorder.take().traces.first)
        #expect(first.marks.first { $0.stage == .fetched }?.instant == seen.instant)
        // Or after it.
        let told = clock.moment
        clock.advance(by: .milliseconds(4))
        recorder.seen(.numbered(2), at: clock.moment)
        recorder.refused(Revision.numbered(2).id, outcome: .invalid)
        let second = try #require(recorder.take().traces.first)
        #expect(second.marks.first { $0.stage == .fetched }?.instant == told.instant)
    }

    @Test("Revisions that are never decided do not pile up") func bounded() {
        var recorder = HistoryRecorder(bootID: "boot")
        let moment = ManualClock().moment
        for number in 1...1_000 { recorder.seen(.numbered(number), at: moment) }
        recorder.refused(Revision.numbered(1).id, outcome: .invalid)
        let traces = recorder.take().traces
        #expect(traces.count == 992 && traces.allSatisfy { $0.outcome == .superseded }, "the oldest let go")
        recorder.refused(Revision.numbered(1_000).id, outcome: .invalid)
        #expect(recorder.take().traces.map(\.outcome) == [.invalid])
    }
}
