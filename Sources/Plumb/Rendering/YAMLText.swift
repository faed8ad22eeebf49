/// YAML in block style. Text that another reader could take for something else is quoted as JSON is, which
/// every YAML reader understands.
enum YAMLText {
    static func document(_ value: OutputValue) -> String {
        var lines: [String] = []
        write(value, indent: "", to: &lines)
        return lines.joined(separator: "\n")
    }

    private static func write(_ value: OutputValue, indent: String, to lines: inout [String]) {
        switch value {
        case .object(let members) where !members.isEmpty:
            for member in members {
                write(member.value, after: indent + key(member.key) + ":", indent, to: &lines)
            }
        case .array(let items) where !items.isEmpty:
            for item in items { write(item: item, indent: indent, to: &lines) }
        default:
            lines.append(indent + scalar(value))
        }
    }

    /// A value behind its key: on the same line if it is short, else below it.
    private static func write(
        _ value: OutputValue, after key: String, _ indent: String, to lines: inout [String]
    ) {
        guard isNested(value) else {
            lines.append(key + " " + scalar(value))
            return
        }
        lines.append(key)
        write(value, indent: indent + "  ", to: &lines)
    }

    /// The first line of an item stands behind its dash.
    private static func write(item: OutputValue, indent: String, to lines: inout [String]) {
        guard isNested(item) else {
            lines.append(indent + "- " + scalar(item))
            return
        }
        let first = lines.count
        write(item, indent: indent + "  ", to: &lines)
        lines[first] = indent + "- " + lines[first].dropFirst(indent.count + 2)
    }

    private static func isNested(_ value: OutputValue) -> Bool {
        switch value {
        case .object(let members): !members.isEmpty
        case .array(let items): !items.isEmpty
        default: false
        }
    }

    private static func scalar(_ value: OutputValue) -> String {
        guard case .string(let text) = value else { return JSONText.compact(value) }
        return key(text)
    }

    private static func key(_ text: String) -> String {
        guard !isPlain(text) else { return text }
        var quoted = ""
        JSONText.quote(text, to: &quoted)
        return quoted
    }

    /// Plain only where nothing can be meant but text: letters first, and no sign that YAML knows.
    private static func isPlain(_ text: String) -> Bool {
        guard let first = text.unicodeScalars.first, first.isASCII,
            first.properties.isAlphabetic || first == "/",
            text.last != " ", !words.contains(text.lowercased())
        else { return false }
        return text.unicodeScalars.allSatisfy {
            $0.isASCII
                && ($0.properties.isAlphabetic || ("0"..."9").contains($0)
                    || " _-./@+".unicodeScalars.contains($0))
        }
    }

    /// Texts that some reader takes for a boolean, null or a number.
    private static let words: Set<String> = [
        "true", "false", "yes", "no", "on", "off", "y", "n", "null", "nan", "inf",
    ]
}
