/// Values of a configuration as text: canonical, so that equal values give equal bytes.
package enum ConfigText {
    /// JSON without spaces, keys sorted by their bytes, numbers as they are, non-ASCII text as it is.
    package static func json(_ value: ConfigValue) -> String {
        var text = ""
        write(value, to: &text)
        return text
    }

    private static func write(_ value: ConfigValue, to text: inout String) {
        switch value {
        case .array(let items):
            text += "["
            for (index, item) in items.enumerated() {
                if index > 0 { text += "," }
                write(item, to: &text)
            }
            text += "]"
        case .object(let fields):
            text += "{"
            for (index, key) in sortedKeys(fields).enumerated() {
                if index > 0 { text += "," }
                text += quoted(key) + ":"
                write(fields[key] ?? .null, to: &text)
            }
            text += "}"
        default: text += scalar(value)
        }
    }

    /// Scalars as JSON writes them. A secret's value is not known here, and its reference is not shown.
    static func scalar(_ value: ConfigValue) -> String {
        switch value {
        case .bool(let flag): flag ? "true" : "false"
        case .int(let number): String(number)
        case .double(let number): self.number(number)
        case .string(let string): quoted(string)
        case .null, .secret, .array, .object: "null"
        }
    }

    /// The shortest text that reads back as the same number; whole numbers keep their `.0`.
    static func number(_ number: Double) -> String { number.isFinite ? number.description : "null" }

    static func sortedKeys(_ fields: [String: ConfigValue]) -> [String] {
        fields.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// A JSON string; U+2028 and U+2029 are escaped as well, since YAML takes them for line ends.
    static func quoted(_ string: String) -> String {
        var text = "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case _
            where scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
                || scalar.value == 0x2028 || scalar.value == 0x2029 || scalar.value == 0xFEFF:
                let hex = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text + "\""
    }
}
