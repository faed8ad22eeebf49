import Manifests

/// The rule by which clocks are changed every year, in the form of POSIX's `TZ`, as in
/// `CET-1CEST,M3.5.0,M10.5.0/3`.
struct TimeZoneRule {
    /// Seconds ahead of UTC.
    var standard: Int32
    var summer: Summer?

    struct Summer {
        var offset: Int32
        var begins: Moment
        var ends: Moment
    }

    /// A day of any year, and the seconds from its midnight on the clock that holds until then.
    struct Moment {
        var day: Day
        var seconds: Int64

        enum Day {
            /// `Jn`: 1 to 365; 29 February is not counted.
            case withoutLeap(Int)
            /// `n`: 0 to 365.
            case fromZero(Int)
            /// `Mm.w.d`: the w-th d of the month, 5 is the last one.
            case weekday(month: Int, week: Int, day: Int)
        }
    }

    /// From 1970 on, ascending. Empty where nothing is ever changed.
    func changes(through lastYear: Int) -> [(at: Int64, offset: Int32)] {
        guard let summer else { return [] }
        var changes: [(at: Int64, offset: Int32)] = []
        for year in TimePattern.yearMin...lastYear {
            let begin = summer.begins.local(in: year) - Int64(standard)
            let end = summer.ends.local(in: year) - Int64(summer.offset)
            changes.append((begin, summer.offset))
            changes.append((end, standard))
        }
        // Where it is summer at the new year, it ends before it begins. Where it never ends, the end of one
        // year and the beginning of the next are one instant, and the later entry holds.
        return changes.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }
            .map(\.element)
    }
}

extension TimeZoneRule.Moment {
    /// Seconds since 1970-01-01T00:00:00 by the clock that holds until then.
    func local(in year: Int) -> Int64 {
        Int64(daysSinceEpoch(in: year)) * CivilTime.daySeconds + seconds
    }

    private func daysSinceEpoch(in year: Int) -> Int {
        let newYear = CivilDate(year: year, month: 1, day: 1).daysSinceEpoch
        switch day {
        case .withoutLeap(let day): return newYear + day - 1 + (CivilDate.isLeap(year) && day >= 60 ? 1 : 0)
        case .fromZero(let day): return newYear + day
        case .weekday(let month, let week, let day):
            let first = CivilDate(year: year, month: month, day: 1)
            var found = 1 + (day - first.weekday + 7) % 7 + (week - 1) * 7
            if found > CivilDate.days(inMonth: month, of: year) { found -= 7 }
            return first.daysSinceEpoch + found - 1
        }
    }
}

extension TimeZoneRule {
    init?(_ text: ArraySlice<UInt8>) {
        var reader = Reader(rest: text)
        guard reader.name(), let standard = reader.offset() else { return nil }
        self.standard = -standard
        if reader.rest.isEmpty { return }
        guard reader.name() else { return nil }
        var offset = self.standard + 3_600
        if let next = reader.rest.first, next != UInt8(ascii: ",") {
            guard let written = reader.offset() else { return nil }
            offset = -written
        }
        guard reader.take(","), let begins = reader.moment(), reader.take(","), let ends = reader.moment(),
            reader.rest.isEmpty
        else { return nil }
        summer = Summer(offset: offset, begins: begins, ends: ends)
    }

    private struct Reader {
        var rest: ArraySlice<UInt8>

        mutating func take(_ character: Unicode.Scalar) -> Bool {
            guard rest.first == UInt8(ascii: character) else { return false }
            rest.removeFirst()
            return true
        }

        /// `CET`, or `<+03>`.
        mutating func name() -> Bool {
            if take("<") {
                guard let end = rest.firstIndex(of: UInt8(ascii: ">")) else { return false }
                rest = rest[(end + 1)...]
                return true
            }
            let count = rest.prefix { ($0 | 32) >= 97 && ($0 | 32) <= 122 }.count
            rest = rest.dropFirst(count)
            return count >= 3
        }

        mutating func number(_ range: ClosedRange<Int>) -> Int? {
            let digits = rest.prefix { $0 >= 48 && $0 <= 57 }
            guard (1...3).contains(digits.count) else { return nil }
            rest = rest.dropFirst(digits.count)
            let value = digits.reduce(0) { $0 * 10 + Int($1 - 48) }
            return range.contains(value) ? value : nil
        }

        /// `[+-]hh[:mm[:ss]]`, in seconds.
        mutating func time(hours: Int) -> Int64? {
            let isNegative = take("-")
            if !isNegative { _ = take("+") }
            guard let hour = number(0...hours) else { return nil }
            var seconds = hour * 3_600
            if take(":") {
                guard let minute = number(0...59) else { return nil }
                seconds += minute * 60
                if take(":") {
                    guard let second = number(0...59) else { return nil }
                    seconds += second
                }
            }
            return Int64(isNegative ? -seconds : seconds)
        }

        mutating func offset() -> Int32? { time(hours: 24).map { Int32($0) } }

        mutating func moment() -> Moment? {
            guard let day = day() else { return nil }
            // Two in the morning where nothing is written; RFC 8536 allows a week in both directions.
            guard take("/") else { return Moment(day: day, seconds: 7_200) }
            return time(hours: 167).map { Moment(day: day, seconds: $0) }
        }

        private mutating func day() -> Moment.Day? {
            if take("J") { return number(1...365).map { .withoutLeap($0) } }
            guard take("M") else { return number(0...365).map { .fromZero($0) } }
            guard let month = number(1...12), take("."), let week = number(1...5), take("."),
                let day = number(0...6)
            else { return nil }
            return .weekday(month: month, week: week, day: day)
        }
    }
}
