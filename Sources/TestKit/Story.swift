/// A scenario as a text file: what is declared, what happens, and beside each step what the planner does.
///
///     > file web.yaml            the lines that begin with | are its text
///     | kind: Unit
///     > commit by Ann: a message
///       + start   web/0     new instance at web.yaml:9, …
///     > crash web/0 code 1
///
/// Indented lines are what is expected; everything else is a comment.
package struct Story: Sendable {
    package struct Step: Sendable {
        /// Comments and blank lines before it.
        package var preface: [String] = []
        package var command: String
        package var input: [String] = []
        package var expected: [String] = []
    }
    package var steps: [Step] = []
    package var ending: [String] = []

    package init(_ text: String) {
        var preface: [String] = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("> ") {
                steps.append(Step(preface: preface, command: String(line.dropFirst(2))))
                preface = []
            } else if line.hasPrefix("|"), !steps.isEmpty {
                steps[steps.count - 1].input.append(String(line.dropFirst(line.hasPrefix("| ") ? 2 : 1)))
            } else if line.hasPrefix("  "), !steps.isEmpty {
                steps[steps.count - 1].expected.append(String(line.dropFirst(2)))
            } else {
                preface.append(String(line))
            }
        }
        ending = preface
    }

    /// The story with other expectations.
    package func text(expecting outcomes: [[String]]) -> String {
        var lines: [String] = []
        for (step, outcome) in zip(steps, outcomes) {
            lines += step.preface
            lines.append("> \(step.command)")
            lines += step.input.map { $0.isEmpty ? "|" : "| \($0)" }
            lines += outcome.map { "  \($0)" }
        }
        return (lines + ending).joined(separator: "\n")
    }

    /// Tells it to a simulated host; the result has the outcome of each step.
    package func tell() throws -> [[String]] {
        var teller = StoryTeller()
        return try steps.map { step in
            do {
                return try teller.perform(step)
            } catch {
                throw Broken(description: "in '> \(step.command)': \(error)")
            }
        }
    }

    package struct Broken: Error, CustomStringConvertible {
        package let description: String
    }
}
