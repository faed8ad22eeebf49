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
        try await store.specs(of: instance, limit: limit)
    }

    func traces(prefix: String, limit: Int) async throws -> [RevisionTrace] {
        try await store.traces(prefix: prefix, limit: limit)
    }

    func lastOutput(of run: RunID, in slot: SlotID, lines: Int) async -> [OutputLine] {
        RunOutput(stateDir: stateDir).last(of: run, in: slot, lines: lines)
    }

    func tail(_ query: TailQuery) -> AsyncStream<[TailRecord]> { RunOutput(stateDir: stateDir).tail(query) }

    func usage(of runs: Set<RunID>) async -> [RunID: RunUsage] { await supervisor.usage(of: runs) }

    func processes(of run: RunID) async -> [RunProcess] { supervisor.processes(of: run) }

    func sandbox(of run: RunID) async -> SandboxObservation? { supervisor.sandbox(of: run) }
}
