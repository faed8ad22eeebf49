import CLinux
import Synchronization

extension EventLoop {
    func waitUntilWritable(_ descriptor: Int32, timeout: Duration) async -> Bool {
        await wait(descriptor, events: clinux_EPOLLOUT | clinux_EPOLLONESHOT, timeout: timeout)
    }

    func waitUntilReadable(_ descriptor: Int32, timeout: Duration) async -> Bool {
        await wait(descriptor, events: clinux_EPOLLIN | clinux_EPOLLONESHOT, timeout: timeout)
    }

    /// False at the timeout, or if the task is cancelled.
    private func wait(_ descriptor: Int32, events: UInt32, timeout: Duration) async -> Bool {
        let answer = Answer()
        guard let token = try? add(descriptor, events: events, handler: { _ in answer.give(true) }) else {
            return false
        }
        defer { remove(token) }
        return await answer.value(within: timeout)
    }
}

/// The first answer that is given, for the one who waits for it.
final class Answer: Sendable {
    private enum State {
        case open
        case waiting(CheckedContinuation<Bool, Never>)
        case given(Bool)
    }
    private let state = Mutex(State.open)

    func give(_ value: Bool) {
        let waiting = state.withLock { state -> CheckedContinuation<Bool, Never>? in
            switch state {
            case .given: return nil
            case .open:
                state = .given(value)
                return nil
            case .waiting(let continuation):
                state = .given(value)
                return continuation
            }
        }
        waiting?.resume(returning: value)
    }

    /// False at the timeout, or if the task is cancelled.
    func value(within timeout: Duration) async -> Bool {
        let timer = Task.detached {
            // Cancelled, the sleep ends early, and the answer has been given by then.
            try? await Task.sleep(for: timeout)
            self.give(false)
        }
        defer { timer.cancel() }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { take($0) }
        } onCancel: {
            give(false)
        }
    }

    private func take(_ continuation: CheckedContinuation<Bool, Never>) {
        let given = state.withLock { state -> Bool? in
            if case .given(let value) = state { return value }
            state = .waiting(continuation)
            return nil
        }
        if let given { continuation.resume(returning: given) }
    }
}
