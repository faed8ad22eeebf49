/// What becomes of nominal times that a change of the clock (summer time) leaves out or repeats.
package struct ClockChangePolicy: Sendable, Hashable, Codable {
    package enum Gap: String, Sendable, Hashable, Codable, CaseIterable { case skip, runAtEnd }
    package enum Overlap: String, Sendable, Hashable, Codable, CaseIterable { case once, twice }
    package var gap: Gap
    package var overlap: Overlap

    package init(gap: Gap = .runAtEnd, overlap: Overlap = .once) {
        self.gap = gap
        self.overlap = overlap
    }
}

/// What becomes of firings whose time passed while nothing could start them.
package struct CatchUpPolicy: Sendable, Hashable, Codable {
    package enum Policy: String, Sendable, Hashable, Codable, CaseIterable { case none, last, all }
    package var policy: Policy
    /// With `all`: the newest so many; older ones are recorded as missed.
    package var max: Int

    package init(policy: Policy = .last, max: Int = 100) {
        self.policy = policy
        self.max = max
    }
}

/// What becomes of a firing while an earlier run goes on.
package struct ConcurrencyPolicy: Sendable, Hashable, Codable {
    package enum Policy: String, Sendable, Hashable, Codable, CaseIterable {
        case allow, forbid, replace, queue
    }
    package var policy: Policy
    /// With `allow`: runs at once. With `queue`: firings that wait; a further one is recorded as skipped.
    package var max: Int

    package init(policy: Policy = .forbid, max: Int = 10) {
        self.policy = policy
        self.max = max
    }

    /// Where none is written. What the clock brings comes again; what happens, and is left out, does not.
    package static func usual(for trigger: ScheduleTrigger) -> ConcurrencyPolicy {
        ConcurrencyPolicy(policy: trigger.isByClock ? .forbid : .queue)
    }
}

/// Between which times of day, by the Schedule's own time zone, runs may start.
package struct RunWindow: Sendable, Hashable, Codable {
    /// 0 is Sunday; empty: every day.
    package var days: Set<Int>
    /// Minutes since midnight. `to` at or before `from` is a time of the next day.
    package var from: Int
    package var to: Int

    package init(days: Set<Int> = [], from: Int, to: Int) {
        self.days = days
        self.from = from
        self.to = to
    }
}

/// How often and after which pause a failed run is tried again, for the same nominal time.
package struct RetryPolicy: Sendable, Hashable, Codable {
    package var max: Int
    package var initial: Duration
    package var factor: Double
    package var longest: Duration

    package init(
        max: Int = 0, initial: Duration = .seconds(10), factor: Double = 2, longest: Duration = .seconds(600)
    ) {
        self.max = max
        self.initial = initial
        self.factor = factor
        self.longest = longest
    }
}

/// How many ended runs are kept, with their logs and output.
package struct RunHistoryPolicy: Sendable, Hashable, Codable {
    /// The newest that did not fail.
    package var keep: Int
    /// The newest that failed, beside them.
    package var keepFailed: Int
    package var maxAge: Duration

    package init(keep: Int = 20, keepFailed: Int = 20, maxAge: Duration = .seconds(30 * 86_400)) {
        self.keep = keep
        self.keepFailed = keepFailed
        self.maxAge = maxAge
    }
}
