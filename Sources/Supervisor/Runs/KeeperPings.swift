import KeeperProtocol
import Reconciler
import Synchronization

/// Questions to keepers that are not answered yet.
final class KeeperPings: Sendable {
    private struct State {
        var last: UInt64 = 0
        var waiting: [UInt64: Answer] = [:]
    }
    private let state = Mutex(State())

    func open(_ answer: Answer) -> UInt64 {
        state.withLock { state in
            state.last += 1
            state.waiting[state.last] = answer
            return state.last
        }
    }

    func close(_ token: UInt64) { state.withLock { $0.waiting[token] = nil } }

    func answered(_ token: UInt64) {
        state.withLock { $0.waiting.removeValue(forKey: token) }?.give(true)
    }
}

extension Supervisor {
    /// Asks a run's keeper, and returns true with its answer, which comes behind all that it had told before
    /// and all that the run had said by then. False: no answer came in time, or the task was cancelled.
    func ping(_ run: RunID, within patience: Duration = SupervisorLimits.pongWaitMax) async -> Bool {
        let answer = Answer()
        let token = pings.open(answer)
        defer { pings.close(token) }
        guard send(.ping(token: token), to: run) else { return false }
        return await answer.value(within: patience)
    }
}
