/// When a remote is to be asked next. Pure: the clock and chance are given.
struct RemoteStanding {
    private let settings: RemoteSettings
    /// Failures in a row.
    private(set) var failures = 0
    private var lastBegan: ContinuousClock.Instant?
    /// The next instant at which to fetch; nil when only a request can make it fetch.
    private(set) var wakeAt: ContinuousClock.Instant?

    init(settings: RemoteSettings) { self.settings = settings }

    mutating func began(at now: ContinuousClock.Instant) { lastBegan = now }

    /// - Parameter random: 0 ≤ r < 1.
    mutating func ended(isFailure: Bool, isComplete: Bool, at now: ContinuousClock.Instant, random: Double) {
        failures = isFailure ? failures + 1 : 0
        if isComplete {
            wakeAt = nil
            return
        }
        let wait = isFailure ? retryWait : settings.interval
        wakeAt = now + wait * (1 - RemoteLimits.jitter + 2 * RemoteLimits.jitter * random)
    }

    /// Somebody says that there is something new.
    mutating func look(at now: ContinuousClock.Instant) {
        let earliest = max(now, lastBegan.map { $0 + settings.spacing } ?? now)
        wakeAt = min(wakeAt ?? earliest, earliest)
    }

    /// Twice as long after each failure; never longer than the longer of the maximum and the interval.
    private var retryWait: Duration {
        var wait = settings.retryInitial
        let longest = max(settings.retryMax, settings.interval)
        for _ in 1..<max(failures, 1) where wait < longest { wait *= 2 }
        return min(wait, longest)
    }
}
