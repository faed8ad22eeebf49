import Manifests
import Reconciler

/// When Schedules fire next, before a change and after it.
struct FiringForecast {
    let now: WallTime
    /// The rules of a zone; nil: this host does not have it.
    let rules: (String) -> TimeZoneRules?

    private static let shownMax = 3

    init(now: WallTime, rules: @escaping (String) -> TimeZoneRules? = SystemZones.shared.rules) {
        self.now = now
        self.rules = rules
    }

    /// `next: Mon 2026-11-23 03:00, …`; nothing where the clock has no say, or nothing moves.
    func words(of change: ScheduleChange) -> [String] {
        guard change.movesFirings else { return [] }
        let (before, after) = (change.before.map(text), change.after.map(text))
        switch (before, after) {
        case (nil, let after??): return ["next: \(after)"]
        case (let before??, let after??) where before != after: return ["next: \(before) → \(after)"]
        case (let before??, .some(nil)): return ["next: \(before) → not by the clock"]
        case (let before??, nil): return ["next would have been: \(before)"]
        case (.some(nil), let after??): return ["next: not by the clock → \(after)"]
        default: return []
        }
    }

    /// nil: it is not by the clock.
    private func text(_ timing: ScheduleTiming) -> String? {
        guard timing.trigger.isByClock else { return nil }
        if timing.suspend { return "none, suspended" }
        guard let zone = rules(timing.timezone) else {
            return "not known here, without the time zone \(timing.timezone)"
        }
        let firings = self.firings(of: timing)
        guard !firings.isEmpty else { return "never" }
        var shown = ""
        var day = ""
        for firing in firings {
            let time = zone.shown(firing.due)
            shown += shown.isEmpty ? time : time.hasPrefix(day) ? ", " + time.dropFirst(11) : ", " + time
            day = String(time.prefix(10))
        }
        return shown + " \(timing.timezone)"
    }

    /// The next few; empty also where nothing is known of the zone.
    func firings(of timing: ScheduleTiming) -> [Firing] {
        guard !timing.suspend, let zone = rules(timing.timezone),
            let calendar = ScheduleCalendar(
                timing.trigger, zone: zone, dst: timing.dst, jitter: timing.jitter, name: timing.schedule)
        else { return [] }
        var found: [Firing] = []
        var last = now
        while found.count < Self.shownMax, let next = calendar.next(after: last) {
            found.append(next)
            last = next.nominal
        }
        return found
    }
}

extension TimeZoneRules {
    /// `2026-11-23 03:00`, with seconds where there are any.
    fileprivate func shown(_ time: WallTime) -> String {
        let local = local(time.nanoseconds / 1_000_000_000)
        return local.second == 0 ? String(local.text.dropLast(3)) : local.text
    }
}
