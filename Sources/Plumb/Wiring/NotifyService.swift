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
        let names = targets.map(\.name)
        let couriers = try targets.enumerated().map { index, target in
            // What is wrong with one must not be taken back by another that is called the same.
            let isOne = names.count { $0 == target.name } == 1
            let name = isOne ? target.name : "\(target.name) (notify[\(index)])"
            return try Courier(target: target, node: node, remembered: remembered[target.key]) { told in
                var batch = StoreBatch()
                batch.settings[target.key] = told
                // Not remembered, it is only told once more.
                try? await store.commit(batch)
            } trouble: { why in
                box.post(.notifying(target: name, trouble: why))
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
