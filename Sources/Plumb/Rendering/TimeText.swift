import Glibc
import Reconciler

/// Times as people read them.
enum TimeText {
    static func now() -> WallTime {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return WallTime(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }

    /// `2026-11-21 09:12:03` in the reader's own zone.
    static func local(_ time: WallTime) -> String {
        var seconds = time_t(time.nanoseconds.floorDivided(by: 1_000_000_000))
        var parts = tm()
        localtime_r(&seconds, &parts)
        return text(parts)
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
