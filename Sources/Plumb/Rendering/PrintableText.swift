/// Text that came from a file, a commit or a process, made safe to print and measured as a terminal shows it.
enum PrintableText {
    /// The text without anything that could steer the reader's terminal; line ends become spaces.
    static func oneLine(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isControl) else { return text }
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n", "\t", "\r": result += " "
            case _ where isControl(scalar): result += "\\u{" + String(scalar.value, radix: 16) + "}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// A line of a workload: tabs and colours stay, nothing else can steer the terminal.
    static func harmless(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isControl) else { return text }
        var result = ""
        var rest = Substring(text).unicodeScalars
        var isColoured = false
        while let scalar = rest.popFirst() {
            if scalar == "\u{1B}", let colour = colour(rest) {
                result.unicodeScalars.append(scalar)
                result.unicodeScalars.append(contentsOf: colour)
                rest = rest.dropFirst(colour.count)
                isColoured = true
            } else if scalar == "\t" || !isControl(scalar) {
                result.unicodeScalars.append(scalar)
            } else {
                result += "\\u{" + String(scalar.value, radix: 16) + "}"
            }
        }
        return isColoured ? result + "\u{1B}[0m" : result
    }

    /// `[1;31m`, if the text begins with it.
    private static func colour(
        _ text: Substring.UnicodeScalarView
    ) -> Substring.UnicodeScalarView? {
        guard text.first == "[" else { return nil }
        let codes = text.dropFirst().prefix { ("0"..."9").contains($0) || $0 == ";" }
        guard codes.count <= colourCodesMax, text.dropFirst(codes.count + 1).first == "m" else { return nil }
        return text.prefix(codes.count + 2)
    }

    private static let colourCodesMax = 32

    /// Columns that a terminal needs.
    static func columns(_ text: String) -> Int {
        text.unicodeScalars.reduce(0) { $0 + columns($1) }
    }

    /// The text if it fits, else its beginning and `…`.
    static func shortened(_ text: String, to limit: Int) -> String {
        guard columns(text) > limit else { return text }
        guard limit > 0 else { return "" }
        var result = ""
        var used = 1
        for character in text {
            let more = columns(String(character))
            if used + more > limit { break }
            used += more
            result.append(character)
        }
        return result + "…"
    }

    private static func columns(_ scalar: Unicode.Scalar) -> Int {
        if scalar.isASCII { return 1 }
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: return 0
        default: break
        }
        switch scalar.value {
        // East Asian wide characters and emoji take two.
        case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
            0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F900...0x1F9FF, 0x20000...0x3FFFD:
            return 2
        default: return 1
        }
    }

    /// C0, DEL, C1, and the characters that turn the direction of text around.
    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F..<0xA0, 0x2028...0x202E, 0x2066...0x2069, 0x200E, 0x200F: true
        default: false
        }
    }
}
