/// Names what a gate looks at: the removals and restarts that a candidate brings to a node. A reviewer's
/// laptop and the host agree on it, whatever the time, the machine, unrelated commits, and what runs.
package struct PlanHash: Sendable, Hashable, Codable, CustomStringConvertible {
    /// 64 hexadecimal digits. What was approved is kept whole: eight digits are for people.
    package var digest: String

    package init(digest: String) { self.digest = digest }

    /// `7d1f-02ac`.
    package var description: String { digest.prefix(4) + "-" + digest.dropFirst(4).prefix(4) }

    /// Whether somebody means this one: by its eight digits, with or without the dash, or by more of them.
    package func isNamed(by text: String) -> Bool {
        let digits = text.lowercased().filter { $0 != "-" }
        return digits.count >= 8 && digest.hasPrefix(digits)
    }
}
