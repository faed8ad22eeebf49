import Foundation
import Manifests
import Reconciler

@testable import StatusAPI

extension Sample {
    static let liveRun = RunID(milliseconds: 1_790_000_000_000, randomness: 0)
    static let endedRun = RunID(milliseconds: 1_789_999_000_000, randomness: 1)

    /// A path of the table with segments that there are.
    static func target(_ template: String) -> String {
        let values = [
            "/v1/revisions/": ["{id}": "3f2a9c1"], "/v1/runs/": ["{id}": liveRun.text],
            "/v1/audit/": ["{id}": "20"], "/v1/events/": ["{id}": "1"],
            "/v1/schedules/": ["{name}": "nightly"],
            "/v1/plugins/": ["{name}": "extra"], "/v1/replicas/": ["{instance}": "web", "{index}": "1"],
            "/v1/instances/": ["{name}": "web"], "/v1/units/": ["{name}": "web"],
        ]
        var target = template
        for (prefix, segments) in values where template.hasPrefix(prefix) {
            for (segment, value) in segments {
                target = target.replacingOccurrences(of: segment, with: value)
            }
        }
        return template == "/v1/resolve" ? template + "?service=web" : target
    }

    static func run(_ id: RunID, exit: ExitReport? = nil) -> RunHistoryEntry {
        RunHistoryEntry(
            run: id, slot: SlotID(instance: "web", index: 0), unit: "web@1.4.2", revision: revision,
            startHash: spec("web").startHash, specHash: spec("web").specHash, claimedAt: wall(1),
            identity: run("web", 0).identity, exit: exit)
    }
}

extension SampleSource {
    static let allEvents: [EventHistoryEntry] = (1...20).map { number in
        let id = ReplicaID(instance: number.isMultiple(of: 2) ? "web" : "db", index: 0)
        var record = EventRecord(
            kind: .starting, time: Sample.wall(number), replica: id, revision: Sample.revision,
            cause: Sample.cause, message: "event \(number)")
        if number >= 18 {
            record = EventRecord(
                kind: [.suspended, .resumed, .approved][number - 18], time: Sample.wall(number), replica: id,
                revision: Sample.revision, caller: Caller(uid: 1000, user: "ann", pid: 4242),
                message: "event \(number)")
        }
        return EventHistoryEntry(id: Int64(number), record: record)
    }

    static func fits(_ record: EventRecord, _ query: EventHistoryQuery) -> Bool {
        (query.instance.map { $0 == record.instance } ?? true)
            && (query.instances.map { $0.contains(record.instance ?? "") } ?? true)
            && (query.since.map { record.time >= $0 } ?? true)
            && (query.kinds.map { $0.contains(record.kind.rawValue) } ?? true)
            && (query.run.map { $0 == record.run } ?? true) && (!query.isAudit || record.caller != nil)
    }

    func event(_ id: Int64) async throws -> EventHistoryEntry? { Self.allEvents.first { $0.id == id } }

    func eventCount(_ query: EventHistoryQuery) async throws -> Int {
        Self.allEvents.count { Self.fits($0.record, query) }
    }

    func runs(_ query: RunHistoryQuery) async throws -> [RunHistoryEntry] {
        let before = query.before ?? RunID(text: "g")
        return Array(fitting(query).filter { $0.run < before }.prefix(query.limit))
    }

    func runCount(_ query: RunHistoryQuery) async throws -> Int { fitting(query).count }

    private func fitting(_ query: RunHistoryQuery) -> [RunHistoryEntry] {
        let ended = ExitReport(
            cause: .signaled(number: 9, coreDumped: false), oomKilled: true, startedWall: Sample.wall(0),
            endedWall: Sample.wall(1), cpuTime: .milliseconds(250), memoryPeakBytes: 4_096)
        return [Sample.run(Sample.liveRun), Sample.run(Sample.endedRun, exit: ended)].filter { entry in
            (query.run.map { $0 == entry.run } ?? true)
                && (query.instances?.contains(entry.slot.instance) ?? true)
                && (query.ending.map { ($0 == .ended) == (entry.exit != nil) } ?? true)
        }
    }

    func revisions(_ query: RevisionHistoryQuery) async throws -> [RevisionHistoryEntry] {
        let all = (1...3).reversed().map { number in
            RevisionHistoryEntry(
                id: Int64(number), revision: Sample.revision, outcome: "accepted", message: "",
                at: Sample.wall(number))
        }
        let wanted = all.filter {
            Sample.revision.id.hex.hasPrefix(query.prefix ?? "") && $0.id < query.before ?? .max
                && (query.outcome.map { outcome in outcome == "accepted" } ?? true)
        }
        return Array(wanted.prefix(query.limit))
    }

    func revisionCount(_ query: RevisionHistoryQuery) async throws -> Int { 3 }

    func logs(_ query: LogHistoryQuery) async throws -> LogHistoryPage? {
        guard query.instance == "web" else { return nil }
        var record = LogRecordDocument(
            kind: "line", time: Sample.wall(4), replica: "web/0", stream: "stdout", runId: Sample.liveRun.text
        )
        record.text = "served \(query.limit) of \(query.text ?? "all")"
        record.complete = true
        return LogHistoryPage(records: [record], older: (Sample.wall(4), query.skipped + 1))
    }

    func secrets() async -> SecretMask { mask }
}
