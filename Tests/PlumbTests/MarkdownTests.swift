import Testing

@testable import Plumb

@Suite("Markdown for comments on forges") struct MarkdownTests {
    /// What somebody would write into a field to break out of a comment.
    static let hostile = [
        "plain", "@everyone", "<img src=x onerror=alert(1)>", "a | b \\| c", "`code`", "``` fence", "````",
        "-->", "</details>", "[a](http://x)", "line\nbreak\r\n# title", "", " ", "`", "\u{202E}txt",
        "`\u{301}`` @x",
    ]

    /// All that a reader of CommonMark would take for markup: what is neither in a fence nor in a code span.
    static func markup(of text: String) -> String {
        var result = ""
        var fence: Substring?
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            let ticks = line.prefix { $0 == "`" }
            if let open = fence {
                if ticks.count >= open.count && ticks.count == line.count { fence = nil }
            } else if ticks.count >= 3 && !line.dropFirst(ticks.count).contains("`") {
                fence = ticks
            } else {
                result += outsideSpans(line) + "\n"
            }
        }
        return result
    }

    /// A span ends at the next run of exactly as many backticks as it began with.
    private static func outsideSpans(_ line: Substring) -> String {
        var result = ""
        var rest = line.unicodeScalars[...]
        func run(_ text: Substring.UnicodeScalarView) -> Int { text.prefix { $0 == "`" }.count }
        while let first = rest.first {
            let count = run(rest)
            guard count > 0 else {
                result.unicodeScalars.append(first)
                rest = rest.dropFirst()
                continue
            }
            var inner = rest.dropFirst(count)
            while !inner.isEmpty && run(inner) != count { inner = inner.dropFirst(max(1, run(inner))) }
            if inner.isEmpty {
                result += String(repeating: "`", count: count)
                rest = rest.dropFirst(count)
            } else {
                rest = inner.dropFirst(count)
            }
        }
        return result
    }

    @Test("Nothing of a hostile text is outside of its code span", arguments: hostile) func spans(
        text: String
    ) {
        #expect(Self.markup(of: "before \(Markdown.code(text)) behind") == "before  behind\n")
    }

    @Test("Nothing of hostile lines is outside of their block") func blocks() {
        var page = MarkdownPage(marker: "plumb-diff")
        page.addBlock(Self.hostile, language: "diff")
        page.add("the end")
        #expect(Self.markup(of: page.text).filter { $0 != "\n" } == "<!-- plumb-diff -->the end")
        #expect(page.text.contains("@everyone"))
    }

    @Test("In HTML only letters, digits, blanks and hyphens are themselves") func html() {
        #expect(Markdown.html("edge-1 <b>&@x") == "edge-1 &#60;b&#62;&#38;&#64;x")
    }

    @Test("A comment is bounded, says what it leaves out, and its end is there") func bounded() {
        var page = MarkdownPage(marker: "plumb-diff")
        let lines = (0..<5_000).map { "+ start    web/\($0)  " + String(repeating: "ü", count: 300) }
        page.addBlock(lines, language: "diff", within: (open: "<details>\n", close: "</details>\n"))
        page.addBlock(lines, language: "diff")
        page.add("the end")
        #expect(page.text.utf8.count <= MarkdownPage.bytesMax)
        #expect(page.text.hasSuffix("the end\n"))
        #expect(page.text.contains("more lines\n```\n</details>"))
        #expect(page.leftOut > 9_000)
        #expect(!Self.markup(of: page.text).contains("start"))
    }

    @Test(
        "The marker is one line that no path can end",
        arguments: ["/", "", "deploy/prod", "a--> <b>", "x\ny"])
    func marker(path: String) {
        let marker = MarkdownPage.marker(path: path)
        #expect(marker.hasPrefix("plumb-diff"))
        #expect(!marker.contains("-->") && !marker.contains("\n") && !marker.contains("<"))
        #expect(MarkdownPage.marker(path: "/") == "plumb-diff")
        #expect(MarkdownPage.marker(path: "/deploy/") == "plumb-diff deploy")
    }
}
