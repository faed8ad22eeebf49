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
    /// Up to when the run itself may push the present deadline.
    private var extensionEnd: UInt64 = 0

    init(_ steps: [StopStep], at now: UInt64) {
        self.steps = steps
        deadline = now
    }

    /// The run asks for more time in its present step; it gets it within a bound, and never less than it has.
    mutating func extend(until instant: UInt64) {
        deadline = max(deadline, min(instant, extensionEnd))
    }

    /// To be called again at once after a signal, and at `deadline` after a wait.
    mutating func advance(at now: UInt64) -> Action {
        guard now >= deadline else { return .wait }
        guard next < steps.count else { return .killTree }
        defer { next += 1 }
        switch steps[next] {
        case .signal(let number, let grace):
            deadline = now + UInt64(grace) * KeeperBounds.millisecond
            extensionEnd = deadline + KeeperBounds.stopExtensionMax
            return .signal(number)
        case .killTree:
            return .killTree
        }
    }
}
