import Manifests

extension TimePattern {
    /// The first time that fits, at this one or later and before the limit, all as seconds since 1970-01-01
    /// on the same clock. It looks at no more than one month after another until 2199: 2,760 of them, which
    /// takes less than a millisecond.
    func first(atOrAfter local: Int64, before limit: Int64) -> Int64? {
        guard local < limit else { return nil }
        let (days, secondOfDay) = CivilTime.split(local)
        var date = CivilDate(daysSinceEpoch: days)
        if date.year < Self.yearMin { return first(atOrAfter: 0, before: limit) }
        var fitting = self.days(inMonth: date.month, of: date.year)
        if fitting >> UInt64(date.day) & 1 == 1, let second = timeOfDay(atOrAfter: secondOfDay) {
            return below(limit, Int64(days) * CivilTime.daySeconds + Int64(second))
        }
        // Later days, of this month and of those that follow.
        fitting &= ~((2 << UInt64(date.day)) - 1)
        while fitting == 0 {
            guard advance(&date) else { return nil }
            let begin = Int64(date.daysSinceEpoch) * CivilTime.daySeconds
            guard begin < limit else { return nil }
            fitting = self.days(inMonth: date.month, of: date.year)
        }
        date.day = fitting.trailingZeroBitCount
        return below(limit, Int64(date.daysSinceEpoch) * CivilTime.daySeconds + Int64(firstOfDay))
    }

    private func below(_ limit: Int64, _ time: Int64) -> Int64? { time < limit ? time : nil }

    /// To the first of the next month that is named; false after the last year.
    private func advance(_ date: inout CivilDate) -> Bool {
        date.day = 1
        let later = months & ~((2 << UInt64(date.month)) - 1)
        if later != 0 {
            date.month = later.trailingZeroBitCount
            return true
        }
        date.month = months.trailingZeroBitCount
        repeat { date.year += 1 } while date.year <= Self.yearMax && years?.contains(date.year) == false
        return date.year <= Self.yearMax
    }

    private var firstOfDay: Int {
        hours.trailingZeroBitCount * 3_600 + minutes.trailingZeroBitCount * 60 + seconds.trailingZeroBitCount
    }

    private func timeOfDay(atOrAfter secondOfDay: Int) -> Int? {
        let hour = secondOfDay / 3_600
        if hours >> UInt64(hour) & 1 == 1 {
            let minute = secondOfDay / 60 % 60
            let begin = hour * 3_600
            if minutes >> UInt64(minute) & 1 == 1, let second = Self.next(seconds, from: secondOfDay % 60) {
                return begin + minute * 60 + second
            }
            if let minute = Self.next(minutes, from: minute + 1) {
                return begin + minute * 60 + seconds.trailingZeroBitCount
            }
        }
        guard let hour = Self.next(hours, from: hour + 1) else { return nil }
        return hour * 3_600 + minutes.trailingZeroBitCount * 60 + seconds.trailingZeroBitCount
    }

    /// The lowest bit at this place or above.
    private static func next(_ bits: UInt64, from place: Int) -> Int? {
        let rest = bits & ~((1 << UInt64(place)) - 1)
        return rest == 0 ? nil : rest.trailingZeroBitCount
    }
}
