/// The rules of a `.plumbignore`, in the syntax of gitignore.
struct IgnoreRules: Sendable {
    struct Rule: Sendable {
        /// As it is written.
        var text: String
        var line: Int
        var isNegated: Bool
        /// Ends with `/`: matches directories only, and so everything within them.
        var isDirectoryOnly: Bool
        /// Has a `/` before its end: matches from the top, not at any depth.
        var isAnchored: Bool
        var pattern: [UInt8]
    }

    /// Lines beyond this are not read.
    private static let rulesMax = 10_000

    private(set) var rules: [Rule] = []

    init(_ bytes: [UInt8]) {
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (index, line) in lines.prefix(Self.rulesMax).enumerated() {
            if let rule = Self.rule(Array(line), line: index + 1) { rules.append(rule) }
        }
    }

    /// The rule that leaves a file out; nil where none does. The last rule that matches decides; a file in a
    /// directory that is left out cannot be taken back.
    func match(_ path: String) -> Rule? {
        guard !rules.isEmpty else { return nil }
        let bytes = Array(path.utf8)
        for (index, byte) in bytes.enumerated() where byte == UInt8(ascii: "/") {
            if let rule = decide(bytes[..<index], isDirectory: true) { return rule }
        }
        return decide(bytes[...], isDirectory: false)
    }

    private func decide(_ path: ArraySlice<UInt8>, isDirectory: Bool) -> Rule? {
        guard let rule = rules.last(where: { Self.matches($0, path, isDirectory) }), !rule.isNegated else {
            return nil
        }
        return rule
    }

    private static func rule(_ line: [UInt8], line number: Int) -> Rule? {
        var pattern = line
        if pattern.last == UInt8(ascii: "\r") { pattern.removeLast() }
        // Spaces at the end do not count, unless a backslash keeps the last.
        while pattern.last == UInt8(ascii: " "), pattern.dropLast().last != UInt8(ascii: "\\") {
            pattern.removeLast()
        }
        let text = String(decoding: pattern, as: UTF8.self)
        guard let first = pattern.first, first != UInt8(ascii: "#") else { return nil }
        let isNegated = first == UInt8(ascii: "!")
        if isNegated { pattern.removeFirst() }
        let isDirectoryOnly = pattern.last == UInt8(ascii: "/")
        if isDirectoryOnly { pattern.removeLast() }
        let isAnchored = pattern.contains(UInt8(ascii: "/"))
        if pattern.first == UInt8(ascii: "/") { pattern.removeFirst() }
        guard !pattern.isEmpty else { return nil }
        return Rule(
            text: text, line: number, isNegated: isNegated, isDirectoryOnly: isDirectoryOnly,
            isAnchored: isAnchored, pattern: pattern)
    }

    private static func matches(_ rule: Rule, _ path: ArraySlice<UInt8>, _ isDirectory: Bool) -> Bool {
        if rule.isDirectoryOnly, !isDirectory { return false }
        if rule.isAnchored { return GlobMatcher.matches(rule.pattern[...], path) }
        let name = path.lastIndex(of: UInt8(ascii: "/")).map { path[($0 + 1)...] } ?? path
        return GlobMatcher.matches(rule.pattern[...], name)
    }
}
