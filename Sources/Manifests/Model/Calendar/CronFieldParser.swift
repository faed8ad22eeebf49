/// Reads one field of a cron expression: a list of values, ranges, steps, and what is special to days.
struct CronFieldParser {
    let bytes: [UInt8]
    let kind: CronFieldKind
    var values = CronValues()
    /// `L`, `W` and `#` go here.
    var days: DayRule
    var isOpen = false

    init(bytes: [UInt8], kind: CronFieldKind, days: DayRule) {
        self.bytes = bytes
        self.kind = kind
        self.days = days
    }

    mutating func read(_ range: Range<Int>) throws(CalendarSyntaxError) {
        let first = bytes[range.lowerBound]
        isOpen = first == UInt8(ascii: "*") || first == UInt8(ascii: "?")
        let items = CalendarScanner.parts(of: bytes, in: range) { $0 == UInt8(ascii: ",") }
        for item in items {
            guard !item.isEmpty else {
                throw problem(item.lowerBound, "a value is missing beside the comma", "remove the comma")
            }
            try readItem(item, isAlone: items.count == 1)
        }
    }

    private mutating func readItem(_ range: Range<Int>, isAlone: Bool) throws(CalendarSyntaxError) {
        var scanner = CalendarScanner(bytes, range)
        if scanner.take("?") {
            guard kind == .dayOfMonth || kind == .dayOfWeek, isAlone, scanner.isAtEnd else {
                throw problem(
                    range.lowerBound, "'?' stands alone, in one of the two fields for days", "write '*'")
            }
            values.bits |= Self.bits(kind.distinct, 1)
        } else if scanner.take("*") {
            try add(&scanner, from: kind.distinct.lowerBound, to: kind.distinct.upperBound, range)
        } else if try readSpecial(&scanner, range) {
            return try checkEnd(scanner, range)
        } else {
            let first = try value(&scanner, range)
            if scanner.take("-") {
                try add(&scanner, from: first, to: try value(&scanner, range), range)
            } else if scanner.next == UInt8(ascii: "/") {
                try add(&scanner, from: first, to: kind.distinct.upperBound, range)
            } else {
                values.bits |= 1 << UInt64(first)
            }
        }
        try checkEnd(scanner, range)
    }

    // MARK: - Ranges and steps

    /// A range, from which a step may follow. One that ends before it begins goes on over the end: `22-2`.
    private mutating func add(
        _ scanner: inout CalendarScanner, from first: Int, to last: Int, _ range: Range<Int>
    ) throws(CalendarSyntaxError) {
        let size = kind.distinct.count
        // Sunday is 7 at the end of a range, and 0 at its beginning.
        let isSunday = kind == .dayOfWeek && first == 7
        let (first, last) = isSunday ? (0, last == 7 ? 0 : last) : (first, last)
        let span = last >= first ? last - first : last - first + size
        let step = try step(&scanner, span: span, from: first)
        for distance in stride(from: 0, through: span, by: step) {
            let value = kind.distinct.lowerBound + (first - kind.distinct.lowerBound + distance) % size
            values.bits |= 1 << UInt64(value)
        }
    }

    /// 1 where none is written.
    private func step(
        _ scanner: inout CalendarScanner, span: Int, from first: Int
    ) throws(CalendarSyntaxError) -> Int {
        let slash = scanner.position
        guard scanner.take("/") else { return 1 }
        guard let step = scanner.takeNumber() else {
            throw problem(slash, "a number is missing after '/'", "write a step such as */15")
        }
        guard step > 0 else {
            throw problem(slash + 1, "a step of 0 goes nowhere", "write a step of 1 or more")
        }
        guard step <= span else {
            let shown = step == .max ? "so large a step" : "a step of \(step)"
            throw problem(
                slash + 1,
                "\(shown) reaches no second value of the \(kind.plural): it means \(first) alone",
                "write \(first), or use 'interval' for a time that does not fit into the field")
        }
        return step
    }

    static func bits(_ range: ClosedRange<Int>, _ step: Int) -> UInt64 {
        stride(from: range.lowerBound, through: range.upperBound, by: step).reduce(0) { $0 | 1 << UInt64($1) }
    }

    // MARK: - Values

    func value(
        _ scanner: inout CalendarScanner, _ range: Range<Int>
    ) throws(CalendarSyntaxError) -> Int {
        let start = scanner.position
        if let number = scanner.takeNumber() {
            guard kind.values.contains(number) else {
                let (low, high) = (kind.values.lowerBound, kind.values.upperBound)
                throw problem(
                    start,
                    "\(scanner.text(start..<scanner.position)) is not among the \(kind.plural)"
                        + ", which go from \(low) to \(high)", kind.example)
            }
            return number
        }
        let word = scanner.takeLetters()
        if !word.isEmpty, let index = CalendarNames.index(of: word, in: kind.names) {
            return index + kind.firstNamed
        }
        throw unexpected(start, word, range)
    }

    private func unexpected(_ start: Int, _ word: String, _ range: Range<Int>) -> CalendarSyntaxError {
        let item = String(decoding: bytes[range], as: UTF8.self)
        guard !word.isEmpty else {
            return problem(start, "'\(item)' is nothing that the \(kind.plural) know", kind.example)
        }
        if let nearest = CalendarNames.nearest(to: word, in: kind.names) {
            return problem(start, "unknown name '\(word)'; did you mean '\(nearest)'?", kind.example)
        }
        if kind == .dayOfWeek, word == "L" {
            return problem(start, "'L' needs a day before it here", "write 5L for the last Friday, 6L, 0L …")
        }
        if kind == .dayOfMonth, word == "W" {
            return problem(
                start, "'W' needs a day before it",
                "write 15W, or LW; for every working day write MON-FRI as the day of the week")
        }
        return problem(start, "'\(item)' is nothing that the \(kind.plural) know", kind.example)
    }

    func checkEnd(_ scanner: CalendarScanner, _ range: Range<Int>) throws(CalendarSyntaxError) {
        guard !scanner.isAtEnd else { return }
        let rest = scanner.text(scanner.position..<range.upperBound)
        throw problem(
            scanner.position,
            "'\(rest)' cannot follow '\(scanner.text(range.lowerBound..<scanner.position))'",
            kind.example)
    }

    func problem(_ offset: Int, _ message: String, _ remedy: String) -> CalendarSyntaxError {
        CalendarSyntaxError(offset: offset, message: message, remedy: remedy)
    }
}
