import Manifests
import Reconciler
import StatusAPI
import TestKit

/// Answers a status server's questions out of a fixed state.
struct GoldenSource: StatusSource {
    let golden: GoldenState

    func state() async -> AgentState { golden.state }

    private var entries: [EventHistoryEntry] {
        golden.history.events.enumerated().map {
            EventHistoryEntry(id: Int64($0.offset + 1), record: $0.element)
        }
    }

    private func fits(_ entry: EventHistoryEntry, _ query: EventHistoryQuery) -> Bool {
        let record = entry.record
        return (query.instance.map { $0 == record.instance } ?? true)
            && (query.instances.map { $0.contains(record.instance ?? "") } ?? true)
            && (query.since.map { record.time >= $0 } ?? true)
            && (query.kinds.map { $0.contains(record.kind.rawValue) } ?? true)
            && (query.run.map { $0 == record.run } ?? true) && (!query.isAudit || record.caller != nil)
    }

    func events(_ query: EventHistoryQuery) async throws -> [EventHistoryEntry] {
        let fitting = entries.filter {
            fits($0, query) && $0.id > query.after ?? 0 && $0.id < query.before ?? .max
        }
        return Array(query.after == nil ? fitting.suffix(query.limit) : fitting.prefix(query.limit))
    }

    func event(_ id: Int64) async throws -> EventHistoryEntry? { entries.first { $0.id == id } }

    func eventCount(_ query: EventHistoryQuery) async throws -> Int { entries.count { fits($0, query) } }

    func specs(of instance: String, limit: Int) async throws -> [SpecRecord] {
        Array(golden.history.specs.filter { $0.instance == instance }.reversed().prefix(limit))
    }

    func traces(prefix: String, limit: Int) async throws -> [RevisionTrace] {
        Array(golden.history.traces.reversed().filter { $0.revision.id.hex.hasPrefix(prefix) }.prefix(limit))
    }

    private var live: [ObservedRun] { golden.state.observed.runs.values.sorted { $0.slot < $1.slot } }

    func runs(_ query: RunHistoryQuery) async throws -> [RunHistoryEntry] {
        let before = query.before
        let older = fitting(query).filter { entry in before.map { entry.run < $0 } ?? true }
        return Array(older.prefix(query.limit))
    }

    func runCount(_ query: RunHistoryQuery) async throws -> Int { fitting(query).count }

    /// Those that live, and what replicas remember of those that ended.
    private func fitting(_ query: RunHistoryQuery) -> [RunHistoryEntry] {
        var all = live.map { run in
            RunHistoryEntry(
                run: run.id, slot: run.slot, unit: run.spec.unit, revision: run.revision,
                startHash: run.spec.startHash, specHash: run.spec.specHash,
                claimedAt: golden.state.startedWall,
                identity: run.identity)
        }
        for (name, memory) in golden.state.memory.instances {
            guard let spec = golden.state.desired?.instances[name]?.spec,
                let revision = golden.state.desired?.revision
            else { continue }
            for (index, replica) in memory.replicas {
                guard let run = replica.lastRun, let exit = replica.lastExit,
                    !all.contains(where: { $0.run == run })
                else { continue }
                all.append(
                    RunHistoryEntry(
                        run: run, slot: SlotID(instance: name, index: index), unit: spec.unit,
                        revision: revision, startHash: spec.startHash, specHash: spec.specHash,
                        claimedAt: golden.state.startedWall, exit: exit))
            }
        }
        return all.filter { entry in
            (query.run.map { $0 == entry.run } ?? true)
                && (query.instances?.contains(entry.slot.instance) ?? true)
                && (query.ending.map { ($0 == .ended) == (entry.exit != nil) } ?? true)
        }.sorted { $0.run > $1.run }
    }

    func revisions(_ query: RevisionHistoryQuery) async throws -> [RevisionHistoryEntry] {
        Array(
            golden.revisions.reversed().filter {
                $0.revision.id.hex.hasPrefix(query.prefix ?? "") && $0.id < query.before ?? .max
                    && (query.outcome ?? $0.outcome) == $0.outcome
            }.prefix(query.limit))
    }

    func revisionCount(_ query: RevisionHistoryQuery) async throws -> Int { golden.revisions.count }

    func logs(_ query: LogHistoryQuery) async throws -> LogHistoryPage? { nil }

    func lastOutput(of run: RunID, in slot: SlotID, lines: Int) async -> [OutputLine] {
        [OutputLine(isError: true, time: golden.state.nowWall, text: "fatal: the queue is not there")]
    }

    func tail(_ query: TailQuery) -> AsyncStream<[TailRecord]> { AsyncStream { $0.finish() } }

    func usage(of runs: Set<RunID>) async -> [RunID: RunUsage] {
        var used: [RunID: RunUsage] = [:]
        for (number, run) in live.enumerated() where runs.contains(run.id) {
            var usage = RunUsage()
            usage.cpuTime = .milliseconds(1_500 * (number + 1))
            usage.cpuCores = 0.25 * Double(number + 1)
            usage.memoryBytes = UInt64(12 << 20) * UInt64(number + 1)
            usage.tasks = UInt64(3 + number)
            used[run.id] = usage
        }
        return used
    }

    func processes(of run: RunID) async -> [RunProcess] {
        guard let pid = live.first(where: { $0.id == run })?.identity?.pid else { return [] }
        let begun = golden.state.startedWall
        return [
            RunProcess(
                pid: pid, parent: 1, command: ["/usr/bin/python3", "serve.py"], user: "web", state: "S",
                cpuTime: .milliseconds(1_500), memoryBytes: 12 << 20, threads: 2, startedAt: begun),
            RunProcess(
                pid: pid + 5_000, parent: pid, command: ["sleep", "60"], user: "web", state: "S",
                cpuTime: .milliseconds(10), memoryBytes: 1 << 20, threads: 1, startedAt: begun),
        ]
    }

    func sandbox(of run: RunID) async -> SandboxObservation? {
        guard let pid = live.first(where: { $0.id == run })?.identity?.pid else { return nil }
        return SandboxObservation(
            level: "minimal", pid: pid,
            items: [
                .init("noNewPrivileges", declared: "yes", .yes, "NoNewPrivs: 1"),
                .init("privateTmp", declared: "yes", .no, "/tmp is the host's"),
            ])
    }
}
