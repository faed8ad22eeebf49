import Glibc

/// Times as ssh-keygen(1) writes them: `YYYYMMDD`, `YYYYMMDDHHMM` or `YYYYMMDDHHMMSS`; with `Z` in UTC,
/// otherwise in the host's time zone.
enum SignatureTime {
    static func seconds(of text: some StringProtocol) -> Int64? {
        let isUTC = text.hasSuffix("Z") || text.hasSuffix("z")
        let digits = Array((isUTC ? text.dropLast() : text[...]).utf8)
        guard [8, 12, 14].contains(digits.count), digits.allSatisfy({ (48...57).contains($0) }) else {
            return nil
        }
        func number(_ from: Int, _ count: Int) -> Int32 {
            guard digits.count >= from + count else { return 0 }
            return digits[from..<from + count].reduce(0) { $0 * 10 + Int32($1 - 48) }
        }
        var parts = tm()
        parts.tm_year = number(0, 4) - 1900
        parts.tm_mon = number(4, 2) - 1
        parts.tm_mday = number(6, 2)
        parts.tm_hour = number(8, 2)
        parts.tm_min = number(10, 2)
        parts.tm_sec = number(12, 2)
        parts.tm_isdst = -1
        guard (0...11).contains(parts.tm_mon), (1...31).contains(parts.tm_mday), parts.tm_hour < 24,
            parts.tm_min < 60, parts.tm_sec <= 60, parts.tm_year >= 70
        else { return nil }
        return Int64(isUTC ? timegm(&parts) : mktime(&parts))
    }

    /// `2026-03-01 12:00:00Z`, for messages.
    static func text(_ seconds: Int64) -> String {
        var (time, parts) = (time_t(seconds), tm())
        guard gmtime_r(&time, &parts) != nil else { return "\(seconds)" }
        func two(_ value: Int32) -> String { value < 10 ? "0\(value)" : "\(value)" }
        return "\(Int(parts.tm_year) + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday)) "
            + "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))Z"
    }
}
