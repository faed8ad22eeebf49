/// A calendar expression that was checked: systemd's OnCalendar, as in `Mon..Fri *-*-* 09..17:00/15`. What it
/// means is told in docs/operating/schedules-calendar.md. Encoded as its text.
package struct CalendarExpression: Sendable {
    package let text: String
    package let pattern: TimePattern

    package static func parse(_ text: String) throws(CalendarSyntaxError) -> CalendarExpression {
        CalendarExpression(text: text, pattern: try CalendarParser.pattern(text))
    }
}

extension CalendarExpression: Hashable {
    package static func == (a: CalendarExpression, b: CalendarExpression) -> Bool { a.text == b.text }
    package func hash(into hasher: inout Hasher) { hasher.combine(text) }
}

extension CalendarExpression: Codable {
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
