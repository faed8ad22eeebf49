/// A pattern list as ssh_config(5) documents it: patterns between commas, `*` and `?` in them, `!` before
/// one that excludes.
package struct PatternList: Hashable, Sendable, CustomStringConvertible {
    private struct Pattern: Hashable {
        let isNegated: Bool
        let bytes: [UInt8]
    }
    private let patterns: [Pattern]
    package let description: String

    package init(_ text: String) {
        description = text
        patterns = text.split(separator: ",", omittingEmptySubsequences: true).map { word in
            let isNegated = word.hasPrefix("!")
            return Pattern(isNegated: isNegated, bytes: Array((isNegated ? word.dropFirst() : word).utf8))
        }
    }

    /// Whether it can match anything at all.
    var isUsable: Bool { patterns.contains { !$0.isNegated } }

    /// True where one pattern fits and none excludes.
    package func matches(_ text: String) -> Bool {
        let text = Array(text.utf8)
        var isFound = false
        for pattern in patterns where Self.fits(text, pattern.bytes) {
            if pattern.isNegated { return false }
            isFound = true
        }
        return isFound
    }

    /// Goes back to the last star alone, so that no pattern takes more than the product of both lengths.
    private static func fits(_ text: [UInt8], _ pattern: [UInt8]) -> Bool {
        var (t, p) = (0, 0)
        var star: (pattern: Int, text: Int)?
        while t < text.count {
            if p < pattern.count, pattern[p] == UInt8(ascii: "*") {
                star = (p, t)
                p += 1
            } else if p < pattern.count, pattern[p] == UInt8(ascii: "?") || pattern[p] == text[t] {
                p += 1
                t += 1
            } else if let last = star {
                star = (last.pattern, last.text + 1)
                (p, t) = (last.pattern + 1, last.text + 1)
            } else {
                return false
            }
        }
        return pattern[p...].allSatisfy { $0 == UInt8(ascii: "*") }
    }
}
