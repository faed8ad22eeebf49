import KeeperProtocol

/// The stop steps of one run, walked in time. Pure: it is told the time and says what to do.
struct StopSequence {
    enum Action: Equatable {
        case signal(Int32)
        case killTree
        /// Nothing until `deadline`.
        case wait
    }

    private let steps: [StopStep]
    private var next = 0
    /// CLOCK_BOOTTIME in nanoseconds at which `advance` has something to say again.
    private(set) var deadline: UInt64

    init(_ steps: [StopStep], at now: UInt64) {
        self.steps = steps
        deadline = now
    }

    /// To be called again at once after a signal, and at `deadline` after a wait.
    mutating func advance(at now: UInt64) -> Action {
        guard now >= deadline else { return .wait }
        guard next < steps.count else { return .killTree }
        defer { next += 1 }
        switch steps[next] {
        case .signal(let number, let grace):
            deadline = now + UInt64(grace) * KeeperBounds.millisecond
            return .signal(number)
        case .killTree:
            return .killTree
        }
    }
}
