/// Which days of a month are meant.
package struct DayRule: Sendable, Hashable {
    /// Bit n is the n-th of the month.
    package var ofMonth: UInt64 = 0
    /// Bit n is n days before the last of the month.
    package var beforeLast: UInt64 = 0
    /// The weekday (Monday to Friday) nearest to the n-th, in the same month.
    package var nearest: UInt64 = 0
    /// The weekday nearest to n days before the last.
    package var nearestBeforeLast: UInt64 = 0
    /// Bit 0 is Sunday.
    package var weekdays: UInt64 = 0
    /// Bit (n - 1) * 7 + w is the n-th w of the month.
    package var nthWeekdays: UInt64 = 0
    package var lastWeekdays: UInt64 = 0
    /// Whether one of the two is enough: a day of the month, or a day of the week. Else it has to be both.
    package var joinsEither = false

    package static let allOfMonth: UInt64 = 0xFFFF_FFFE
    package static let allWeekdays: UInt64 = 0x7F

    /// Bit n is the n-th.
    package func days(inMonth month: Int, of year: Int) -> UInt64 {
        let count = CivilDate.days(inMonth: month, of: year)
        let first = CivilDate(year: year, month: month, day: 1).weekday
        let month = daysOfMonth(count, first)
        let week = daysOfWeek(count, first)
        return joinsEither ? month | week : month & week
    }

    private func daysOfMonth(_ count: Int, _ first: Int) -> UInt64 {
        var result = ofMonth & Self.upTo(count)
        if beforeLast | nearest | nearestBeforeLast == 0 { return result }
        forEachBit(beforeLast) { if $0 < count { result |= 1 << UInt64(count - $0) } }
        forEachBit(nearest) { if $0 <= count { result |= 1 << Self.nearest(to: $0, count, first) } }
        forEachBit(nearestBeforeLast) {
            if $0 < count { result |= 1 << Self.nearest(to: count - $0, count, first) }
        }
        return result
    }

    private func daysOfWeek(_ count: Int, _ first: Int) -> UInt64 {
        // The pattern of a week that begins with the weekday of the first, five times.
        let week = (weekdays >> UInt64(first) | weekdays << UInt64(7 - first)) & Self.allWeekdays
        var result = (week | week << 7 | week << 14 | week << 21 | week << 28) << 1
        forEachBit(nthWeekdays) { bit in
            result |= 1 << UInt64(1 + (bit % 7 - first + 7) % 7 + bit / 7 * 7)
        }
        let last = (first + count - 1) % 7
        forEachBit(lastWeekdays) { result |= 1 << UInt64(count - (last - $0 + 7) % 7) }
        return result & Self.upTo(count)
    }

    /// From Saturday to the day before, from Sunday to the day after; never into another month.
    private static func nearest(to day: Int, _ count: Int, _ first: Int) -> UInt64 {
        switch (first + day - 1) % 7 {
        case 6: UInt64(day == 1 ? 3 : day - 1)
        case 0: UInt64(day == count ? day - 2 : day + 1)
        default: UInt64(day)
        }
    }

    private static func upTo(_ count: Int) -> UInt64 { (2 << UInt64(count)) - 2 }

    private func forEachBit(_ bits: UInt64, _ body: (Int) -> Void) {
        var bits = bits
        while bits != 0 {
            body(bits.trailingZeroBitCount)
            bits &= bits - 1
        }
    }
}
