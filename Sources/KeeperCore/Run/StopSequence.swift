import KeeperProtocol

/// The stop steps of one run, walked in time. Pure: it is told the time and says what to do.
struct StopSequence {
    enum Action: Equatable {
        case signal(Int32)
        case closeInput
        /// The step's place; `commandEnded` is to be called when it is over.
        case command(Int)
        case killTree
        /// Nothing until `deadline`.
        case wait
    }

    let steps: [StopStep]
    /// When the first stop of the run was asked for: what replaces it does not begin its drain anew.
    let since: UInt64
    private var next = 0
    /// CLOCK_BOOTTIME in nanoseconds at which `advance` has something to say again.
    private(set) var deadline: UInt64
    /// Up to when the run itself may push the present deadline.
    private var extensionEnd: UInt64 = 0

    init(_ steps: [StopStep], at now: UInt64, since: UInt64? = nil) {
        self.steps = steps
        self.since = since ?? now
        deadline = now
    }

    /// The run asks for more time in its present step; it gets it within a bound, and never less than it has.
    mutating func extend(until instant: UInt64) {
        deadline = max(deadline, min(instant, extensionEnd))
    }

    /// To be called again at once after a signal, and at `deadline` after a wait.
    mutating func advance(at now: UInt64) -> Action {
        while now >= deadline {
            guard next < steps.count else { return .killTree }
            let index = next
            next += 1
            extensionEnd = 0
            switch steps[index] {
            case .signal(let number, let grace):
                allow(grace, from: now)
                return .signal(number)
            case .closeInput(let grace):
                allow(grace, from: now)
                return .closeInput
            case .command(_, let timeout):
                deadline = now + Self.nanoseconds(timeout) + KeeperBounds.commandEndMax
                return .command(index)
            case .wait(let time): deadline = max(now, since + Self.nanoseconds(time))
            case .killTree: return .killTree
            }
        }
        return .wait
    }

    private mutating func allow(_ grace: UInt32, from now: UInt64) {
        deadline = now + Self.nanoseconds(grace)
        extensionEnd = deadline + KeeperBounds.stopExtensionMax
    }

    /// The next step is due at once.
    mutating func commandEnded(at now: UInt64) { deadline = now }

    private static func nanoseconds(_ milliseconds: UInt32) -> UInt64 {
        UInt64(milliseconds) * KeeperBounds.millisecond
    }
}
