import Synchronization

/// Passes one thing at a time from who makes to who writes. Whoever makes waits until it is taken, so nothing
/// piles up.
final class HandOver<Item: Sendable>: Sendable {
    private struct State {
        var item: Item?
        var giver: CheckedContinuation<Void, Never>?
        var isOver = false
    }
    private let state = Mutex(State())

    /// Returns once it was taken, or nobody will take it.
    func give(_ item: Item, announce: @Sendable () -> Void) async {
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                guard !state.isOver else { return true }
                state.item = item
                state.giver = continuation
                return false
            }
            isOver ? continuation.resume() : announce()
        }
    }

    func take() -> Item? {
        let (item, giver) = state.withLock { state in
            defer { (state.item, state.giver) = (nil, nil) }
            return (state.item, state.giver)
        }
        giver?.resume()
        return item
    }

    /// Nothing is taken any more.
    func end() {
        state.withLock { $0.isOver = true }
        _ = take()
    }

    var isOver: Bool { state.withLock { $0.isOver } }
}
