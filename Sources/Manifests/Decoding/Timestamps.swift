/// Points in time and times of day as declarations write them.
package enum Timestamps {
    /// RFC 3339 in whole seconds, `2026-01-01T00:00:00Z` or with an offset: seconds since 1970. The years are
    /// 1970 to 2199.
    static func seconds(_ text: String) -> Int64? {
        let bytes = Array(text.utf8)
        guard bytes.count == 20 || bytes.count == 25, bytes[4] == UInt8(ascii: "-"),
            bytes[7] == UInt8(ascii: "-"), bytes[10] | 0x20 == UInt8(ascii: "t"),
            bytes[13] == UInt8(ascii: ":"), bytes[16] == UInt8(ascii: ":"),
            let year = number(bytes[0..<4], 1_970...2_199), let month = number(bytes[5..<7], 1...12),
            let day = number(bytes[8..<10], 1...CivilDate.days(inMonth: month, of: year)),
            let hour = number(bytes[11..<13], 0...23), let minute = number(bytes[14..<16], 0...59),
            let second = number(bytes[17..<19], 0...59), let offset = offset(bytes[19...])
        else { return nil }
        let days = CivilDate(year: year, month: month, day: day).daysSinceEpoch
        return Int64(((days * 24 + hour) * 60 + minute) * 60 + second - offset)
    }

    /// `06:30` → 390; `24:00` is the midnight that `00:00` is.
    static func minutes(_ text: String) -> Int64? {
        if text == "24:00" { return 0 }
        let bytes = Array(text.utf8)
        guard bytes.count == 5, bytes[2] == UInt8(ascii: ":"), let hour = number(bytes[0..<2], 0...23),
            let minute = number(bytes[3..<5], 0...59)
        else { return nil }
        return Int64(hour * 60 + minute)
    }

    /// As `seconds` reads it, by UTC.
    package static func text(_ seconds: Int64) -> String {
        CivilTime(local: seconds).text.replacing(" ", with: "T") + "Z"
    }

    /// 390 → `06:30`.
    package static func text(minutes: Int) -> String {
        CivilTime(local: Int64(minutes) * 60).shortClockText
    }

    /// `Z`, or `+02:00` in seconds.
    private static func offset(_ bytes: ArraySlice<UInt8>) -> Int? {
        guard let first = bytes.first else { return nil }
        let rest = bytes.dropFirst()
        if first | 0x20 == UInt8(ascii: "z") { return rest.isEmpty ? 0 : nil }
        guard first == UInt8(ascii: "+") || first == UInt8(ascii: "-"),
            rest.count == 5, rest.dropFirst(2).first == UInt8(ascii: ":"),
            let hours = number(rest.prefix(2), 0...23), let minutes = number(rest.suffix(2), 0...59)
        else { return nil }
        return (hours * 60 + minutes) * 60 * (first == UInt8(ascii: "-") ? -1 : 1)
    }

    private static func number(_ digits: ArraySlice<UInt8>, _ range: ClosedRange<Int>) -> Int? {
        var value = 0
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            value = value * 10 + Int(digit - UInt8(ascii: "0"))
        }
        return range.contains(value) ? value : nil
    }
}
