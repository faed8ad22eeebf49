import Agent
import Notify
import Reconciler
import Store

/// Tells forges how commits stand, for as long as the agent runs.
struct NotifyService {
    private let notifier: Notifier?

    /// - Parameter look: what the agent knows.
    init(
        targets: [ForgeTarget], node: String, store: Store, remembered: [String: String], box: LoopBox,
        look: @escaping @Sendable () async -> AgentState
    ) throws {
        guard !targets.isEmpty else {
            notifier = nil
            return
        }
        let couriers = try targets.map { target in
            try Courier(target: target, node: node, remembered: remembered[target.key]) { told in
                var batch = StoreBatch()
                batch.settings[target.key] = told
                // Not remembered, it is only told once more.
                try? await store.commit(batch)
            } trouble: { why in
                box.post(.notifying(target: "\(target.kind.rawValue) \(target.url)", trouble: why))
            }
        }
        notifier = Notifier(couriers: couriers, look: look)
    }

    func poke() { notifier?.poke() }

    /// Runs beside `body`, and ends with it.
    func beside<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
        guard let notifier else { return try await body() }
        let task = Task { await notifier.run() }
        defer { task.cancel() }
        let value = try await body()
        task.cancel()
        await task.value
        return value
    }
}
