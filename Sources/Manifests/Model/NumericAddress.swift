/// Textual forms of IP addresses, without asking anybody.
enum NumericAddress {
    static func accepts(_ text: String) -> Bool { isVersion4(Substring(text)) || isVersion6(text) }

    /// Four decimal numbers, without leading zeros that some read as octal.
    private static func isVersion4(_ text: Substring) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4
            && parts.allSatisfy { part in
                (1...3).contains(part.utf8.count) && part.utf8.allSatisfy { (0x30...0x39).contains($0) }
                    && UInt8(part) != nil && (part == "0" || part.first != "0")
            }
    }

    /// Eight groups of up to four hexadecimal digits, one run of zeros left out as `::`. No zone, no dots.
    private static func isVersion6(_ text: String) -> Bool {
        guard let gap = text.firstRange(of: "::") else { return groups(Substring(text)) == 8 }
        let (before, after) = (text[..<gap.lowerBound], text[gap.upperBound...])
        guard let first = before.isEmpty ? 0 : groups(before), let second = after.isEmpty ? 0 : groups(after)
        else { return false }
        return first + second <= 7
    }

    private static func groups(_ text: Substring) -> Int? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        let areHex = parts.allSatisfy { (1...4).contains($0.utf8.count) && $0.allSatisfy(\.isHexDigit) }
        return areHex && text.utf8.allSatisfy { $0 < 0x80 } ? parts.count : nil
    }
}
