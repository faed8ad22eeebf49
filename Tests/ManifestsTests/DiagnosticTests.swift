import Testing

@testable import Manifests

@Suite struct DiagnosticTests {
    private func render(_ line: String, column: Int, color: Bool = false) -> String {
        var lines = SourceLines()
        lines.add(path: "a.yaml", bytes: Array(("first\r\n" + line + "\nlast").utf8))
        let place = Location(file: "a.yaml", line: 2, column: column)
        return Diagnostic(.unknownKey, at: place, "unknown key 'x'", help: "remove it").render(
            sourceLines: lines, color: color)
    }

    @Test func theCaretStandsBeneathThePlace() {
        #expect(
            render("ab: cd", column: 5)
                == "a.yaml:2:5: error[unknown-key]: unknown key 'x'\n"
                + "  2 | ab: cd\n    |     ^\n  help: remove it"
        )
        #expect(render("\tä: x", column: 5).contains("\n  2 |  ä: x\n    |     ^\n"))
        // A place behind the line's end, and one that is not there at all.
        #expect(render("ab", column: 99).contains("  2 | ab\n    |   ^"))
        #expect(
            Diagnostic(.unknownKey, at: Location(file: "b", line: 9, column: 9), "m").render().hasPrefix(
                "b:9:9: error[unknown-key]: m\n  help:"))
    }

    @Test func longLinesAreCutAroundTheCaret() {
        let text = render(
            String(repeating: "x", count: 500) + "HERE" + String(repeating: "y", count: 500), column: 501)
        let rows = text.split(separator: "\n")
        #expect(
            rows[1].contains("HERE") && rows[1].hasPrefix("  2 | …") && rows[1].hasSuffix("…")
                && rows[1].count < 120)
        #expect(Array(rows[1])[rows[2].count - 1] == "H")
    }

    @Test func textOfAFileCannotSteerTheTerminal() {
        let text = render("a: \u{1B}[31mred\u{202E}", column: 4)
        #expect(!text.unicodeScalars.contains("\u{1B}") && !text.unicodeScalars.contains("\u{202E}"))
        let message = Diagnostic(
            .unknownKey, at: Location(file: "a\u{7}.yaml", line: 1, column: 1), "key '\u{1B}[2J'"
        ).render()
        #expect(message.hasPrefix("a\\u{7}.yaml:1:1: error[unknown-key]: key '\\u{1b}[2J'"))
    }

    @Test func coloursOnlyWhereTheyAreWanted() {
        #expect(render("a", column: 1, color: true).contains("\u{1B}[1;31merror[unknown-key]:\u{1B}[0m"))
        #expect(!render("a", column: 1).contains("\u{1B}"))
    }

    @Test func linesEndAsEditorsEndThem() {
        var lines = SourceLines()
        lines.add(path: "a", bytes: Array("one\r\ntwo\rthree\n\nfive".utf8))
        #expect((1...6).map { lines.line($0, of: "a") } == ["one", "two", "three", "", "five", nil])
        #expect(lines.line(0, of: "a") == nil && lines.line(1, of: "b") == nil)
    }

    @Test(arguments: [
        ("restrat", "restart"), ("Replicas", "replicas"), ("desird", "desired"), ("xyz", nil), ("", nil),
        ("nodess", "nodes"), ("unit", "unit"),
    ])
    func suggestions(_ word: String, nearest: String?) {
        #expect(
            EditDistance.nearest(
                to: word, among: ["restart", "replicas", "desired", "nodes", "unit", "config"]) == nearest)
    }
}
