/// Configuration files, for programs and for the people who look at them.
extension ConfigText {
    /// JSON over several lines, two spaces a level, keys sorted, a newline at the end.
    package static func prettyJSON(_ value: ConfigValue) -> String {
        var text = ""
        writePretty(value, indent: "", to: &text)
        return text + "\n"
    }

    private static func writePretty(_ value: ConfigValue, indent: String, to text: inout String) {
        let inner = indent + "  "
        switch value {
        case .array(let items) where !items.isEmpty:
            text += "[\n"
            for (index, item) in items.enumerated() {
                text += inner
                writePretty(item, indent: inner, to: &text)
                text += index + 1 < items.count ? ",\n" : "\n"
            }
            text += indent + "]"
        case .object(let fields) where !fields.isEmpty:
            text += "{\n"
            let keys = sortedKeys(fields)
            for (index, key) in keys.enumerated() {
                text += inner + quoted(key) + ": "
                writePretty(fields[key] ?? .null, indent: inner, to: &text)
                text += index + 1 < keys.count ? ",\n" : "\n"
            }
            text += indent + "}"
        default: text += json(value)
        }
    }

    /// YAML in block style, keys sorted, a newline at the end. Strings are quoted unless no reader of
    /// YAML 1.1 or 1.2 could take them for anything else.
    package static func yaml(_ value: ConfigValue) -> String {
        var text = ""
        writeBlock(value, indent: "", to: &text)
        return text
    }

    /// Whole lines, each indented.
    private static func writeBlock(_ value: ConfigValue, indent: String, to text: inout String) {
        switch value {
        case .array(let items) where !items.isEmpty:
            for item in items { writeItem("\(indent)-", item, indent: indent + "  ", to: &text) }
        case .object(let fields) where !fields.isEmpty:
            for key in sortedKeys(fields) {
                writeItem(
                    "\(indent)\(yamlString(key)):", fields[key] ?? .null, indent: indent + "  ", to: &text)
            }
        default: text += indent + yamlScalar(value) + "\n"
        }
    }

    private static func writeItem(_ lead: String, _ value: ConfigValue, indent: String, to text: inout String)
    {
        switch value {
        case .array(let items) where !items.isEmpty:
            text += lead + "\n"
            writeBlock(value, indent: indent, to: &text)
        case .object(let fields) where !fields.isEmpty:
            text += lead + "\n"
            writeBlock(value, indent: indent, to: &text)
        default: text += "\(lead) \(yamlScalar(value))\n"
        }
    }

    private static func yamlScalar(_ value: ConfigValue) -> String {
        switch value {
        case .array: "[]"
        case .object: "{}"
        case .string(let string): yamlString(string)
        default: scalar(value)
        }
    }

    private static func yamlString(_ string: String) -> String {
        let isWord = string.utf8.allSatisfy {
            switch $0 {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "/"),
                UInt8(ascii: "."),
                UInt8(ascii: "-"):
                true
            default: false
            }
        }
        guard isWord, let first = string.unicodeScalars.first, first.properties.isAlphabetic,
            !misread.contains(string.lowercased())
        else { return quoted(string) }
        return string
    }

    /// Words that YAML 1.1 takes for something else.
    private static let misread: Set<String> = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"]
}
