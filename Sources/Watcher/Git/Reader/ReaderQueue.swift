/// One thread that owns the link to the reader and takes requests one after the other.
final class ReaderQueue: Sendable {
    private typealias Job = @Sendable (ReaderLink?) -> Void

    private struct State {
        var waiting: [Job] = []
        var isStarted = false
        var isStopped = false
    }

    private let signal = ThreadSignal(State())
    private let switchboard = ReaderSwitch()
    private let mode: ReaderMode
    private let deadline: Duration
    private let silence: ReaderSilence

    init(mode: ReaderMode, deadline: Duration, silence: ReaderSilence) {
        self.mode = mode
        self.deadline = deadline
        self.silence = silence
    }

    /// Calls `done` exactly once, on the queue's thread or, when the request is refused, at once.
    func submit<Value: Sendable>(
        _ request: AddressedRequest, _ read: @escaping @Sendable (ReaderReply) throws -> Value,
        done: @escaping @Sendable (Result<Value, GitError>) -> Void
    ) {
        let refusal = signal.update { state -> GitError? in
            if state.isStopped { return .stopped }
            guard state.waiting.count < ReaderLimits.requestsWaitingMax else {
                return GitError(.busy, "\(state.waiting.count) requests already wait for the git reader")
            }
            if !state.isStarted {
                guard DedicatedThread.start({ self.run() }) else {
                    return GitError(.readerFailed, "the system has no thread left for the git reader")
                }
                state.isStarted = true
            }
            state.waiting.append { link in
                guard let link else { return done(.failure(.stopped)) }
                done(Result { () throws(GitError) in try link.perform(request, read) })
            }
            return nil
        }
        if let refusal { done(.failure(refusal)) }
    }

    func stop() {
        let left = signal.update { state in
            defer { state.waiting = [] }
            state.isStopped = true
            return state.waiting
        }
        switchboard.stop()
        for job in left { job(nil) }
    }

    private func run() {
        let link = ReaderLink(
            mode: mode, deadline: deadline, silence: silence, switchboard: switchboard)
        while let job = next() { job(link) }
        link.disconnect()
    }

    /// The oldest job; nil once the queue is stopped.
    private func next() -> Job? {
        let turn = signal.wait { state -> Turn? in
            if state.isStopped { return .end }
            return state.waiting.isEmpty ? nil : .job(state.waiting.removeFirst())
        }
        return if case .job(let job) = turn { job } else { nil }
    }

    private enum Turn {
        case job(Job)
        case end
    }
}
