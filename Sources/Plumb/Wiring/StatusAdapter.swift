import Agent
import Reconciler
import StatusAPI
import Store
import Supervisor

/// Joins the loop and the store to whoever shows them.
struct StatusAdapter: StatusSource {
    let loop: AgentLoop
    let store: Store
    let supervisor: Supervisor
    let stateDir: String
    let secretValues: SecretValues
    let logPages: LogPages
    var webhookServer: WebhookServer?

    var webhook: WebhookCounts? { webhookServer?.counts }

    func state() async -> AgentState { await loop.state() }

    func specs(of instance: String, limit: Int) async throws -> [SpecRecord] {
        var records = try await store.specs(of: instance, limit: limit)
        // The newest first: of a spec that was wanted twice the last time counts.
        guard let good = await loop.specInPlace(of: instance),
            let index = records.firstIndex(where: { $0.specHash == good && $0.progress.outcome == .good })
        else { return records }
        records[index].runsNow = true
        return records
    }

    func traces(prefix: String, limit: Int) async throws -> [RevisionTrace] {
        try await store.traces(prefix: prefix, limit: limit)
    }

    func lastOutput(of run: RunID, in slot: SlotID, lines: Int) async -> [OutputLine] {
        RunOutput(stateDir: stateDir).last(of: run, in: slot, lines: lines)
    }

    func tail(_ query: TailQuery) -> AsyncStream<[TailRecord]> { RunOutput(stateDir: stateDir).tail(query) }

    func meters() async -> AgentMeters? {
        let declared = await loop.state().desired?.schedules?.keys.sorted() ?? []
        return AgentMeters(await loop.meters, schedules: declared)
    }

    func usage(of runs: Set<RunID>) async -> [RunID: RunUsage] { await supervisor.usage(of: runs) }

    func logBytes(of slots: [SlotID]) async -> [SlotID: UInt64] {
        let reader = LogReader(stateDir: stateDir)
        return Dictionary(slots.map { ($0, reader.bytes(of: $0)) }, uniquingKeysWith: { first, _ in first })
    }

    func processes(of run: RunID) async -> [RunProcess] { supervisor.processes(of: run) }

    func sandbox(of run: RunID) async -> SandboxObservation? { supervisor.sandbox(of: run) }
}

extension AgentMeters {
    /// - Parameter schedules: those that are declared; each has its counts from the first on.
    fileprivate init(_ meters: LoopMeters, schedules: [String]) {
        func histogram(_ histogram: DurationHistogram) -> Histogram {
            Histogram(bounds: histogram.bounds, counts: histogram.counts, sum: histogram.seconds)
        }
        self.init(
            plans: histogram(meters.plans), turns: histogram(meters.turns),
            executing: histogram(meters.executing), healthy: histogram(meters.healthy),
            events: EventRecord.Kind.allCases.map { ($0.rawValue, meters.events[$0] ?? 0) },
            schedules: schedules.map { name in
                let counted = meters.schedules[name]
                return Schedule(
                    name: name,
                    runs: ScheduledRun.State.allCases.filter(\.isOver).map {
                        ($0.rawValue, counted?.runs[$0] ?? 0)
                    },
                    lateness: counted.map { histogram($0.lateness) }
                        ?? Histogram(bounds: [], counts: [0], sum: 0),
                    retries: counted?.retries ?? 0)
            })
    }
}
