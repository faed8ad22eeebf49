/// A day of the Gregorian calendar, without a time zone.
package struct CivilDate: Sendable, Hashable {
    package var year: Int
    /// 1 is January.
    package var month: Int
    package var day: Int

    package init(year: Int, month: Int, day: Int) {
        self.year = year
        self.month = month
        self.day = day
    }

    /// Years of 400 begin in March, so that the leap day is the last of a year.
    package init(daysSinceEpoch days: Int) {
        let shifted = days + Self.daysBeforeEpoch
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    /// From 0000-03-01 to 1970-01-01.
    private static let daysBeforeEpoch = 719_468

    package var daysSinceEpoch: Int {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear - 399) / 400
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - Self.daysBeforeEpoch
    }

    /// 0 is Sunday.
    package var weekday: Int { Self.weekday(daysSinceEpoch: daysSinceEpoch) }

    package static func weekday(daysSinceEpoch days: Int) -> Int {
        let remainder = (days + 4) % 7
        return remainder < 0 ? remainder + 7 : remainder
    }

    package static func isLeap(_ year: Int) -> Bool {
        year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    }

    package static func days(inMonth month: Int, of year: Int) -> Int {
        switch month {
        case 2: isLeap(year) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}

/// What a clock on the wall shows: a day and a time of it.
package struct CivilTime: Sendable, Hashable {
    package var date: CivilDate
    package var hour: Int
    package var minute: Int
    package var second: Int

    package static let daySeconds: Int64 = 86_400

    package init(date: CivilDate, hour: Int, minute: Int, second: Int) {
        self.date = date
        self.hour = hour
        self.minute = minute
        self.second = second
    }

    /// From seconds since 1970-01-01T00:00:00 on the same clock.
    package init(local seconds: Int64) {
        let (days, rest) = Self.split(seconds)
        date = CivilDate(daysSinceEpoch: days)
        hour = rest / 3_600
        minute = rest / 60 % 60
        second = rest % 60
    }

    /// Seconds since 1970-01-01T00:00:00 on the same clock.
    package var local: Int64 {
        Int64(date.daysSinceEpoch) * Self.daySeconds + Int64(hour * 3_600 + minute * 60 + second)
    }

    /// Whole days, and the seconds of the day that began then.
    package static func split(_ seconds: Int64) -> (days: Int, secondOfDay: Int) {
        var days = seconds / daySeconds
        var rest = seconds % daySeconds
        if rest < 0 {
            rest += daySeconds
            days -= 1
        }
        return (Int(days), Int(rest))
    }

    /// `2026-03-29 02:30:00`.
    package var text: String {
        "\(Self.padded(date.year, 4))-\(Self.padded(date.month))-\(Self.padded(date.day)) \(clockText)"
    }

    /// `02:30`, or `02:30:15` where there are seconds.
    package var shortClockText: String {
        second == 0 ? "\(Self.padded(hour)):\(Self.padded(minute))" : clockText
    }

    private var clockText: String { "\(Self.padded(hour)):\(Self.padded(minute)):\(Self.padded(second))" }

    private static func padded(_ number: Int, _ width: Int = 2) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
