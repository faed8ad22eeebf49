import Glibc
import Reconciler
import StatusAPI
import Supervisor

/// Times as people read them.
enum TimeText {
    static func now() -> WallTime { .current }

    /// `2026-11-21 09:12:03` in the reader's own zone.
    static func local(_ time: WallTime) -> String {
        var seconds = time_t(time.nanoseconds.floorDivided(by: 1_000_000_000))
        var parts = tm()
        localtime_r(&seconds, &parts)
        return text(parts)
    }

    /// `today`, `yesterday`, `09:30`, `2026-11-21`, `2026-11-21 09:30:00` in the reader's own zone, or
    /// RFC 3339.
    static func moment(_ text: String, now: WallTime) -> WallTime? {
        if let exact = Timestamp(text) { return exact.wall }
        var seconds = time_t(now.nanoseconds.floorDivided(by: 1_000_000_000))
        var parts = tm()
        localtime_r(&seconds, &parts)
        (parts.tm_hour, parts.tm_min, parts.tm_sec, parts.tm_isdst) = (0, 0, 0, -1)
        switch text {
        case "now": return now
        case "today": return wall(parts)
        case "yesterday":
            parts.tm_mday -= 1
            return wall(parts)
        default: break
        }
        let words = text.split(separator: " ")
        guard let last = words.last, words.count <= 2 else { return nil }
        if words.count == 2 || last.contains("-") {
            let date = words[0].split(separator: "-").compactMap { Int32($0) }
            guard date.count == 3, (1...12).contains(date[1]), (1...31).contains(date[2]) else { return nil }
            (parts.tm_year, parts.tm_mon, parts.tm_mday) = (date[0] - 1_900, date[1] - 1, date[2])
            if words.count == 1 { return wall(parts) }
        }
        let time = last.split(separator: ":", omittingEmptySubsequences: false).map { Int32($0) }
        guard (2...3).contains(time.count), let hour = time[0], let minute = time[1], (0..<24).contains(hour),
            (0..<60).contains(minute), let second = time.count == 3 ? time[2] : 0, (0..<61).contains(second)
        else { return nil }
        (parts.tm_hour, parts.tm_min, parts.tm_sec) = (hour, minute, second)
        let found = wall(parts)
        if words.count == 1, let found, found > now {
            // An hour of the day that is still to come is yesterday's.
            parts.tm_mday -= 1
            return wall(parts)
        }
        return found
    }

    private static func wall(_ parts: tm) -> WallTime? {
        var parts = parts
        let seconds = mktime(&parts)
        guard seconds != -1 else { return nil }
        // Nanoseconds reach to 2262; what is asked for beyond is never.
        let (time, overflow) = Int64(seconds).multipliedReportingOverflow(by: 1_000_000_000)
        return WallTime(nanoseconds: overflow ? (seconds < 0 ? .min : .max) : time)
    }

    private static func text(_ parts: tm) -> String {
        let date = [Int64(parts.tm_year) + 1_900, Int64(parts.tm_mon) + 1, Int64(parts.tm_mday)]
        let time = [parts.tm_hour, parts.tm_min, parts.tm_sec].map(Int64.init)
        return date.map { padded($0, 2) }.joined(separator: "-") + " "
            + time.map { padded($0, 2) }.joined(separator: ":")
    }

    private static func padded(_ number: Int64, _ digits: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }
}

extension Int64 {
    /// Rounded towards the past, for times before 1970 too.
    fileprivate func floorDivided(by divisor: Int64) -> Int64 {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
