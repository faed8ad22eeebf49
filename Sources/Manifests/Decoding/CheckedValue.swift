/// A value that its schema type has accepted.
enum CheckedValue: Sendable {
    case string(String)
    case int(Int64)
    case number(Double)
    case bool(Bool)
    case duration(Duration)
    case size(UInt64)
    case version(SemanticVersion)
    case reference(UnitReference)
    case signal(Signal)
    case umask(UInt32)
    case port(Endpoint.Port)
    case cron(CronExpression)
    case calendar(CalendarExpression)
    case list([CheckedValue])
    case map([String: CheckedValue])
    case object(CheckedObject)
    case config(ConfigValue)
    case none
}

/// A mapping that its schema has checked, by key.
struct CheckedObject: Sendable {
    enum Slot: Sendable {
        case absent
        /// Written, and reported: nothing may be concluded from it.
        case invalid
        case value(CheckedValue)
    }

    let schema: ObjectSchema
    var slots: [Slot]

    init(schema: ObjectSchema) {
        self.schema = schema
        slots = Array(repeating: .absent, count: schema.fields.count)
    }

    /// What is written, or the schema's default.
    subscript(key: String) -> CheckedValue? {
        guard let index = schema.index(of: key) else {
            assertionFailure("no key '\(key)' in \(schema.name)")
            return nil
        }
        if case .value(let value) = slots[index] { return value }
        return schema.fields[index].defaultValue
    }

    /// Whether the key stands in the document.
    func has(_ key: String) -> Bool {
        guard let index = schema.index(of: key) else { return false }
        if case .absent = slots[index] { return false }
        return true
    }

    func isInvalid(_ key: String) -> Bool {
        guard let index = schema.index(of: key) else { return false }
        if case .invalid = slots[index] { return true }
        return false
    }

    // MARK: Typed reading. nil where the key has neither a value nor a default.

    func string(_ key: String) -> String? {
        if case .string(let value)? = self[key] { return value }
        return nil
    }

    func integer(_ key: String) -> Int? {
        if case .int(let value)? = self[key] { return Int(value) }
        return nil
    }

    func number(_ key: String) -> Double? {
        if case .number(let value)? = self[key] { return value }
        return nil
    }

    func bool(_ key: String) -> Bool? {
        if case .bool(let value)? = self[key] { return value }
        return nil
    }

    func duration(_ key: String) -> Duration? {
        if case .duration(let value)? = self[key] { return value }
        return nil
    }

    func size(_ key: String) -> UInt64? {
        if case .size(let value)? = self[key] { return value }
        return nil
    }

    func signal(_ key: String) -> Signal? {
        if case .signal(let value)? = self[key] { return value }
        return nil
    }

    func object(_ key: String) -> CheckedObject? {
        if case .object(let value)? = self[key] { return value }
        return nil
    }

    func list(_ key: String) -> [CheckedValue] {
        if case .list(let values)? = self[key] { return values }
        return []
    }

    func strings(_ key: String) -> [String] { list(key).compactMap(\.string) }

    func objects(_ key: String) -> [CheckedObject] {
        list(key).compactMap { if case .object(let object) = $0 { object } else { nil } }
    }

    func map(_ key: String) -> [String: CheckedValue] {
        if case .map(let values)? = self[key] { return values }
        return [:]
    }

    func stringMap(_ key: String) -> [String: String] { map(key).compactMapValues(\.string) }

    /// A choice of the schema's enumeration.
    func choice<T: RawRepresentable<String>>(_ key: String, _: T.Type = T.self) -> T? {
        string(key).flatMap(T.init(rawValue:))
    }
}

extension CheckedValue {
    var string: String? {
        if case .string(let value) = self { return value }
        return nil
    }
}
