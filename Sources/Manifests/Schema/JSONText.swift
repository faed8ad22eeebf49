/// JSON in a fixed order of keys, for documents that people read from top to bottom.
indirect enum JSONText {
    case value(ConfigValue)
    case array([JSONText])
    case object([(String, JSONText)])

    static func string(_ text: String) -> JSONText { .value(.string(text)) }
    static func bool(_ flag: Bool) -> JSONText { .value(.bool(flag)) }
    static func strings(_ texts: [String]) -> JSONText { .array(texts.map(JSONText.string)) }

    /// Two spaces a level; lists of scalars stay in one line.
    func pretty(indent: String = "") -> String {
        let inner = indent + "  "
        switch self {
        case .value(let value): return ConfigText.json(value)
        case .array(let items):
            if items.allSatisfy(\.isScalar) {
                return "[" + items.map { $0.pretty() }.joined(separator: ", ") + "]"
            }
            let lines = items.map { inner + $0.pretty(indent: inner) }
            return "[\n" + lines.joined(separator: ",\n") + "\n\(indent)]"
        case .object(let fields):
            if fields.isEmpty { return "{}" }
            let lines = fields.map { inner + ConfigText.quoted($0.0) + ": " + $0.1.pretty(indent: inner) }
            return "{\n" + lines.joined(separator: ",\n") + "\n\(indent)}"
        }
    }

    private var isScalar: Bool {
        if case .value = self { return true }
        return false
    }
}
