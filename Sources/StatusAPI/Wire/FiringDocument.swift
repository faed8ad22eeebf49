import Reconciler

/// One time at which a Schedule fires.
package struct FiringDocument: Codable, Sendable, Hashable {
    /// By the calendar alone.
    package var at: Timestamp
    /// With its jitter; nil: the same.
    package var dueAt: Timestamp?
    /// `at` as clocks in the Schedule's own time zone show it: `2026-11-22T03:00:00+01:00`. nil: the host
    /// does not know the zone.
    package var local: String?
    /// What a change of the clock made of it.
    package var note: String?

    init(_ firing: Firing, zone: String, _ source: some ScheduleSource) {
        at = Timestamp(firing.nominal)
        dueAt = firing.due == firing.nominal ? nil : Timestamp(firing.due)
        local = ZonedTime.text(firing.nominal, zone, source)
        note = firing.note
    }
}

/// A moment as clocks somewhere show it.
enum ZonedTime {
    /// RFC 3339 with the zone's offset, to the second.
    static func text(_ time: WallTime, _ zone: String, _ source: some ScheduleSource) -> String? {
        guard let offset = source.utcOffset(of: zone, at: time), abs(offset) < 86_400 else { return nil }
        let (shifted, overflow) = time.nanoseconds.addingReportingOverflow(Int64(offset) * 1_000_000_000)
        guard !overflow else { return nil }
        let clock = Timestamp(WallTime(nanoseconds: shifted)).description.prefix { $0 != "." }
        let minutes = abs(offset) / 60
        let hour = (minutes / 60 < 10 ? "0" : "") + String(minutes / 60)
        let minute = (minutes % 60 < 10 ? "0" : "") + String(minutes % 60)
        return clock + (offset < 0 ? "-" : "+") + hour + ":" + minute
    }
}
