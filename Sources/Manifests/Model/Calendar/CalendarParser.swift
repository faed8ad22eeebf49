/// Takes a calendar expression apart: days of the week, a date and a time, each of which may be missing.
enum CalendarParser {
    static let shorthands = [
        "minutely": "*-*-* *:*:00", "hourly": "*-*-* *:00:00", "daily": "*-*-* 00:00:00",
        "weekly": "Mon *-*-* 00:00:00", "monthly": "*-*-01 00:00:00", "yearly": "*-01-01 00:00:00",
        "annually": "*-01-01 00:00:00", "quarterly": "*-01,04,07,10-01 00:00:00",
        "semiannually": "*-01,07-01 00:00:00", "semi-annually": "*-01,07-01 00:00:00",
        "biannually": "*-01,07-01 00:00:00", "bi-annually": "*-01,07-01 00:00:00",
    ]

    private static let shape = "write it as in 'Mon..Fri 2027-*-1 03:00', of which each part may be missing"

    static func pattern(_ text: String) throws(CalendarSyntaxError) -> TimePattern {
        let bytes = Array(text.utf8)
        try CalendarScanner.checkLength(bytes)
        let words = CalendarScanner.parts(
            of: bytes, in: 0..<bytes.count, omittingEmpty: true, at: CalendarScanner.isSpace)
        guard let first = words.first else {
            throw CalendarSyntaxError(
                offset: 0, message: "the calendar expression is empty", remedy: shape)
        }
        let word = String(decoding: bytes[first], as: UTF8.self)
        if words.count == 1, let long = shorthands[word.lowercased()] { return try pattern(long) }
        try checkCron(bytes, words)
        var pattern = TimePattern(days: DayRule())
        pattern.days.ofMonth = DayRule.allOfMonth
        pattern.days.weekdays = DayRule.allWeekdays
        try read(bytes, words, &pattern)
        guard pattern.hasDay else {
            throw CalendarSyntaxError(
                offset: first.lowerBound, message: "it never fires: no day fits all that it names",
                remedy: "name a day that exists: the day of the week has to be that of the date too")
        }
        return pattern
    }

    private static func read(
        _ bytes: [UInt8], _ words: [Range<Int>], _ pattern: inout TimePattern
    ) throws(CalendarSyntaxError) {
        var rest = words[...]
        if let word = rest.first, CalendarScanner.isLetter(bytes[word.lowerBound]) {
            pattern.days.weekdays = try CalendarWeekdays.read(bytes, word, isAlone: words.count == 1)
            rest.removeFirst()
        }
        if let word = rest.first, isDate(bytes[word]) {
            try CalendarFieldParser.date(bytes, word, &pattern)
            rest.removeFirst()
        }
        if let word = rest.first, bytes[word].contains(UInt8(ascii: ":")) {
            try CalendarFieldParser.time(bytes, word, &pattern)
            rest.removeFirst()
        }
        guard let word = rest.first else { return }
        throw unexpected(bytes, word, isFirst: rest.count == words.count)
    }

    private static func isDate(_ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.contains { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "~") }
            && !bytes.contains(UInt8(ascii: ":"))
    }

    private static func unexpected(
        _ bytes: [UInt8], _ range: Range<Int>, isFirst: Bool
    ) -> CalendarSyntaxError {
        let word = String(decoding: bytes[range], as: UTF8.self)
        if bytes[range.lowerBound] == UInt8(ascii: "@") {
            let name = String(word.dropFirst()).lowercased()
            return CalendarSyntaxError(
                offset: range.lowerBound, message: "'\(word)' is no part of a calendar expression",
                remedy: shorthands[name] == nil ? shape : "write '\(name)', without the @")
        }
        if !isFirst, TimeZoneName.isWellFormed(word), CalendarWeekdays.day(word) == nil {
            return CalendarSyntaxError(
                offset: range.lowerBound, message: "a time zone is no part of a calendar expression here",
                remedy: "remove it, and write 'timezone: \(word)' beside 'trigger'")
        }
        return CalendarSyntaxError(
            offset: range.lowerBound,
            message: isFirst
                ? "'\(word)' is neither a day of the week, nor a date, nor a time"
                : "'\(word)' does not belong here: days of the week come first, then a date, then a time",
            remedy: shape)
    }

    /// Five or six fields with nothing of a date or time in them.
    private static func checkCron(_ bytes: [UInt8], _ words: [Range<Int>]) throws(CalendarSyntaxError) {
        guard words.count == 5 || words.count == 6, !bytes.contains(UInt8(ascii: ":")) else { return }
        throw CalendarSyntaxError(
            offset: words[0].lowerBound, message: "this is a cron expression, not a calendar expression",
            remedy: "write it as 'cron', or as a date and a time such as 'Mon..Fri *-*-* 02:30'")
    }
}

/// `Mon`, `Mon,Wed`, `Mon..Fri`.
enum CalendarWeekdays {
    /// 0 is Sunday.
    static func day(_ word: String) -> Int? {
        CalendarNames.index(of: word.uppercased(), in: CalendarNames.weekdays)
    }

    static func read(
        _ bytes: [UInt8], _ range: Range<Int>, isAlone: Bool
    ) throws(CalendarSyntaxError) -> UInt64 {
        var scanner = CalendarScanner(bytes, range)
        var days: UInt64 = 0
        repeat {
            let first = try name(&scanner, isAlone: isAlone)
            guard scanner.take("..") || scanner.take("-") else {
                days |= 1 << UInt64(first)
                continue
            }
            let place = scanner.position
            let last = try name(&scanner, isAlone: false)
            // Weeks begin on Monday here.
            let (from, to) = ((first + 6) % 7, (last + 6) % 7)
            guard from <= to else {
                throw CalendarSyntaxError(
                    offset: place, message: "a range of days goes from Monday towards Sunday",
                    remedy: "write two: \(short(first))..Sun,Mon..\(short(last))")
            }
            for day in from...to { days |= 1 << UInt64((day + 1) % 7) }
        } while scanner.take(",") && !scanner.isAtEnd
        guard scanner.isAtEnd else {
            let rest = scanner.text(scanner.position..<range.upperBound)
            throw CalendarSyntaxError(
                offset: scanner.position, message: "'\(rest)' cannot follow a day of the week",
                remedy: "write days as Mon,Wed or Mon..Fri, and a space before the date or time")
        }
        return days
    }

    private static func name(
        _ scanner: inout CalendarScanner, isAlone: Bool
    ) throws(CalendarSyntaxError) -> Int {
        let start = scanner.position
        let word = scanner.takeLetters()
        if let day = CalendarNames.index(of: word, in: CalendarNames.weekdays) { return day }
        let shown = word.isEmpty ? scanner.text(start..<scanner.end) : word.lowercased()
        var message = "unknown day of the week '\(shown)'"
        let shorthands = CalendarParser.shorthands.keys.sorted()
        if isAlone, let nearest = EditDistance.nearest(to: shown, among: shorthands) {
            message = "unknown word '\(shown)'; did you mean '\(nearest)'?"
        } else if let nearest = CalendarNames.nearest(to: word, in: CalendarNames.weekdays) {
            message += "; did you mean '\(nearest.prefix(1) + nearest.dropFirst().lowercased())'?"
        }
        throw CalendarSyntaxError(
            offset: start, message: message,
            remedy: "write Mon, Tue, Wed, Thu, Fri, Sat, Sun, or a shorthand such as daily")
    }

    private static func short(_ day: Int) -> String {
        let name = CalendarNames.weekdays[day]
        return String(name.prefix(1) + name.dropFirst().prefix(2).lowercased())
    }
}
