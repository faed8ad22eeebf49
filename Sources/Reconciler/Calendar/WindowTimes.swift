package import Manifests

/// Windows of the week, each in a zone of its own.
package enum WindowTimes {
    package struct Window: Sendable, Hashable {
        package var window: RunWindow
        package var zone: TimeZoneRules

        package init(_ window: RunWindow, zone: TimeZoneRules) {
            self.window = window
            self.zone = zone
        }
    }

    /// Every window opens once a week at least.
    private static let daysAhead = 8

    /// Where a time stands between windows. One that goes over midnight belongs to the day on which it
    /// begins. What touches is one opening; without windows it is always open.
    package static func state(of windows: [Window], at time: WallTime) -> WindowState {
        guard !windows.isEmpty else { return .always }
        let second: Int64 = 1_000_000_000
        let (whole, rest) = time.nanoseconds.quotientAndRemainder(dividingBy: second)
        let now = rest < 0 ? whole - 1 : whole
        let spans = windows.flatMap { Self.spans(of: $0, around: now) }
            .sorted { $0.lowerBound < $1.lowerBound }
        var end: Int64?
        for span in spans where span.lowerBound <= (end ?? now) && span.upperBound > (end ?? now) {
            end = span.upperBound
        }
        if let end { return .open(until: WallTime(nanoseconds: end * second)) }
        let next = spans.first { $0.lowerBound > now }
        return .closed(opensAt: next.map { WallTime(nanoseconds: $0.lowerBound * second) })
    }

    private static func spans(of window: Window, around now: Int64) -> [Range<Int64>] {
        let today = window.zone.local(now).date.daysSinceEpoch
        return (-1...daysAhead).compactMap { offset in
            let day = today + offset
            let days = window.window.days
            guard days.isEmpty || days.contains(CivilDate.weekday(daysSinceEpoch: day)) else { return nil }
            let wraps = window.window.to <= window.window.from
            let start = instant(day, window.window.from, window.zone)
            let end = instant(wraps ? day + 1 : day, window.window.to, window.zone)
            return start < end ? start..<end : nil
        }
    }

    /// By the clock on the wall: on a day with 23 hours 22:00 is 21 hours after midnight. A time that is
    /// shown twice is the first of the two; one that is left out is the end of the gap.
    private static func instant(_ day: Int, _ minutes: Int, _ zone: TimeZoneRules) -> Int64 {
        zone.instant(ofLocal: Int64(day) * CivilTime.daySeconds + Int64(minutes) * 60)
    }
}

/// Where a time stands in a Schedule's window.
package func windowState(_ window: RunWindow, zone: TimeZoneRules, at time: WallTime) -> WindowState {
    WindowTimes.state(of: [WindowTimes.Window(window, zone: zone)], at: time)
}
