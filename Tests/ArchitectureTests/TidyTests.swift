import Testing

@Suite("Tidy") struct TidyTests {
    @Test("The rules hold in every file", arguments: TidyRule.all) func holds(rule: TidyRule) {
        SourceTree.swiftFiles.flatMap(rule.violations(in:)).record()
    }

    /// Such a path works on one machine alone.
    @Test("No file names somebody's home directory") func homeDirectories() {
        let home = #/(?:^|[^\w.~-])(/(?:home|Users)/\w+|/root)/[\w.]/#
        for path in SourceTree.textFiles {
            let text = String(decoding: SourceTree.contents(of: path), as: UTF8.self)
            for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
            where line.contains(home) {
                [Violation(file: path, line: index + 1, rule: "home-directory: \(line.prefix(80))")].record()
            }
        }
    }

    @Test("How many package declarations have no comment is told, and fails nothing") func documentation() {
        let declaration = #/^\s*package (?:\w+ )*(?:struct|class|enum|actor|protocol|func|var|init)\b/#
        var bare = 0
        var all = 0
        for file in SourceTree.swiftFiles where !file.isTest {
            for index in file.lines.indices where file.lines[index].code.contains(declaration) {
                all += 1
                if index == 0 || file.lines[index - 1].comment.isEmpty { bare += 1 }
            }
        }
        print("package declarations without a comment: \(bare) of \(all)")
    }

    @Test(
        "A broken rule is found",
        arguments: [
            (
                "line-length", "Sources/Agent/A.swift",
                "let a = \"" + String(repeating: "x", count: 110) + "\""
            ),
            ("file-length", "Sources/Agent/A.swift", String(repeating: "\n", count: 401)),
            ("empty-name", "Sources/Agent/StringUtils.swift", "import Glibc"),
            ("empty-name", "Sources/Agent/A.swift", "final class RunManager {}"),
            ("reason", "Sources/Agent/A.swift", "// Far above.\nlet a = 1\nlet b = try! f()"),
            ("reason", "Sources/Agent/A.swift", "final class A: @unchecked Sendable {}"),
            ("reason", "Sources/Agent/A.swift", "let text = \"\\(unsafeBitCast(a, to: Int.self))\""),
            ("unfinished", "Tests/AgentTests/A.swift", "f()  // TODO: g()"),
            ("fixed-sleep", "Tests/AgentTests/A.swift", "try await Task.sleep(for: .seconds(1))"),
            ("fixed-sleep", "Tests/AgentTests/A.swift", "usleep(1000)"),
            ("raw-handle", "Sources/Watcher/Git/A.swift", "let pointer: OpaquePointer"),
            ("purity", "Sources/Reconciler/A.swift", "let now = ContinuousClock.now"),
            ("purity", "Sources/Reconciler/A.swift", "let x = Double.random(in: 0...1)"),
            ("test-kit", "Sources/Agent/A.swift", "import TestKit"),
        ])
    func found(rule: String, path: String, text: String) throws {
        let rule = try #require(TidyRule.all.first { $0.name == rule })
        #expect(rule.violations(in: SourceFile(path: path, text: text)).count == 1)
    }

    @Test(
        "What is said, and not done, breaks no rule",
        arguments: [
            "let a = try! f()  // The literal is valid.",
            "// Guarded by `lock`.\n@available(*, deprecated)\nfinal class A: @unchecked Sendable {}",
            "let a = \"try! TODO\"",
            "let text = \"\"\"\n    fatalError( // TODO\n    \"\"\"",
            "let text = #\"a \"quoted\" TODO try!\"#",
            "let files = FileManager.default",
            "while !isReady {\n    usleep(1000)\n}",
        ])
    func notFound(text: String) {
        for path in ["Sources/Agent/A.swift", "Tests/AgentTests/A.swift"] {
            let file = SourceFile(path: path, text: text)
            #expect(TidyRule.all.flatMap { $0.violations(in: file) }.isEmpty)
        }
    }
}
