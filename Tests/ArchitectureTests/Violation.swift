import Testing

/// One place where a rule is broken.
struct Violation: CustomStringConvertible, Equatable {
    var file: String
    /// From 1.
    var line: Int
    var rule: String

    var description: String { "\(file):\(line): \(rule)" }
}

extension [Violation] {
    /// Each one is an issue of its own, so that the list in the terminal is the list of what to mend.
    func record(_ source: Testing.SourceLocation = #_sourceLocation) {
        for violation in self {
            Issue.record(Comment(rawValue: violation.description), sourceLocation: source)
        }
    }
}
