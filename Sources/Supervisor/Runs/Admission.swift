import Synchronization

/// Lets a bounded number of tasks in at a time; the others wait in the order in which they came.
final class Admission: Sendable {
    private struct State {
        var free: Int
        var waiting: [CheckedContinuation<Void, Never>] = []
        var firstWaiting = 0
    }
    private let state: Mutex<State>

    init(_ max: Int) { state = Mutex(State(free: max)) }

    func enter() async {
        await withCheckedContinuation { continuation in
            let entered = state.withLock { state in
                if state.free > 0 {
                    state.free -= 1
                    return true
                }
                state.waiting.append(continuation)
                return false
            }
            if entered { continuation.resume() }
        }
    }

    func leave() {
        let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard state.firstWaiting < state.waiting.count else {
                state.free += 1
                return nil
            }
            let next = state.waiting[state.firstWaiting]
            state.firstWaiting += 1
            if state.firstWaiting == state.waiting.count {
                state.waiting.removeAll(keepingCapacity: true)
                state.firstWaiting = 0
            }
            return next
        }
        next?.resume()
    }
}
