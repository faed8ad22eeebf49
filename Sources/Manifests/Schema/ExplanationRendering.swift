extension Explanation {
    private static let widthMin = 40

    /// Plain text within so many columns. No final newline.
    package func render(width: Int = 100) -> String {
        let width = Swift.max(Self.widthMin, width)
        var lines = ["\(path)  <\(type)>", ""]
        lines += Self.wrapped(doc, width: width - 2).map { "  " + $0 }
        var facts: [(String, String)] = []
        if required { facts.append(("required", "yes")) }
        if let defaultValue { facts.append(("default", defaultValue.isEmpty ? "\"\"" : defaultValue)) }
        if !bounds.isEmpty { facts.append(("allowed", bounds)) }
        if let effect { facts.append(("effect", "\(effect.rawValue): \(effect.explanation)")) }
        if let since { facts.append(("since", "plumb \(since)")) }
        if let unsupported { facts.append(("not yet", unsupported)) }
        if !facts.isEmpty { lines.append("") }
        for (name, text) in facts {
            let rows = Self.wrapped(text, width: width - 13)
            for (index, row) in rows.enumerated() {
                lines.append("  " + Self.padded(index == 0 ? name : "", 9) + "  " + row)
            }
        }
        if !fields.isEmpty { lines += ["", "  fields"] + table(width: width) }
        return lines.joined(separator: "\n")
    }

    /// Names in one column, what they are beneath one another in the next.
    private func table(width: Int) -> [String] {
        let nameWidth = fields.map { $0.name.count + ($0.required ? 1 : 0) }.max() ?? 0
        var lines: [String] = []
        for field in fields {
            let name = Self.padded(field.name + (field.required ? "*" : ""), nameWidth)
            let marks = field.isSupported ? "" : " (not yet supported)"
            let rows = Self.wrapped("<\(field.type)> \(field.doc)\(marks)", width: width - nameWidth - 6)
            for (index, row) in rows.enumerated() {
                lines.append("    " + (index == 0 ? name : Self.padded("", nameWidth)) + "  " + row)
            }
        }
        if fields.contains(where: \.required) { lines += ["", "  * required"] }
        return lines
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: Swift.max(0, width - text.count))
    }

    private static func wrapped(_ text: String, width: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            if !line.isEmpty, line.count + 1 + word.count > width {
                lines.append(line)
                line = ""
            }
            line += (line.isEmpty ? "" : " ") + word
        }
        return lines + [line]
    }
}
