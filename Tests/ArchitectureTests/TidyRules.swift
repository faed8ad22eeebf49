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
        lines(of: file) { line in
            // Bytes are counted first: counting characters is slow, and there are never more of them.
            guard line.text.utf8.count > lineColumnsMax, line.text.count > lineColumnsMax else { return nil }
            // Output that a test expects stands there as it is printed.
            if file.isTest && line.code.count + line.comment.count <= lineColumnsMax { return nil }
            return "\(line.text.count) columns, \(lineColumnsMax) at most"
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
        guard file.mentions(["Utils", "Helpers", "Common", "Manager"]) || file.name.contains(banned) else {
            return []
        }
        var found = lines(of: file) { line in
            line.code.firstMatch(of: declared).map { "\($0.1) names no one thing" }
        }
        if file.name.contains(banned) { found.append((1, "\(file.name) names no one thing")) }
        return found
    }

    /// Each of these switches a check of the compiler off; somebody has to say why that is safe.
    static let reasons = TidyRule(name: "reason") { file in
        let words = ["try!", "@unchecked Sendable", "nonisolated(unsafe)", "fatalError(", "unsafeBitCast"]
        guard file.mentions(words) else { return [] }
        return file.lines.indices.compactMap { index in
            guard let word = words.first(where: file.lines[index].code.contains), !hasComment(file, index)
            else { return nil }
            return (index + 1, "\(word) without a comment that says why it is safe")
        }
    }

    static let unfinished = TidyRule(name: "unfinished") { file in
        guard file.mentions(["TODO", "FIXME", "XXX", "HACK"]) else { return [] }
        return lines(of: file) { line in
            line.comment.firstMatch(of: #/\b(TODO|FIXME|XXX|HACK)\b/#).map { "\($0.1) in a comment" }
        }
    }

    /// A test waits for what it wants to see, with a deadline; time alone proves nothing. A pause within the
    /// loop that looks is how it waits.
    static let fixedSleeps = TidyRule(name: "fixed-sleep") { file in
        guard file.isTest, file.mentions(["sleep("]) else { return [] }
        let sleep = #/\b(?:Task\.sleep\((?:for|nanoseconds):\s*(?:\.\w+\()?\s*\d|u?sleep\(\s*\d)/#
        return file.lines.indices.compactMap { index in
            guard file.lines[index].code.contains(sleep), !isInLoop(file, index),
                !hasComment(file, index)
            else { return nil }
            return (index + 1, "wait for a condition instead, or say why time has to pass")
        }
    }

    /// Whether one of the lines that enclose a line, by their indentation, begins a loop.
    private static func isInLoop(_ file: SourceFile, _ index: Int) -> Bool {
        let loop = #/\b(?:while|repeat)\b|\bfor\s.*\sin\b/#
        if file.lines[index].code.contains(loop) { return true }
        var indentation = file.lines[index].indentation
        for line in file.lines[..<index].reversed() where !line.code.allSatisfy(\.isWhitespace) {
            guard line.indentation < indentation else { continue }
            indentation = line.indentation
            if line.code.contains(loop) { return true }
        }
        return false
    }

    /// Each raw C handle lives in its one wrapper.
    static let rawHandles = TidyRule(name: "raw-handle") { file in
        guard !file.isTest, file.mentions(handles.map(\.handle)) else { return [] }
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
        (
            "OpaquePointer",
            [
                "Sources/Watcher/Git/Handles/", "Sources/Supervisor/Packages/Archives/ArchiveHandle.swift",
            ]
        ),
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
