import Testing

/// What a reviewer should not have to say twice. Each rule looks at one file.
struct TidyRule: Sendable, CustomTestStringConvertible {
    let name: String
    /// The lines that break it, from 1, each with what is wrong.
    let check: @Sendable (SourceFile) -> [(line: Int, problem: String)]

    var testDescription: String { name }

    func violations(in file: SourceFile) -> [Violation] {
        check(file).map { Violation(file: file.path, line: $0.line, rule: "\(name): \($0.problem)") }
    }

    static let lineColumnsMax = 110
    static let fileLinesMax = 400

    static let all = [
        lineLength, fileLength, emptyNames, reasons, unfinished, fixedSleeps, rawHandles, purity, testKit,
    ]

    static let lineLength = TidyRule(name: "line-length") { file in
        lines(of: file) {
            $0.text.count > lineColumnsMax ? "\($0.text.count) columns, \(lineColumnsMax) at most" : nil
        }
    }

    static let fileLength = TidyRule(name: "file-length") { file in
        guard !file.isTest, file.lines.count > fileLinesMax else { return [] }
        return [(fileLinesMax + 1, "\(file.lines.count) lines, \(fileLinesMax) at most")]
    }

    /// Names that say nothing collect everything.
    static let emptyNames = TidyRule(name: "empty-name") { file in
        let banned = #/Utils|Helpers|Common|Manager/#
        let declared =
            #/\b(?:struct|class|enum|actor|protocol|typealias)\s+(\w*(?:Utils|Helpers|Common|Manager)\w*)/#
        var found = lines(of: file) { line in
            line.code.firstMatch(of: declared).map { "\($0.1) names no one thing" }
        }
        if file.name.contains(banned) { found.append((1, "\(file.name) names no one thing")) }
        return found
    }

    /// Each of these switches a check of the compiler off; somebody has to say why that is safe.
    static let reasons = TidyRule(name: "reason") { file in
        let words = ["try!", "@unchecked Sendable", "nonisolated(unsafe)", "fatalError(", "unsafeBitCast"]
        return file.lines.indices.compactMap { index in
            guard let word = words.first(where: file.lines[index].code.contains), !hasComment(file, index)
            else { return nil }
            return (index + 1, "\(word) without a comment that says why it is safe")
        }
    }

    static let unfinished = TidyRule(name: "unfinished") { file in
        lines(of: file) { line in
            line.comment.firstMatch(of: #/\b(TODO|FIXME|XXX|HACK)\b/#).map { "\($0.1) in a comment" }
        }
    }

    /// A test waits for what it wants to see, with a deadline; time alone proves nothing.
    static let fixedSleeps = TidyRule(name: "fixed-sleep") { file in
        guard file.isTest else { return [] }
        let sleep = #/\b(?:Task\.sleep\((?:for|nanoseconds):\s*(?:\.\w+\()?\s*\d|u?sleep\(\s*\d)/#
        return lines(of: file) { $0.code.contains(sleep) ? "wait for a condition instead" : nil }
    }

    /// Each raw C handle lives in its one wrapper.
    static let rawHandles = TidyRule(name: "raw-handle") { file in
        guard !file.isTest else { return [] }
        return lines(of: file) { line in
            for (handle, wrappers) in handles where line.code.contains(handle) {
                if !wrappers.contains(where: file.path.hasPrefix) { return "\(handle) outside its wrapper" }
            }
            return nil
        }
    }

    /// Where each kind of handle may be named.
    private static let handles: [(handle: String, wrappers: [String])] = [
        ("yaml_parser_t", ["Sources/Manifests/Decoding/YAMLEventReader.swift"]),
        ("yaml_event_t", ["Sources/Manifests/Decoding/YAMLEventReader.swift"]),
        ("OpaquePointer", ["Sources/Watcher/Git/Handles/"]),
    ]

    /// The core takes time and randomness as arguments, and does nothing by itself.
    static let purity = TidyRule(name: "purity") { file in
        guard file.path.hasPrefix("Sources/Reconciler/") || file.path.hasPrefix("Sources/Manifests/") else {
            return []
        }
        let impure =
            #/\b(async|await|Task|actor|SystemRandomNumberGenerator|ContinuousClock|Date\(\)|\w+\.random\()/#
        return lines(of: file) { line in line.code.firstMatch(of: impure).map { "\($0.1) in the pure core" } }
    }

    static let testKit = TidyRule(name: "test-kit") { file in
        guard !file.isTest else { return [] }
        return ImportTable.imports(of: file)
            .filter { ["TestKit", "Testing", "XCTest"].contains($0.module) && file.target != "TestKit" }
            .map { ($0.line, "\($0.module) is for tests") }
    }

    private static func lines(
        of file: SourceFile, _ problem: (SourceFile.Line) -> String?
    ) -> [(line: Int, problem: String)] {
        file.lines.enumerated().compactMap { index, line in problem(line).map { (index + 1, $0) } }
    }

    /// Whether a line has a comment, or the lines directly above it that are no code are one.
    private static func hasComment(_ file: SourceFile, _ index: Int) -> Bool {
        if !file.lines[index].comment.isEmpty { return true }
        var above = index - 1
        // Attributes stand between a declaration and its comment.
        while above >= 0, file.lines[above].code.drop(while: { $0 == " " }).hasPrefix("@"),
            file.lines[above].comment.isEmpty
        {
            above -= 1
        }
        return above >= 0 && !file.lines[above].comment.isEmpty
    }
}
