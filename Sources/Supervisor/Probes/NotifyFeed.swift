import KeeperProtocol
import Reconciler
import Synchronization

/// The newest word of one run about itself, for whoever waits for the next.
final class NotifyFeed: Sendable {
    private struct State {
        var heartbeat: Heartbeat?
        var version = 0
        var nextWaiter = 0
        var waiting: [Int: CheckedContinuation<Void, Never>] = [:]
    }
    private let state = Mutex(State())

    func publish(_ heartbeat: Heartbeat) {
        let waiting = state.withLock { state in
            state.heartbeat = heartbeat
            state.version += 1
            let waiting = state.waiting
            state.waiting = [:]
            return waiting
        }
        for continuation in waiting.values { continuation.resume() }
    }

    /// The last word, and how many came before.
    var newest: (version: Int, heartbeat: Heartbeat)? {
        state.withLock { state in state.heartbeat.map { (state.version, $0) } }
    }

    /// Returns at once where there is more than `version`, else with the next word, or at `deadline` with the
    /// last one. nil if the task is cancelled.
    func next(after version: Int, until deadline: Instant?) async -> (version: Int, heartbeat: Heartbeat)? {
        while !Task.isCancelled {
            let (known, heartbeat) = state.withLock { ($0.version, $0.heartbeat) }
            let isDue = deadline.map { Instant.current >= $0 } ?? false
            if let heartbeat, known > version || isDue { return (known, heartbeat) }
            await wait(beyond: known, until: deadline)
        }
        return nil
    }

    private func wait(beyond version: Int, until deadline: Instant?) async {
        let id = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        let timer = deadline.map { deadline in
            Task.detached { [self] in
                try? await Task.sleep(for: max(deadline - .current, .zero), tolerance: .zero)
                release(id)
            }
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    if state.version > version || Task.isCancelled { return true }
                    if let deadline, Instant.current >= deadline { return true }
                    state.waiting[id] = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            release(id)
        }
        timer?.cancel()
    }

    private func release(_ id: Int) {
        state.withLock { $0.waiting.removeValue(forKey: id) }?.resume()
    }
}

extension Heartbeat {
    init(_ state: NotifyState) {
        isReady = state.isReady
        isReloading = state.isReloading
        isStopping = state.isStopping
        readyAt = state.readyAt.map { Instant(nanoseconds: Int64(clamping: $0)) }
        beatAt = state.watchdogAt.map { Instant(nanoseconds: Int64(clamping: $0)) }
        isTriggered = state.isTriggered
        // 0 takes back what was asked for before.
        asked = state.watchdogMicroseconds.flatMap {
            $0 == 0 ? nil : .microseconds(Int64(clamping: min($0, 1 << 50)))
        }
        extendedUntil = state.extendedUntil.map { Instant(nanoseconds: Int64(clamping: $0)) }
    }
}
