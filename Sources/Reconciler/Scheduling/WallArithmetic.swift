extension WallTime {
    /// Held within what can be told.
    func shifted(by duration: Duration) -> WallTime {
        let (sum, overflow) = nanoseconds.addingReportingOverflow(duration.nanoseconds)
        return WallTime(nanoseconds: overflow ? (duration < .zero ? .min : .max) : sum)
    }

    /// Negative where it is earlier.
    func elapsed(since other: WallTime) -> Duration {
        let (span, overflow) = nanoseconds.subtractingReportingOverflow(other.nanoseconds)
        return .nanoseconds(overflow ? (self < other ? .min : .max) : span)
    }

    var following: WallTime { shifted(by: .nanoseconds(1)) }
    var preceding: WallTime { shifted(by: .nanoseconds(-1)) }
}
