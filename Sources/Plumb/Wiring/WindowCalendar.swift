import Agent
import Foundation
import Reconciler

/// When new revisions may be accepted: on these days, between two times of day. One that goes over midnight
/// belongs to the day on which it begins.
struct MaintenanceWindow: Sendable, Hashable {
    /// Sunday is 1.
    var days: Set<Int>
    /// Minutes since midnight. `to` at or before `from` is a time of the next day.
    var from: Int
    var to: Int
    var timeZone: TimeZone

    static let dayMinutes = 24 * 60
}

/// Where the host stands between its windows. Time zones and their summer times are Foundation's to know.
struct WindowCalendar: CalendarPort {
    let windows: [MaintenanceWindow]

    /// Every window opens once a week at least.
    private static let daysAhead = 8

    func windows(at now: WallTime) -> WindowState {
        guard !windows.isEmpty else { return .always }
        let time = Date(timeIntervalSince1970: Double(now.nanoseconds) / 1e9)
        var spans = windows.flatMap { Self.spans(of: $0, around: time) }
        spans.sort { $0.start < $1.start }
        var end: Date?
        // Windows that follow one another without a break are one opening.
        for span in spans where span.start <= (end ?? time) && span.end > (end ?? time) { end = span.end }
        if let end { return .open(until: Self.wall(end)) }
        return .closed(opensAt: spans.first { $0.start > time }.map { Self.wall($0.start) })
    }

    private static func spans(of window: MaintenanceWindow, around time: Date) -> [DateInterval] {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = window.timeZone
        let today = calendar.startOfDay(for: time)
        return (-1...daysAhead).compactMap { offset in
            guard let day = calendar.date(byAdding: .day, value: offset, to: today),
                window.days.contains(calendar.component(.weekday, from: day)),
                let start = moment(window.from, of: day, calendar),
                let end = moment(
                    window.to <= window.from ? window.to + MaintenanceWindow.dayMinutes : window.to, of: day,
                    calendar),
                start < end
            else { return nil }
            return DateInterval(start: start, end: end)
        }
    }

    /// By the clock on the wall: on a day with 23 hours 22:00 is 21 hours after midnight.
    private static func moment(_ minutes: Int, of day: Date, _ calendar: Calendar) -> Date? {
        let full = MaintenanceWindow.dayMinutes
        guard let start = calendar.date(byAdding: .day, value: minutes / full, to: day) else { return nil }
        var parts = calendar.dateComponents([.year, .month, .day], from: start)
        parts.hour = minutes % full / 60
        parts.minute = minutes % 60
        return calendar.date(from: parts)
    }

    private static func wall(_ date: Date) -> WallTime {
        WallTime(nanoseconds: Int64(date.timeIntervalSince1970.rounded()) * 1_000_000_000)
    }
}
