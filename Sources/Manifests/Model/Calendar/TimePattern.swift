/// The times that an expression means, as a clock on the wall shows them: all fields have to fit.
package struct TimePattern: Sendable, Hashable {
    /// Bit n is the n-th second of a minute, and so on.
    package var seconds: UInt64
    package var minutes: UInt64
    package var hours: UInt64
    /// Bit 1 is January.
    package var months: UInt64
    package var days: DayRule
    /// nil: every year.
    package var years: YearSet?

    package static let allMinutes: UInt64 = (1 << 60) - 1
    package static let allHours: UInt64 = (1 << 24) - 1
    package static let allMonths: UInt64 = 0x1FFE

    package static let yearMin = 1970
    package static let yearMax = 2199

    package init(
        seconds: UInt64 = 1, minutes: UInt64 = 1, hours: UInt64 = 1, months: UInt64 = allMonths,
        days: DayRule, years: YearSet? = nil
    ) {
        self.seconds = seconds
        self.minutes = minutes
        self.hours = hours
        self.months = months
        self.days = days
        self.years = years
    }

    /// It goes by every hour, however it is spelled (`*`, `0-23`): such a pattern is kept by the hours that
    /// really pass, and a change of the clock neither leaves out nor repeats anything of it.
    package var isEveryHour: Bool { hours == Self.allHours }

    /// The days of a month that fit; 0 where the month or the year does not.
    package func days(inMonth month: Int, of year: Int) -> UInt64 {
        guard months >> UInt64(month) & 1 == 1, years?.contains(year) ?? true else { return 0 }
        return days.days(inMonth: month, of: year)
    }

    /// Whether there is a day, ever, on which it fires.
    package var hasDay: Bool {
        for year in Self.yearMin...Self.yearMax where years?.contains(year) ?? true {
            for month in 1...12 where days(inMonth: month, of: year) != 0 { return true }
        }
        return false
    }
}

/// Years from 1970 to 2199.
package struct YearSet: Sendable, Hashable {
    private var words: [UInt64] = [0, 0, 0, 0]

    package init(_ years: some Sequence<Int>) {
        for year in years where Self.range.contains(year) {
            words[(year - Self.range.lowerBound) / 64] |= 1 << UInt64((year - Self.range.lowerBound) % 64)
        }
    }

    package static let range = TimePattern.yearMin...TimePattern.yearMax

    package func contains(_ year: Int) -> Bool {
        guard Self.range.contains(year) else { return false }
        let index = year - Self.range.lowerBound
        return words[index / 64] >> UInt64(index % 64) & 1 == 1
    }
}
