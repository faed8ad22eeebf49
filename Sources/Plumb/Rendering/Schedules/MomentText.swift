import Reconciler
import StatusAPI

/// Moments of Schedules: how far away, and what clocks in the Schedule's zone show.
enum MomentText {
    /// `in 7h03m`, `12s ago`, `now`.
    static func distance(_ time: Timestamp, now: Timestamp) -> String {
        let (ahead, overflow) = time.wall.nanoseconds.subtractingReportingOverflow(now.wall.nanoseconds)
        guard !overflow else { return time > now ? "in centuries" : "centuries ago" }
        if abs(ahead) < 1_000_000_000 { return "now" }
        let rough = Duration.nanoseconds(abs(ahead)).rough
        return ahead > 0 ? "in \(rough)" : "\(rough) ago"
    }

    /// `2026-11-22 03:00:00 +01:00`; by UTC where the host does not know the zone.
    static func clock(_ time: Timestamp, local: String?) -> String {
        guard let local, local.count == 25 else {
            return time.description.prefix { $0 != "." }.replacing("T", with: " ") + " UTC"
        }
        let zone = local.suffix(6)
        return local.dropLast(6).replacing("T", with: " ") + " " + (zone == "+00:00" ? "UTC" : zone)
    }

    /// `0.03s late`, `1m12s early`: a start that the clock says was before its time is told as that.
    static func lateness(_ seconds: Double) -> String {
        if abs(seconds) < 0.001 { return "on time" }
        return QuantityText.seconds(abs(seconds)) + (seconds < 0 ? " early" : " late")
    }
}

extension FiringDocument {
    var clock: String { MomentText.clock(at, local: local) }
}

extension RunDocument {
    /// When it was to begin.
    var nominalClock: String { MomentText.clock(nominalAt ?? claimedAt, local: nominalLocal) }
    var isOver: Bool { ScheduledRun.State(rawValue: state)?.isOver ?? (state == "ended") }
}

/// How words of Schedules look.
enum ScheduleStyle {
    static func style(state: String) -> Style {
        switch state {
        case "succeeded", "active": .plain
        case "failed", "timedOut", "lost", "failing", "broken": .bad
        case "missed", "skipped", "forbidden", "late", "replaced", "stopped": .attention
        case "suspended", "host suspended", "elsewhere": .faint
        default: .good
        }
    }

    /// One word for how a Schedule stands: what is wrong, or what it does.
    static func word(_ schedule: ScheduleDocument) -> String {
        if let trouble = schedule.trouble { return trouble.kind }
        if schedule.state == "hostSuspended" { return "host suspended" }
        guard schedule.state == "active", let active = schedule.active, !active.isEmpty else {
            return schedule.state
        }
        let running = active.count { $0.startedAt != nil }
        if running == 0 { return active[0].state }
        return running > 1 ? "running \(running)" : "running"
    }
}
