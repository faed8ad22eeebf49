/// What a value may be. Drives decoding, messages, `plumb explain` and the JSON Schema.
indirect enum SchemaType: Sendable {
    /// A YAML string: `1.4` without quotes is none.
    case string(StringRule)
    /// Any scalar, taken as it is written: `8080` is the text "8080".
    case text(StringRule)
    case integer(ClosedRange<Int64>)
    case number(ClosedRange<Double>)
    case boolean
    case duration(ClosedRange<Duration>)
    /// Bytes.
    case size(ClosedRange<UInt64>)
    /// Thousandths of a core.
    case cpu
    /// Bytes, or `unlimited`.
    case coreSize
    case enumeration([Choice])
    case version
    case unitReference
    /// Signals that can be caught only, where `catchable`.
    case signal(catchable: Bool)
    case umask
    case port
    /// A cron expression, and one of systemd's OnCalendar.
    case cron
    case calendar
    /// RFC 3339; read as seconds since 1970.
    case timestamp
    /// `22:00`; read as minutes since midnight.
    case timeOfDay
    case object(ObjectSchema)
    case list(SchemaType, ClosedRange<Int>)
    /// One scalar, or a list of at most so many, as texts. Read as a list.
    case oneOrMore(StringRule, Int)
    /// An object whose table holds itself; the name is for the JSON Schema's definitions.
    case reference(String, @Sendable () -> ObjectSchema)
    case map(keys: StringRule, values: SchemaType, max: Int)
    /// Any value; checked later, against a Unit's fields.
    case anyValue
    /// A mapping of which nothing is checked.
    case anyMapping

    struct Choice: Sendable {
        var value: String
        /// The behaviour comes with a later version.
        var later: Bool

        init(_ value: String, later: Bool = false) {
            self.value = value
            self.later = later
        }
    }

    static func choices(_ values: String...) -> SchemaType { .enumeration(values.map { Choice($0) }) }

    static func choices<T: CaseIterable & RawRepresentable<String>>(
        _: T.Type, later: [String] = []
    ) -> SchemaType {
        .enumeration(T.allCases.map { Choice($0.rawValue) } + later.map { Choice($0, later: true) })
    }

    /// For `plumb explain`: "duration", "list of endpoints".
    var label: String {
        switch self {
        case .string(let rule): rule.label
        case .text: "text"
        case .integer: "integer"
        case .number: "number"
        case .boolean: "boolean"
        case .duration: "duration"
        case .size: "size"
        case .cpu: "CPU quantity"
        case .coreSize: "size | unlimited"
        case .enumeration(let choices): choices.filter { !$0.later }.map(\.value).joined(separator: " | ")
        case .version: "semantic version"
        case .unitReference: "name@range"
        case .signal: "signal"
        case .umask: "umask"
        case .port: "N | N+index"
        case .cron: "cron expression"
        case .calendar: "calendar expression"
        case .timestamp: "time"
        case .timeOfDay: "time of day"
        case .object(let schema): schema.name
        case .reference(_, let schema): schema().name
        case .list(let item, _): "list of \(item.label)"
        case .oneOrMore(let rule, _): "\(rule.label), or a list"
        case .map(_, let values, _): "mapping of \(values.label)"
        case .anyValue: "any value"
        case .anyMapping: "mapping"
        }
    }

    /// The bounds in words; "" where there are none worth saying.
    var bounds: String {
        switch self {
        case .integer(let range): "\(range.lowerBound) to \(range.upperBound)"
        case .number(let range):
            "\(ConfigChecker.plain(range.lowerBound)) to \(ConfigChecker.plain(range.upperBound))"
        case .duration(let range):
            "\(Quantities.text(range.lowerBound)) to \(Quantities.text(range.upperBound))"
        case .size(let range):
            "\(Quantities.text(size: range.lowerBound)) to \(Quantities.text(size: range.upperBound))"
        case .timestamp: "RFC 3339, as in 2026-01-01T00:00:00Z"
        case .timeOfDay: "00:00 to 24:00"
        case .string(let rule), .text(let rule), .oneOrMore(let rule, _): rule.remedy
        case .list(_, let count):
            count.lowerBound > 0
                ? "\(count.lowerBound) to \(count.upperBound) items" : "at most \(count.upperBound) items"
        default: ""
        }
    }
}
