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
    var webhookServer: WebhookServer?

    var webhook: WebhookCounts? { webhookServer?.counts }

    func state() async -> AgentState { await loop.state() }

    func events(_ query: EventHistoryQuery) async throws -> [EventHistoryEntry] {
        let wanted = EventQuery(
            after: query.after, instance: query.instance, since: query.since, limit: query.limit)
        return try await store.events(wanted).map { EventHistoryEntry(id: $0.id, record: $0.record) }
    }

    func revisions(limit: Int) async throws -> [RevisionHistoryEntry] {
        try await store.revisions(limit: limit).map { record in
            RevisionHistoryEntry(
                revision: record.revision, outcome: record.outcome.rawValue, message: record.message,
                at: record.at)
        }
    }

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

    func usage(of runs: Set<RunID>) async -> [RunID: RunUsage] { await supervisor.usage(of: runs) }

    func processes(of run: RunID) async -> [RunProcess] { supervisor.processes(of: run) }

    func sandbox(of run: RunID) async -> SandboxObservation? { supervisor.sandbox(of: run) }
}
