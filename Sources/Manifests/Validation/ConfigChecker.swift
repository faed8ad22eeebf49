/// Checks values against the config fields that a Unit declares.
struct ConfigChecker {
    struct Problem {
        var code: DiagnosticCode
        /// Below the value that was checked: "", `.limits.max`, `[2]`.
        var path: String
        var message: String
    }

    var problems: [Problem] = []
    /// Compiled once for many values.
    private var patterns: [String: Regex<AnyRegexOutput>] = [:]

    mutating func check(_ value: ConfigValue, _ field: ConfigField, path: String) {
        if field.secret {
            // The message must not show what was written: it may be the secret.
            if Self.secretFile(value) == nil {
                add(.plainSecret, path, "'\(field.name)' is a secret, and a plain value stands here")
            }
            return
        }
        guard Self.hasType(value, field) else {
            add(.configType, path, "\(Self.shown(value)) is no \(Self.article(field.type))")
            return
        }
        if !field.enumeration.isEmpty, !field.enumeration.contains(where: { Self.equal($0, value) }) {
            let allowed = field.enumeration.map(ConfigText.json).joined(separator: ", ")
            add(.configEnum, path, "\(Self.shown(value)) is none of \(allowed)")
        }
        switch value {
        case .int(let number): checkBounds(Double(number), value, field, path)
        case .double(let number): checkBounds(number, value, field, path)
        case .string(let text):
            checkLength(text.unicodeScalars.count, "characters", field, path)
            checkPattern(text, field, path)
        case .array(let items):
            checkLength(items.count, "items", field, path)
            guard let item = field.items.first else { return }
            for (index, value) in items.enumerated() { check(value, item, path: "\(path)[\(index)]") }
        case .object(let values): checkFields(values, field.fields, path: path)
        case .null, .bool, .secret: break
        }
    }

    /// The fields of an object: unknown ones, required ones, and each by its own rules.
    mutating func checkFields(_ values: [String: ConfigValue], _ fields: [ConfigField], path: String) {
        guard !fields.isEmpty else { return }
        for (key, value) in values where value != .null {
            guard let field = fields.first(where: { $0.name == key }) else {
                let hint = EditDistance.suggestion(for: key, among: fields.map(\.name))
                add(.unknownConfigField, "\(path).\(key)", "unknown config field '\(key)'\(hint)")
                continue
            }
            check(value, field, path: "\(path).\(key)")
        }
        for field in fields where field.required && (values[field.name] ?? .null) == .null {
            add(.missingConfigField, path, "the required config field '\(field.name)' has no value")
        }
    }

    // MARK: One value

    static func hasType(_ value: ConfigValue, _ field: ConfigField) -> Bool {
        switch (field.type, value) {
        case (.string, .string), (.int, .int), (.number, .int), (.number, .double), (.bool, .bool),
            (.array, .array), (.object, .object):
            true
        default: false
        }
    }

    /// `{file: name}`, as `secrets` writes it.
    static func secretFile(_ value: ConfigValue) -> String? {
        if case .secret(let file) = value { return file }
        guard case .object(let fields) = value, fields.count == 1, case .string(let file)? = fields["file"],
            StringRule.fileName.accepts(file)
        else { return nil }
        return file
    }

    private static func equal(_ a: ConfigValue, _ b: ConfigValue) -> Bool {
        switch (a, b) {
        case (.int(let a), .double(let b)), (.double(let b), .int(let a)): Double(a) == b
        default: a == b
        }
    }

    private mutating func checkBounds(
        _ number: Double, _ value: ConfigValue, _ field: ConfigField, _ path: String
    ) {
        if let min = field.min, number < min {
            add(.configBounds, path, "\(Self.shown(value)) is less than the minimum \(Self.plain(min))")
        }
        if let max = field.max, number > max {
            add(.configBounds, path, "\(Self.shown(value)) is more than the maximum \(Self.plain(max))")
        }
    }

    private mutating func checkLength(_ count: Int, _ unit: String, _ field: ConfigField, _ path: String) {
        if let min = field.minLength, count < min {
            add(.configBounds, path, "\(count) \(unit) are fewer than the minimum \(min)")
        }
        if let max = field.maxLength, count > max {
            add(.configBounds, path, "\(count) \(unit) are more than the maximum \(max)")
        }
    }

    /// The pattern was compiled when the Unit was decoded; here it cannot fail to be one.
    private mutating func checkPattern(_ text: String, _ field: ConfigField, _ path: String) {
        guard let pattern = field.pattern, let regex = patterns[pattern] ?? (try? Regex(pattern)) else {
            return
        }
        patterns[pattern] = regex
        if (try? regex.wholeMatch(in: text)) == nil {
            add(.configPattern, path, "\(Self.shown(.string(text))) does not match the pattern \(pattern)")
        }
    }

    private mutating func add(_ code: DiagnosticCode, _ path: String, _ message: String) {
        problems.append(Problem(code: code, path: path, message: message))
    }

    // MARK: Words

    private static let shownMax = 60

    static func shown(_ value: ConfigValue) -> String {
        switch value {
        case .array: return "a list"
        case .object: return "a mapping"
        case .null: return "null"
        default:
            let text = ConfigText.json(value)
            return text.count > shownMax ? text.prefix(shownMax) + "…" : text
        }
    }

    /// Whole numbers without a fraction: a bound of 60 is written 60.
    static func plain(_ number: Double) -> String {
        Int64(exactly: number).map(String.init) ?? number.description
    }

    private static func article(_ type: ConfigField.FieldType) -> String {
        switch type {
        case .string: "string"
        case .int: "integer"
        case .number: "number"
        case .bool: "boolean"
        case .array: "list"
        case .object: "mapping"
        }
    }
}
