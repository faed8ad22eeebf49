package import Manifests

/// When a Schedule fires. Pure: the same for the same declaration and zone, on every host and after every
/// restart.
package struct ScheduleCalendar: Sendable {
    private let times: Times
    private let jitter: Int64
    private let seed: UInt64

    private enum Times {
        case clock(ClockTimes)
        case interval(IntervalTimes)
    }

    /// nil where the trigger is not by the clock. `name` decides what `H` means and how jitter is spread.
    package init?(
        _ trigger: ScheduleTrigger, zone: TimeZoneRules, dst: ClockChangePolicy, jitter: Duration,
        name: String
    ) {
        switch trigger {
        case .cron(let expression):
            times = .clock(ClockTimes(pattern: expression.pattern(for: name), zone: zone, policy: dst))
        case .calendar(let expression):
            times = .clock(ClockTimes(pattern: expression.pattern, zone: zone, policy: dst))
        case .interval(let interval, let anchor):
            guard let interval = IntervalTimes(interval, anchor: anchor) else { return nil }
            times = .interval(interval)
        case .event, .path, .manual: return nil
        }
        self.jitter = max(0, jitter.nanoseconds)
        seed = Jitter.seed(name)
    }

    /// The first firing whose nominal time is strictly later; nil: never again before the year 2200. Takes
    /// microseconds for what fires within months, and less than a millisecond for anything.
    package func next(after time: WallTime) -> Firing? {
        guard let (nominal, effect) = nominal(after: time.nanoseconds) else { return nil }
        return firing(nominal, effect)
    }

    /// All with a nominal time in the range, the earliest first, at most `limit`.
    package func firings(in range: Range<WallTime>, limit: Int) -> [Firing] {
        var result: [Firing] = []
        walk(range, limit: limit) { result.append(firing($0, $1)) }
        return result
    }

    /// How many there are in the range; it counts no further than `limit`.
    package func count(in range: Range<WallTime>, limit: Int) -> Int {
        if case .interval(let interval) = times { return min(limit, interval.count(in: range)) }
        var count = 0
        walk(range, limit: limit) { _, _ in count += 1 }
        return count
    }

    /// The latest firing from `notBefore` to `time`, both included. It takes no longer for a thousand firings
    /// than for one: it halves the time in which there is one until that one is found.
    package func last(atOrBefore time: WallTime, notBefore: WallTime) -> Firing? {
        // `low` is before a firing that is not too late; nothing fires after `high` that is not.
        var low = max(0, notBefore.nanoseconds) - 1
        var high = time.nanoseconds
        guard let first = nominal(after: low), first.0 <= high else { return nil }
        var found = first
        low = first.0
        while low < high {
            let middle = low + (high - low) / 2
            if let next = nominal(after: middle), next.0 <= time.nanoseconds {
                found = next
                low = next.0
            } else {
                high = middle
            }
        }
        return firing(found.0, found.1)
    }

    /// Times of the range that a change of the clock leaves out for good, in plain words, by the end of the
    /// gap.
    package func leftOut(in range: Range<WallTime>, limit: Int) -> [Firing] {
        guard case .clock(let clock) = times else { return [] }
        let seconds = Self.seconds(range.lowerBound)..<Self.seconds(range.upperBound)
        return clock.leftOut(in: seconds, limit: limit).map { end, local in
            let note = ClockChangeWords.leftOut(local, at: end, clock.zone, runs: false)
            return Firing(nominal: WallTime(nanoseconds: end * Self.second), note: note)
        }
    }

    // MARK: - Nominal times

    private typealias Nominal = (nanoseconds: Int64, effect: ClockTimes.Effect?)

    private func nominal(after nanoseconds: Int64) -> Nominal? {
        switch times {
        case .interval(let interval): return interval.next(after: nanoseconds).map { ($0, nil) }
        case .clock(let clock):
            // The first whole second that is later.
            let second = nanoseconds < 0 ? 0 : nanoseconds / Self.second + 1
            return clock.first(atOrAfter: second).map { ($0.instant * Self.second, $0.effect) }
        }
    }

    private func walk(
        _ range: Range<WallTime>, limit: Int, _ body: (Int64, ClockTimes.Effect?) -> Void
    ) {
        var from = range.lowerBound.nanoseconds
        if from > .min { from -= 1 }
        for _ in 0..<max(0, limit) {
            guard let (nominal, effect) = nominal(after: from), nominal < range.upperBound.nanoseconds else {
                return
            }
            body(nominal, effect)
            from = nominal
        }
    }

    private func firing(_ nominal: Int64, _ effect: ClockTimes.Effect?) -> Firing {
        var firing = Firing(nominal: WallTime(nanoseconds: nominal))
        if jitter > 0 {
            // Never as late as the next one, so that jitter changes no order.
            let gap = self.nominal(after: nominal).map { $0.nanoseconds - nominal } ?? .max
            firing.due.nanoseconds += Jitter.delay(seed, nominal, below: min(jitter, gap))
        }
        if let effect, case .clock(let clock) = times {
            firing.note = ClockChangeWords.note(effect, at: nominal / Self.second, clock.zone)
        }
        return firing
    }

    private static let second: Int64 = 1_000_000_000

    /// The first whole second at this time or later.
    private static func seconds(_ time: WallTime) -> Int64 {
        time.nanoseconds <= 0 ? 0 : (time.nanoseconds - 1) / second + 1
    }
}

/// Every so many nanoseconds, counted from an anchor in both directions: an anchor that is yet to come is no
/// beginning. Real time: no zone and no change of a clock has any effect.
struct IntervalTimes: Sendable {
    private let interval: Int64
    /// Of the anchor, within one interval.
    private let phase: Int64

    init?(_ interval: Duration, anchor: Int64) {
        let nanoseconds = interval.nanoseconds
        guard nanoseconds > 0 else { return nil }
        self.interval = nanoseconds
        let rest = Int64((Int128(anchor) * 1_000_000_000) % Int128(nanoseconds))
        phase = rest < 0 ? rest + nanoseconds : rest
    }

    func next(after nanoseconds: Int64) -> Int64? {
        let next = (Int128(index(atOrBefore: nanoseconds)) + 1) * Int128(interval) + Int128(phase)
        return next < Int128(ClockTimes.end) * 1_000_000_000 ? Int64(next) : nil
    }

    func count(in range: Range<WallTime>) -> Int {
        func before(_ time: WallTime) -> Int64 {
            time.nanoseconds == .min ? index(atOrBefore: .min) : index(atOrBefore: time.nanoseconds - 1)
        }
        return Int(before(range.upperBound) - before(range.lowerBound))
    }

    /// The number of the last one at this time or before it.
    private func index(atOrBefore nanoseconds: Int64) -> Int64 {
        let distance = Int128(nanoseconds) - Int128(phase)
        let (quotient, remainder) = distance.quotientAndRemainder(dividingBy: Int128(interval))
        return Int64(remainder < 0 ? quotient - 1 : quotient)
    }
}

/// By how much a firing is put off: by chance over all Schedules, and always the same for one of them at one
/// nominal time.
enum Jitter {
    static func seed(_ name: String) -> UInt64 {
        name.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
    }

    /// From 0 to `limit`, which is not reached.
    static func delay(_ seed: UInt64, _ nominal: Int64, below limit: Int64) -> Int64 {
        guard limit > 0 else { return 0 }
        var value = seed ^ (UInt64(bitPattern: nominal) &* 0x9E37_79B9_7F4A_7C15)
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        value ^= value >> 31
        return Int64(value % UInt64(limit))
    }
}
