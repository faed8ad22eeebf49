import Manifests

/// What a change of the clock does to a firing, for people.
enum ClockChangeWords {
    static func note(_ effect: ClockTimes.Effect, at instant: Int64, _ zone: TimeZoneRules) -> String {
        switch effect {
        case .leftOut(let local): return leftOut(local, at: instant, zone, runs: true)
        case .firstOfTwo(let local, let isOnly):
            return twice(local) + (isOnly ? "; it runs at the first of them alone" : "; this is the first")
        case .secondOfTwo(let local): return twice(local) + "; this is the second"
        }
    }

    static func leftOut(_ local: Int64, at end: Int64, _ zone: TimeZoneRules, runs: Bool) -> String {
        let time = CivilTime(local: local)
        let before = CivilTime(local: end + zone.stretch(at: end).offsetBefore)
        let after = zone.local(end)
        let day = date(time)
        let jump =
            "the clock goes from \(before.shortClockText) to \(after.shortClockText)"
            + (before.date == after.date ? "" : " of \(date(after))")
        let outcome = runs ? "it runs at the end of that gap" : "it is skipped"
        return "there is no \(time.shortClockText) on \(day): \(jump); \(outcome)"
    }

    private static func twice(_ local: Int64) -> String {
        let time = CivilTime(local: local)
        return "there are two \(time.shortClockText) on \(date(time))"
    }

    private static func date(_ time: CivilTime) -> String { String(time.text.prefix(10)) }
}
