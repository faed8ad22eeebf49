import Manifests

/// The instants at which a pattern fits in a zone, with what changes of the clock do to them.
///
/// A pattern that goes by every hour (`isEveryHour`) is kept by the hours that really pass: whenever a clock
/// on the wall shows a time that fits, it fires, in both halves of a repeated hour too, and an hour that is
/// left out has nothing to be made up for. All others name hours: of what a gap leaves out, and of what an
/// overlap repeats, `policy` decides.
struct ClockTimes: Sendable {
    let pattern: TimePattern
    let zone: TimeZoneRules
    let policy: ClockChangePolicy

    /// An instant, in seconds since 1970-01-01T00:00:00Z.
    struct Time: Sendable, Hashable {
        var instant: Int64
        var effect: Effect?
    }

    /// What a change of the clock made of it.
    enum Effect: Sendable, Hashable {
        /// The first time that the gap left out, on the clock of the wall; it fires at the end of the gap.
        case leftOut(local: Int64)
        /// Clocks show this time twice, and this is the first, or the only one at which it fires.
        case firstOfTwo(local: Int64, isOnly: Bool)
        case secondOfTwo(local: Int64)
    }

    /// The first at this instant or later; nil: never again before 2200.
    func first(atOrAfter instant: Int64) -> Time? {
        var from = max(instant, Self.earliest)
        var stretch = zone.stretch(at: from)
        // Each turn goes on to a later stretch, so there are no more turns than changes of the zone.
        while from < Self.end {
            if from == stretch.start, let time = endOfGap(stretch) { return time }
            if let time = first(in: stretch, from: from) { return time }
            guard stretch.end < Self.end,
                let next = pattern.first(
                    atOrAfter: stretch.end + stretch.offset - 2 * TimeZoneRules.offsetMax, before: .max)
            else { return nil }
            // Whatever fits after this stretch is shown by no clock before then.
            from = max(stretch.end, next - TimeZoneRules.offsetMax)
            stretch = zone.stretch(at: from)
        }
        return nil
    }

    static let earliest: Int64 = 0
    /// 2200-01-01T00:00:00Z.
    static let end: Int64 = 7_258_118_400

    // MARK: - Within a stretch

    private func first(in stretch: ZoneStretch, from: Int64) -> Time? {
        var local = from + stretch.offset
        let repeated = repeatedEnd(stretch)
        if policy.overlap == .once, !pattern.isEveryHour, let repeated { local = max(local, repeated) }
        let limit = stretch.end == .max ? Self.end + stretch.offset : stretch.end + stretch.offset
        guard let found = pattern.first(atOrAfter: local, before: limit) else { return nil }
        return Time(instant: found - stretch.offset, effect: effect(found, stretch, repeated))
    }

    /// Until when, on the clock of the wall, a stretch shows what was shown before it; nil: nothing of it.
    private func repeatedEnd(_ stretch: ZoneStretch) -> Int64? {
        guard stretch.offset < stretch.offsetBefore else { return nil }
        return stretch.start + stretch.offsetBefore
    }

    private func effect(_ local: Int64, _ stretch: ZoneStretch, _ repeated: Int64?) -> Effect? {
        if let repeated, local < repeated { return .secondOfTwo(local: local) }
        guard stretch.end != .max else { return nil }
        let next = zone.stretch(stretch.index + 1)
        guard next.offset < stretch.offset, local >= next.start + next.offset else { return nil }
        return .firstOfTwo(local: local, isOnly: policy.overlap == .once && !pattern.isEveryHour)
    }

    /// What the gap before this stretch left out, as one time at its end, however much it was.
    private func endOfGap(_ stretch: ZoneStretch) -> Time? {
        guard policy.gap == .runAtEnd, let skipped = firstLeftOut(stretch) else { return nil }
        return Time(instant: stretch.start, effect: .leftOut(local: skipped))
    }

    private func firstLeftOut(_ stretch: ZoneStretch) -> Int64? {
        guard stretch.offset > stretch.offsetBefore, !pattern.isEveryHour else { return nil }
        return pattern.first(
            atOrAfter: stretch.start + stretch.offsetBefore, before: stretch.start + stretch.offset)
    }

    // MARK: - What does not fire

    /// The gaps in which times of the pattern are left out for good: each with its end, and the first such
    /// time on the clock of the wall. At most `limit`.
    func leftOut(in range: Range<Int64>, limit: Int) -> [(end: Int64, local: Int64)] {
        guard policy.gap == .skip, !range.isEmpty else { return [] }
        var result: [(end: Int64, local: Int64)] = []
        var stretch = zone.stretch(at: range.lowerBound)
        while result.count < limit {
            if range.contains(stretch.start), let local = firstLeftOut(stretch) {
                result.append((stretch.start, local))
            }
            guard stretch.end < range.upperBound else { break }
            stretch = zone.stretch(stretch.index + 1)
        }
        return result
    }
}

typealias ZoneStretch = TimeZoneRules.Stretch
