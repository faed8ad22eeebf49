import Synchronization

/// The value, or a refusal where it does not come in time. What was asked goes on alone then: it cannot be
/// trusted to be cancellable, and nobody waits for it.
func answered<T: Sendable>(
    within limit: Duration = StatusLimits.answerMax, _ body: @escaping @Sendable () async throws -> T
) async throws -> T {
    let once = FirstAnswer<T>()
    let work = Task { once.give(await Result { try await body() }) }
    let timer = Task {
        try await Task.sleep(for: limit)
        once.give(.failure(Refusal.noAnswer))
    }
    defer { timer.cancel() }
    return try await withTaskCancellationHandler {
        try await withCheckedThrowingContinuation { once.wait($0) }
    } onCancel: {
        work.cancel()
        once.give(.failure(CancellationError()))
    }
}

/// Hands the first of several answers to the one who waits.
private final class FirstAnswer<T: Sendable>: Sendable {
    private enum State {
        case empty
        case waiting(CheckedContinuation<T, any Error>)
        case answered(Result<T, any Error>)
        case over
    }
    private let state = Mutex(State.empty)

    func give(_ result: Result<T, any Error>) {
        let waiter = state.withLock { state -> CheckedContinuation<T, any Error>? in
            switch state {
            case .empty:
                state = .answered(result)
                return nil
            case .waiting(let continuation):
                state = .over
                return continuation
            case .answered, .over: return nil
            }
        }
        waiter?.resume(with: result)
    }

    func wait(_ continuation: CheckedContinuation<T, any Error>) {
        let known = state.withLock { state -> Result<T, any Error>? in
            guard case .answered(let result) = state else {
                state = .waiting(continuation)
                return nil
            }
            state = .over
            return result
        }
        if let known { continuation.resume(with: known) }
    }
}

extension Result where Failure == any Error {
    fileprivate init(_ body: () async throws -> Success) async {
        do {
            self = .success(try await body())
        } catch {
            self = .failure(error)
        }
    }
}
