/// JSON as it is printed: two blanks a level, one member a line.
enum JSONText {
    static func pretty(_ value: OutputValue) -> String {
        var text = ""
        write(value, indent: 0, to: &text)
        return text
    }

    /// On one line, as a stream of values needs it.
    static func compact(_ value: OutputValue) -> String {
        var text = ""
        write(value, indent: nil, to: &text)
        return text
    }

    private static func write(_ value: OutputValue, indent: Int?, to text: inout String) {
        switch value {
        case .null: text += "null"
        case .bool(let value): text += value ? "true" : "false"
        case .int(let value): text += String(value)
        case .double(let value): text += value.isFinite ? "\(value)" : "null"
        case .string(let value): quote(value, to: &text)
        case .array(let items):
            writeList(items, indent: indent, open: "[", close: "]", to: &text) { item, inner, text in
                write(item, indent: inner, to: &text)
            }
        case .object(let members):
            writeList(members, indent: indent, open: "{", close: "}", to: &text) { member, inner, text in
                quote(member.key, to: &text)
                text += inner == nil ? ":" : ": "
                write(member.value, indent: inner, to: &text)
            }
        }
    }

    private static func writeList<Item>(
        _ items: [Item], indent: Int?, open: String, close: String, to text: inout String,
        item: (Item, Int?, inout String) -> Void
    ) {
        text += open
        let inner = indent.map { $0 + 1 }
        for (index, one) in items.enumerated() {
            if index > 0 { text += "," }
            newLine(inner, to: &text)
            item(one, inner, &text)
        }
        if !items.isEmpty { newLine(indent, to: &text) }
        text += close
    }

    private static func newLine(_ indent: Int?, to text: inout String) {
        guard let indent else { return }
        text += "\n" + String(repeating: "  ", count: indent)
    }

    static func quote(_ value: String, to text: inout String) {
        text += "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case _ where scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value):
                let hex = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}
