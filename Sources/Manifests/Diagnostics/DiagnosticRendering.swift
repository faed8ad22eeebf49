extension Diagnostic {
    /// Columns of source text that are shown of a long line.
    private static let excerptWidth = 100

    /// `file:line:column: error[code]: message`, and nothing more.
    package var headline: String {
        let place = "\(Self.escaped(location.file)):\(location.line):\(location.column)"
        return "\(place): \(severity.rawValue)[\(code.rawValue)]: \(Self.escaped(message))"
    }

    /// The headline, the source line with a caret, the remedy and the other places. No final newline.
    package func render(sourceLines: SourceLines = SourceLines(), color: Bool = false) -> String {
        let paint = Paint(on: color)
        let place = "\(Self.escaped(location.file)):\(location.line):\(location.column):"
        let label = paint.severity(severity, "\(severity.rawValue)[\(code.rawValue)]:")
        var text = "\(paint.bold(place)) \(label) \(paint.bold(Self.escaped(message)))"
        if showsSource, let line = sourceLines.line(location.line, of: location.file) {
            text += Self.excerpt(of: line, number: location.line, column: location.column, paint: paint)
        }
        if !help.isEmpty { text += "\n  \(paint.bold("help:")) \(Self.escaped(help))" }
        for note in notes {
            let place = "\(Self.escaped(note.location.file)):\(note.location.line):\(note.location.column)"
            text += "\n  \(paint.bold("note:")) \(place): \(Self.escaped(note.message))"
        }
        return text
    }

    /// A numbered line and the caret beneath it, cut around the caret when the line is long.
    private static func excerpt(of line: String, number: Int, column: Int, paint: Paint) -> String {
        let scalars = Array(line.unicodeScalars)
        let caret = Swift.min(Swift.max(column - 1, 0), scalars.count)
        var first = 0
        if scalars.count > excerptWidth {
            first = Swift.max(0, Swift.min(caret - excerptWidth / 2, scalars.count - excerptWidth))
        }
        let last = Swift.min(scalars.count, first + excerptWidth)
        let before = (first > 0 ? "…" : "") + shown(scalars[first..<caret])
        let after = shown(scalars[caret..<last]) + (last < scalars.count ? "…" : "")
        let gutter = String(number)
        let blank = String(repeating: " ", count: gutter.count)
        let indent = String(repeating: " ", count: before.unicodeScalars.count)
        return "\n  \(paint.dim(gutter + " |")) \(before)\(after)"
            + "\n  \(paint.dim(blank + " |")) \(indent)\(paint.caret("^"))"
    }

    /// One column a scalar: a tab or a control character must not move the caret.
    private static func shown(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
        var text = ""
        for scalar in scalars {
            text.unicodeScalars.append(isControl(scalar) ? (scalar == "\t" ? " " : "\u{FFFD}") : scalar)
        }
        return text
    }

    /// Text of a file must not steer the reader's terminal.
    static func escaped(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isControl) else { return text }
        var result = ""
        for scalar in text.unicodeScalars {
            if isControl(scalar) {
                result += "\\u{" + String(scalar.value, radix: 16) + "}"
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// C0, DEL, C1, and the characters that turn the direction of text around.
    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F..<0xA0, 0x2028...0x202E, 0x2066...0x2069, 0x200E, 0x200F, 0xFEFF: true
        default: false
        }
    }
}

/// ANSI colours, or none.
private struct Paint {
    let on: Bool

    func severity(_ severity: Diagnostic.Severity, _ text: String) -> String {
        wrap(text, severity == .error ? "1;31" : "1;33")
    }
    func bold(_ text: String) -> String { wrap(text, "1") }
    func dim(_ text: String) -> String { wrap(text, "2") }
    func caret(_ text: String) -> String { wrap(text, "1;32") }

    private func wrap(_ text: String, _ code: String) -> String {
        on ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }
}
