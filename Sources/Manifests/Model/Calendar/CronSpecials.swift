extension CronFieldParser {
    /// `H`, `L`, `W` and `#`; false, with nothing read, where none of them stands there.
    mutating func readSpecial(
        _ scanner: inout CalendarScanner, _ range: Range<Int>
    ) throws(CalendarSyntaxError) -> Bool {
        if let next = scanner.next, next | 32 == UInt8(ascii: "h") {
            scanner.position += 1
            try readHashed(&scanner)
            return true
        }
        switch kind {
        case .dayOfMonth: return try readDayOfMonth(&scanner, range)
        case .dayOfWeek: return try readDayOfWeek(&scanner, range)
        default: return false
        }
    }

    // MARK: - H

    /// `H`, `H(0-29)`, `H/15`, `H(0-29)/10`: a number that follows from the Schedule's name.
    private mutating func readHashed(_ scanner: inout CalendarScanner) throws(CalendarSyntaxError) {
        var limits = kind.hashed
        if scanner.next == UInt8(ascii: "(") { limits = try hashedLimits(&scanner) }
        var step: Int?
        let slash = scanner.position
        if scanner.take("/") {
            let span = limits.count
            guard let number = scanner.takeNumber(), (1...span).contains(number) else {
                throw problem(
                    slash + 1, "the step after 'H/' goes from 1 to \(span) here",
                    "write a step such as H/15, or H alone for one value")
            }
            step = number
        }
        values.hashed.append(.init(first: limits.lowerBound, last: limits.upperBound, step: step))
    }

    private func hashedLimits(
        _ scanner: inout CalendarScanner
    ) throws(CalendarSyntaxError) -> ClosedRange<Int> {
        let start = scanner.position
        let high = kind.hashed.upperBound
        guard scanner.take("("), let first = scanner.takeNumber(), scanner.take("-"),
            let last = scanner.takeNumber(), scanner.take(")")
        else {
            throw problem(
                start, "'H' is followed by a range in parentheses",
                "write H(\(kind.hashed.lowerBound)-\(high))"
            )
        }
        guard first <= last, first >= kind.hashed.lowerBound, last <= high else {
            let why = kind == .dayOfMonth ? ", the days that every month has" : ""
            throw problem(
                start + 1, "the range of 'H' is within \(kind.hashed.lowerBound) to \(high)\(why)",
                "write H(\(kind.hashed.lowerBound)-\(high)), or a part of it")
        }
        return first...last
    }

    // MARK: - Days of the month

    /// `L`, `L-3`, `LW`, `L-3W`, `15W`.
    private mutating func readDayOfMonth(
        _ scanner: inout CalendarScanner, _ range: Range<Int>
    ) throws(CalendarSyntaxError) -> Bool {
        if take("l", &scanner) {
            var before = 0
            let dash = scanner.position
            if scanner.take("-") {
                guard let number = scanner.takeNumber(), (1...30).contains(number) else {
                    throw problem(
                        dash, "after 'L-' stands how many days before the last, from 1 to 30", "write L-3")
                }
                before = number
            }
            if take("w", &scanner) {
                days.nearestBeforeLast |= 1 << UInt64(before)
            } else {
                days.beforeLast |= 1 << UInt64(before)
            }
            return true
        }
        guard bytes[range].dropFirst().last.map({ $0 | 32 }) == UInt8(ascii: "w"),
            bytes[range].dropLast().allSatisfy(CalendarScanner.isDigit)
        else { return false }
        days.nearest |= 1 << UInt64(try value(&scanner, range))
        return take("w", &scanner)
    }

    // MARK: - Days of the week

    /// `MON#2`, `5L`.
    private mutating func readDayOfWeek(
        _ scanner: inout CalendarScanner, _ range: Range<Int>
    ) throws(CalendarSyntaxError) -> Bool {
        let isLast = isLastWeekday(range)
        guard isLast || bytes[range].contains(UInt8(ascii: "#")) else { return false }
        if isLast {
            var name = CalendarScanner(bytes, range.lowerBound..<range.upperBound - 1)
            days.lastWeekdays |= 1 << UInt64(try value(&name, range) % 7)
            try checkEnd(name, range)
            scanner.position = range.upperBound
            return true
        }
        let day = try value(&scanner, range) % 7
        let hash = scanner.position
        guard scanner.take("#"), let number = scanner.takeNumber(), (1...5).contains(number) else {
            throw problem(
                hash, "after '#' stands which one of the month, from 1 to 5",
                "write MON#2 for the second Monday, or 1L for the last one")
        }
        days.nthWeekdays |= 1 << UInt64((number - 1) * 7 + day)
        return true
    }

    /// A day and then `L`. No name of a day ends with it.
    private func isLastWeekday(_ range: Range<Int>) -> Bool {
        guard range.count > 1, bytes[range.upperBound - 1] | 32 == UInt8(ascii: "l") else { return false }
        let head = bytes[range.lowerBound..<range.upperBound - 1]
        return head.allSatisfy(CalendarScanner.isDigit) || head.allSatisfy(CalendarScanner.isLetter)
    }

    private func take(_ letter: Unicode.Scalar, _ scanner: inout CalendarScanner) -> Bool {
        guard let next = scanner.next, next | 32 == UInt8(ascii: letter) else { return false }
        scanner.position += 1
        return true
    }
}
