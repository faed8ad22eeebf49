/// How long a command may say nothing. One that works meanwhile is not silent: git walks through millions of
/// objects without a word, and a network that hangs takes no processor time.
struct QuietSpan {
    private let length: Duration
    private let began: ContinuousClock.Instant
    /// The work that was done by the middle of the span; nil before that.
    private var half: UInt64?
    private var end: ContinuousClock.Instant

    /// In ticks, of which there are 100 in a second: a client that waits wakes up now and then, too.
    static let workMin: UInt64 = 2

    init(_ length: Duration, from now: ContinuousClock.Instant = .now) {
        self.length = length
        began = now
        end = now + length
    }

    /// When it is to be asked again.
    var wakeAt: ContinuousClock.Instant { half == nil ? min(end, end - length / 2) : end }

    /// - Parameter work: the ticks that were worked so far.
    mutating func isOver(at now: ContinuousClock.Instant, work: () -> UInt64) -> Bool {
        guard now >= wakeAt else { return false }
        let worked = work()
        guard now >= end else {
            half = worked
            return false
        }
        if let half, worked < half + Self.workMin { return true }
        // What was never asked in the middle is given another half.
        self.half = worked
        end = now + length / 2
        return false
    }
}
