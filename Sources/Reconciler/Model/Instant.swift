/// A moment on the clock that counts from boot and goes on during suspend (`CLOCK_BOOTTIME`).
/// Only instants of one boot can be compared; no decision uses wall-clock time.
package struct Instant: Hashable, Sendable, Codable, Comparable {
    package var nanoseconds: Int64

    package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    package static let zero = Instant(nanoseconds: 0)

    package static func < (a: Instant, b: Instant) -> Bool { a.nanoseconds < b.nanoseconds }

    /// Held within what can be told: a sum that is too large is the last instant, not one in the past.
    package static func + (a: Instant, b: Duration) -> Instant {
        let (sum, overflow) = a.nanoseconds.addingReportingOverflow(b.nanoseconds)
        if overflow { return Instant(nanoseconds: b.nanoseconds < 0 ? .min : .max) }
        return Instant(nanoseconds: sum)
    }

    package static func - (a: Instant, b: Instant) -> Duration {
        let (difference, overflow) = a.nanoseconds.subtractingReportingOverflow(b.nanoseconds)
        return .nanoseconds(overflow ? (a < b ? .min : .max) : difference)
    }
}

/// Wall-clock time, for people only: nanoseconds since 1970-01-01T00:00:00Z.
package struct WallTime: Hashable, Sendable, Codable, Comparable {
    package var nanoseconds: Int64

    package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    /// A time by somebody else's word, such as a committer's, which may be any number: held within 1970 and
    /// 2199, so that neither it nor its distance from now is beyond what can be told.
    package init(claimedSeconds seconds: Int64) {
        nanoseconds = min(max(seconds, 0), Self.claimedSecondsMax) * 1_000_000_000
    }

    private static let claimedSecondsMax: Int64 = 7_258_118_399

    package static func < (a: WallTime, b: WallTime) -> Bool { a.nanoseconds < b.nanoseconds }
}

extension Duration {
    /// Whole nanoseconds, held within ± 292 years.
    package var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        if overflow { return seconds < 0 ? .min : .max }
        return whole.addingReportingOverflow(attoseconds / 1_000_000_000).partialValue
    }

    /// The duration times a factor, held within ± 292 years.
    package func scaled(by factor: Double) -> Duration {
        let product = Double(nanoseconds) * factor
        guard product.isFinite, abs(product) < 9e18 else { return .nanoseconds(Int64.max) }
        return .nanoseconds(Int64(product))
    }
}
