/// Patterns of gitignore: `?`, `*` and `[a-z]` within a component, `**` across components.
enum GlobMatcher {
    private static let slash = UInt8(ascii: "/")
    private static let star = UInt8(ascii: "*")

    static func matches(_ pattern: ArraySlice<UInt8>, _ text: ArraySlice<UInt8>) -> Bool {
        match(
            pattern.split(separator: slash, omittingEmptySubsequences: false)[...],
            text.split(separator: slash, omittingEmptySubsequences: false)[...])
    }

    private typealias Components = ArraySlice<ArraySlice<UInt8>>

    /// Component by component. On a mismatch only the last `**` is tried again, so the time is bounded by the
    /// product of both lengths.
    private static func match(_ pattern: Components, _ text: Components) -> Bool {
        var p = pattern.startIndex
        var t = text.startIndex
        var retry: (pattern: Int, text: Int)?
        while t < text.endIndex {
            if p < pattern.endIndex, pattern[p].elementsEqual([star, star]) {
                // At the end it stands for at least one component: `a/**` is not `a`.
                if p + 1 == pattern.endIndex { return true }
                retry = (p + 1, t)
                p += 1
            } else if p < pattern.endIndex, component(pattern[p], text[t]) {
                p += 1
                t += 1
            } else if let last = retry {
                retry = (last.pattern, last.text + 1)
                p = last.pattern
                t = last.text + 1
            } else {
                return false
            }
        }
        return p == pattern.endIndex
    }

    private static func component(_ pattern: ArraySlice<UInt8>, _ text: ArraySlice<UInt8>) -> Bool {
        var p = pattern.startIndex
        var t = text.startIndex
        var retry: (pattern: Int, text: Int)?
        while t < text.endIndex {
            if p < pattern.endIndex, pattern[p] == star {
                p += 1
                retry = (p, t)
            } else if p < pattern.endIndex, let next = one(pattern, p, text[t]) {
                p = next
                t += 1
            } else if let last = retry {
                retry = (last.pattern, last.text + 1)
                p = last.pattern
                t = last.text + 1
            } else {
                return false
            }
        }
        while p < pattern.endIndex, pattern[p] == star { p += 1 }
        return p == pattern.endIndex
    }

    /// The index after the pattern's element, if it takes the byte.
    private static func one(_ pattern: ArraySlice<UInt8>, _ index: Int, _ byte: UInt8) -> Int? {
        switch pattern[index] {
        case UInt8(ascii: "?"): return index + 1
        case UInt8(ascii: "\\") where index + 1 < pattern.endIndex:
            return pattern[index + 1] == byte ? index + 2 : nil
        case UInt8(ascii: "["):
            guard let set = set(pattern, index + 1, byte) else {
                return pattern[index] == byte ? index + 1 : nil
            }
            return set.holds ? set.end : nil
        default: return pattern[index] == byte ? index + 1 : nil
        }
    }

    /// `[a-z]`, `[!0-9]`; nil where the bracket is not closed, and so is only a bracket.
    private static func set(
        _ pattern: ArraySlice<UInt8>, _ start: Int, _ byte: UInt8
    ) -> (holds: Bool, end: Int)? {
        var index = start
        guard index < pattern.endIndex else { return nil }
        let isNegated = pattern[index] == UInt8(ascii: "!") || pattern[index] == UInt8(ascii: "^")
        if isNegated { index += 1 }
        var holds = false
        var isFirst = true
        while index < pattern.endIndex {
            let low = pattern[index]
            if low == UInt8(ascii: "]"), !isFirst { return (holds != isNegated, index + 1) }
            isFirst = false
            if index + 2 < pattern.endIndex, pattern[index + 1] == UInt8(ascii: "-"),
                pattern[index + 2] != UInt8(ascii: "]")
            {
                if low <= byte, byte <= pattern[index + 2] { holds = true }
                index += 3
            } else {
                if low == byte { holds = true }
                index += 1
            }
        }
        return nil
    }
}
