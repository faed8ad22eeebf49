/// Takes a cron expression apart into its fields.
enum CronParser {
    static func fields(_ text: String) throws(CalendarSyntaxError) -> CronFields {
        let bytes = Array(text.utf8)
        try CalendarScanner.checkLength(bytes)
        let words = CalendarScanner.parts(
            of: bytes, in: 0..<bytes.count, omittingEmpty: true, at: CalendarScanner.isSpace)
        guard let first = words.first else {
            throw CalendarSyntaxError(
                offset: 0, message: "the cron expression is empty",
                remedy: "write five fields: minute, hour, day of the month, month, day of the week")
        }
        try checkWhole(bytes, words, first)
        if bytes[first.lowerBound] == UInt8(ascii: "@") { return try shorthand(bytes, words) }
        let kinds = words.count == 6 ? CronFieldKind.six : CronFieldKind.five
        guard words.count == kinds.count else { throw wrongCount(bytes, words) }
        var fields = CronFields()
        for (kind, range) in zip(kinds, words) { try read(kind, bytes, range, &fields) }
        try checkDays(fields, at: words[kinds.count - 3].lowerBound)
        return fields
    }

    private static func read(
        _ kind: CronFieldKind, _ bytes: [UInt8], _ range: Range<Int>, _ fields: inout CronFields
    ) throws(CalendarSyntaxError) {
        var field = CronFieldParser(bytes: bytes, kind: kind, days: fields.days)
        try field.read(range)
        fields.days = field.days
        switch kind {
        case .second: fields.second = field.values
        case .minute: fields.minute = field.values
        case .hour: fields.hour = field.values
        case .month: fields.month = field.values
        case .dayOfMonth:
            fields.dayOfMonth = field.values
            fields.isDayOfMonthOpen = field.isOpen
        case .dayOfWeek:
            fields.dayOfWeek = field.values
            fields.isDayOfWeekOpen = field.isOpen
        }
    }

    /// A day that no year has.
    private static func checkDays(_ fields: CronFields, at offset: Int) throws(CalendarSyntaxError) {
        // Whatever the name is: the ranges of `H` are within every month.
        guard !fields.pattern(HashedFields(name: "")).hasDay else { return }
        throw CalendarSyntaxError(
            offset: offset, message: "it never fires: no month that it names has such a day",
            remedy: "name a day that one of the months has; L is the last day of any month")
    }

    // MARK: - What is no list of fields

    private static func checkWhole(
        _ bytes: [UInt8], _ words: [Range<Int>], _ first: Range<Int>
    ) throws(CalendarSyntaxError) {
        let word = String(decoding: bytes[first], as: UTF8.self)
        if let equals = word.firstIndex(of: "="), ["TZ", "CRON_TZ"].contains(word[..<equals].uppercased()) {
            let zone = word[word.index(after: equals)...]
            throw CalendarSyntaxError(
                offset: first.lowerBound, message: "a time zone is no part of a cron expression here",
                remedy: "remove it, and write 'timezone: \(zone)' beside 'trigger'")
        }
        let calendar = bytes.contains(UInt8(ascii: ":")) || bytes.contains(UInt8(ascii: "~"))
        if words.count < 4, calendar || word.contains("..") {
            throw CalendarSyntaxError(
                offset: first.lowerBound, message: "this is a calendar expression, not a cron expression",
                remedy: "write it as 'calendar', or as five fields such as '30 2 * * MON-FRI'")
        }
        if words.count == 1, CalendarParser.shorthands[word.lowercased()] != nil {
            throw CalendarSyntaxError(
                offset: first.lowerBound, message: "'\(word)' is a shorthand of 'calendar', not of 'cron'",
                remedy: "write 'calendar: \(word.lowercased())', or '@daily', '@hourly', '@weekly' …")
        }
    }

    private static func wrongCount(_ bytes: [UInt8], _ words: [Range<Int>]) -> CalendarSyntaxError {
        let order = "minute, hour, day of the month, month, day of the week"
        if words.count < 5 {
            return CalendarSyntaxError(
                offset: bytes.count,
                message: "a cron expression has 5 or 6 fields, and this one has \(words.count)",
                remedy: "write \(order); with seconds before them where there are six")
        }
        let year = words.count == 7 && bytes[words[6]].allSatisfy { !CalendarScanner.isLetter($0) }
        return CalendarSyntaxError(
            offset: words[6].lowerBound,
            message: "a cron expression has 5 or 6 fields, and this one has \(words.count)",
            remedy: year
                ? "a field for the year is not known here; use 'calendar', as in '2027-*-* 03:00'"
                : "write \(order) alone; what is done stands in 'action'")
    }

    // MARK: - Shorthands

    private static let shorthands = [
        "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *", "@weekly": "0 0 * * 0",
        "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@hourly": "0 * * * *",
    ]

    private static func shorthand(
        _ bytes: [UInt8], _ words: [Range<Int>]
    ) throws(CalendarSyntaxError) -> CronFields {
        let word = String(decoding: bytes[words[0]], as: UTF8.self).lowercased()
        if words.count == 1, let text = shorthands[word] { return try fields(text) }
        let offset = words[shorthands[word] == nil ? 0 : 1].lowerBound
        throw CalendarSyntaxError(
            offset: offset, message: shorthandProblem(word), remedy: shorthandRemedy(word, bytes, words))
    }

    private static func shorthandProblem(_ word: String) -> String {
        switch word {
        case "@reboot": "'@reboot' is no time: it depends on the host, and has no next one"
        case "@every": "'@every' is an interval, not a cron expression"
        case let known where shorthands[known] != nil: "nothing may follow '\(word)'"
        default: "unknown shorthand '\(word)'"
        }
    }

    private static func shorthandRemedy(_ word: String, _ bytes: [UInt8], _ words: [Range<Int>]) -> String {
        switch word {
        case "@reboot":
            return "declare an Instance of a oneshot Unit, which runs when the agent starts it"
        case "@every":
            let length = words.count > 1 ? String(decoding: bytes[words[1]], as: UTF8.self) : "15m"
            return "write 'interval: \(length)' in place of 'cron'"
        case let known where shorthands[known] != nil: return "write '\(word)' alone"
        default:
            let all = shorthands.keys.sorted()
            let nearest = EditDistance.nearest(to: word, among: all).map { "did you mean '\($0)'? " } ?? ""
            return nearest + "known are \(all.joined(separator: ", "))"
        }
    }
}
