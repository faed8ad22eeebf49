/// Reads one component of a date or a time of a calendar expression.
struct CalendarFieldParser {
    let kind: Kind
    let bytes: [UInt8]
    let range: Range<Int>

    enum Kind {
        case year, month, day, dayFromEnd, hour, minute, second

        var values: ClosedRange<Int> {
            switch self {
            case .year: YearSet.range
            case .month: 1...12
            case .day, .dayFromEnd: 1...31
            case .hour: 0...23
            case .minute, .second: 0...59
            }
        }

        var plural: String {
            switch self {
            case .year: "years"
            case .month: "months"
            case .day: "days of the month"
            case .dayFromEnd: "days from the end of the month"
            case .hour: "hours"
            case .minute: "minutes"
            case .second: "seconds"
            }
        }

        var example: String {
            switch self {
            case .year: "write a year with four digits, such as 2027, a range such as 2027..2029, or *"
            case .month: "write 1 to 12, lists and ranges such as 1,4 or 3..5, or *"
            case .day: "write 1 to 31, lists and ranges such as 1,15 or 1..7, or *"
            case .dayFromEnd: "write 1 for the last day, 2 for the one before it, as in *-*~1"
            case .hour: "write 0 to 23, lists and ranges such as 8..18, steps such as 0/6, or *"
            case .minute, .second: "write 0 to 59, lists and ranges such as 0,30, steps such as 0/15, or *"
            }
        }
    }

    // MARK: - Dates and times

    /// `2027-10-15`, `10-15`, `*-*~3`.
    static func date(
        _ bytes: [UInt8], _ range: Range<Int>, _ pattern: inout TimePattern
    ) throws(CalendarSyntaxError) {
        let isSeparator = { (byte: UInt8) in byte == UInt8(ascii: "-") || byte == UInt8(ascii: "~") }
        let parts = CalendarScanner.parts(of: bytes, in: range, at: isSeparator)
        let tildes = range.filter { bytes[$0] == UInt8(ascii: "~") }
        let isFromEnd = tildes == [parts[parts.count - 1].lowerBound - 1]
        guard parts.count <= 3, tildes.isEmpty || isFromEnd else {
            throw CalendarSyntaxError(
                offset: tildes.first ?? parts[3].lowerBound, message: "a date is year, month and day",
                remedy: "write 2027-10-15, *-*-1, or *-*~1 for the last day of the month")
        }
        // `*~3` has a month and a day.
        let dayKind = isFromEnd ? Kind.dayFromEnd : .day
        let days = try CalendarFieldParser(kind: dayKind, bytes: bytes, range: parts.last ?? range).values()
        pattern.days.ofMonth = isFromEnd ? 0 : days.map(Self.bits) ?? DayRule.allOfMonth
        if isFromEnd { pattern.days.beforeLast = days.map { Self.bits($0.map { $0 - 1 }) } ?? 0x7FFF_FFFF }
        let month = CalendarFieldParser(kind: .month, bytes: bytes, range: parts[parts.count - 2])
        pattern.months = try month.values().map(Self.bits) ?? TimePattern.allMonths
        guard parts.count == 3 else { return }
        pattern.years = try CalendarFieldParser(kind: .year, bytes: bytes, range: parts[0]).values()
            .map { YearSet($0) }
    }

    /// `03:00`, `*:0/15`, `3:00:30`.
    static func time(
        _ bytes: [UInt8], _ range: Range<Int>, _ pattern: inout TimePattern
    ) throws(CalendarSyntaxError) {
        let parts = CalendarScanner.parts(of: bytes, in: range) { $0 == UInt8(ascii: ":") }
        guard parts.count <= 3 else {
            throw CalendarSyntaxError(
                offset: parts[3].lowerBound, message: "a time is hour, minute and second",
                remedy: "write 03:00 or 03:00:30")
        }
        let hours = try CalendarFieldParser(kind: .hour, bytes: bytes, range: parts[0]).values()
        pattern.hours = hours.map(Self.bits) ?? TimePattern.allHours
        let minutes = try CalendarFieldParser(kind: .minute, bytes: bytes, range: parts[1]).values()
        pattern.minutes = minutes.map(Self.bits) ?? TimePattern.allMinutes
        guard parts.count == 3 else { return }
        let seconds = try CalendarFieldParser(kind: .second, bytes: bytes, range: parts[2]).values()
        pattern.seconds = seconds.map(Self.bits) ?? TimePattern.allMinutes
    }

    private static func bits(_ values: [Int]) -> UInt64 { values.reduce(0) { $0 | 1 << UInt64($1) } }

    // MARK: - Lists

    /// nil: `*`.
    private func values() throws(CalendarSyntaxError) -> [Int]? {
        if bytes[range].elementsEqual([UInt8(ascii: "*")]) { return nil }
        var result: [Int] = []
        for item in CalendarScanner.parts(of: bytes, in: range, at: { $0 == UInt8(ascii: ",") }) {
            var scanner = CalendarScanner(bytes, item)
            result += try self.item(&scanner)
            guard scanner.isAtEnd else { throw trailing(scanner) }
        }
        return result
    }

    /// `5`, `5/15`, `5..20`, `5..20/5`.
    private func item(_ scanner: inout CalendarScanner) throws(CalendarSyntaxError) -> [Int] {
        let first = try value(&scanner)
        var last: Int?
        if scanner.take("..") {
            let place = scanner.position
            let end = try value(&scanner)
            guard first <= end else {
                let values = kind.values
                throw problem(
                    place, "a range ends at or after its beginning",
                    "write two: \(first)..\(values.upperBound),\(values.lowerBound)..\(end)")
            }
            last = end
        }
        guard scanner.next == UInt8(ascii: "/") else { return Array(first...(last ?? first)) }
        // Days from the end are counted down, so a step without an end goes towards the last day of the
        // month.
        if kind == .dayFromEnd, last == nil {
            let step = try step(&scanner, span: first - 1, from: first)
            return Array(stride(from: first, through: 1, by: -step))
        }
        let end = last ?? kind.values.upperBound
        let step = try step(&scanner, span: end - first, from: first)
        return Array(stride(from: first, through: end, by: step))
    }

    private func step(
        _ scanner: inout CalendarScanner, span: Int, from first: Int
    ) throws(CalendarSyntaxError) -> Int {
        let slash = scanner.position
        let number = scanner.take("/") ? scanner.takeNumber() : nil
        if number != nil, scanner.next == UInt8(ascii: ".") { throw fraction(scanner.position) }
        guard let step = number, step > 0 else {
            throw problem(slash, "after '/' stands a step of 1 or more", kind.example)
        }
        guard step <= span else {
            throw problem(
                slash + 1,
                "this step reaches no second value of the \(kind.plural): it means \(first) alone",
                "write \(first), or use 'interval' for a time that does not fit into the field")
        }
        return step
    }

    private func value(_ scanner: inout CalendarScanner) throws(CalendarSyntaxError) -> Int {
        let start = scanner.position
        guard let number = scanner.takeNumber() else { throw notNumber(start) }
        if kind == .second, scanner.next == UInt8(ascii: "."), !Self.isRange(scanner) {
            throw fraction(scanner.position)
        }
        guard kind.values.contains(number) else {
            let (low, high) = (kind.values.lowerBound, kind.values.upperBound)
            throw problem(
                start,
                "\(scanner.text(start..<scanner.position)) is not among the \(kind.plural), "
                    + "which go from \(low) to \(high)", kind.example)
        }
        return number
    }

    private static func isRange(_ scanner: CalendarScanner) -> Bool {
        var scanner = scanner
        return scanner.take("..")
    }

    // MARK: - What is wrong

    private func notNumber(_ start: Int) -> CalendarSyntaxError {
        guard start < range.upperBound else {
            return problem(start, "a number is missing among the \(kind.plural)", kind.example)
        }
        let rest = String(decoding: bytes[start..<range.upperBound], as: UTF8.self)
        if rest.hasPrefix("*/") {
            return problem(
                start, "'*' takes no step here",
                "write the first value: \(kind.values.lowerBound)\(rest.dropFirst())")
        }
        return problem(start, "'\(rest)' is nothing that the \(kind.plural) know", kind.example)
    }

    private func trailing(_ scanner: CalendarScanner) -> CalendarSyntaxError {
        let rest = scanner.text(scanner.position..<scanner.end)
        if rest.hasPrefix("-") {
            return problem(scanner.position, "a range is written with two dots here", "write ..")
        }
        return problem(scanner.position, "'\(rest)' cannot follow a number", kind.example)
    }

    private func fraction(_ offset: Int) -> CalendarSyntaxError {
        problem(offset, "parts of a second cannot be had", "write whole seconds")
    }

    private func problem(_ offset: Int, _ message: String, _ remedy: String) -> CalendarSyntaxError {
        CalendarSyntaxError(offset: offset, message: message, remedy: remedy)
    }
}
