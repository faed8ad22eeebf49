/// A cron expression that was checked: five fields, or six of which the first is seconds, or a shorthand such
/// as `@daily`. What it means is told in docs/operating/schedules-calendar.md. Encoded as its text.
package struct CronExpression: Sendable {
    package let text: String
    let fields: CronFields

    package static func parse(_ text: String) throws(CalendarSyntaxError) -> CronExpression {
        CronExpression(text: text, fields: try CronParser.fields(text))
    }

    /// What it means for the Schedule of this name: `H` is a number that follows from the name.
    package func pattern(for name: String) -> TimePattern {
        fields.pattern(HashedFields(name: name))
    }
}

extension CronExpression: Hashable {
    package static func == (a: CronExpression, b: CronExpression) -> Bool { a.text == b.text }
    package func hash(into hasher: inout Hasher) { hasher.combine(text) }
}

extension CronExpression: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        do {
            self = try Self.parse(try container.decode(String.self))
        } catch let error as CalendarSyntaxError {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: error.message)
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}

/// What stands in the fields, before `H` has its number.
struct CronFields: Sendable {
    var second = CronValues(bits: 1)
    var minute = CronValues()
    var hour = CronValues()
    var dayOfMonth = CronValues()
    var month = CronValues()
    var dayOfWeek = CronValues()
    /// `L`, `W`, `#` of the two fields for days.
    var days = DayRule()
    /// The field begins with `*`, or is `?`: the other one alone restricts the days.
    var isDayOfMonthOpen = false
    var isDayOfWeekOpen = false

    func pattern(_ hashed: HashedFields) -> TimePattern {
        var days = days
        days.ofMonth = dayOfMonth.bits(.dayOfMonth, hashed)
        let week = dayOfWeek.bits(.dayOfWeek, hashed)
        // Sunday is 0 and 7.
        days.weekdays = (week | week >> 7) & DayRule.allWeekdays
        days.joinsEither = !isDayOfMonthOpen && !isDayOfWeekOpen
        return TimePattern(
            seconds: second.bits(.second, hashed), minutes: minute.bits(.minute, hashed),
            hours: hour.bits(.hour, hashed), months: month.bits(.month, hashed), days: days)
    }
}

/// The values of one field.
struct CronValues: Sendable {
    var bits: UInt64 = 0
    /// Each `H` of the field.
    var hashed: [HashedRange] = []

    struct HashedRange: Sendable {
        var first: Int
        var last: Int
        /// nil: one value alone.
        var step: Int?
    }

    func bits(_ kind: CronFieldKind, _ hashed: HashedFields) -> UInt64 {
        self.hashed.reduce(bits) { result, range in
            let span = range.step ?? range.last - range.first + 1
            let first = range.first + hashed.number(kind, below: span)
            return stride(from: first, through: range.last, by: range.step ?? .max)
                .reduce(result) { $0 | 1 << UInt64($1) }
        }
    }
}

/// The numbers that stand for `H`. They are the same for ever: another one would move the Schedules of
/// everybody who upgrades.
struct HashedFields {
    private let state: UInt64

    init(name: String) {
        // FNV-1a.
        state = name.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
    }

    /// Fields of one name are independent of one another.
    func number(_ kind: CronFieldKind, below count: Int) -> Int {
        var value = state &+ kind.seed &* 0x9E37_79B9_7F4A_7C15
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        value ^= value >> 31
        return Int(value % UInt64(count))
    }
}
