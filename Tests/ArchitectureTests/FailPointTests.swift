import Testing

@Suite("Fail points") struct FailPointTests {
    private static let files = ["Sources/KeeperProtocol/FailPoint.swift", "Sources/CLinux/events.c"]
    private static let variables = ["PLUMB_FAIL_POINT\"", "PLUMB_TEST_"]

    private func lines(_ path: String) -> [Substring] {
        String(decoding: SourceTree.contents(of: path), as: UTF8.self)
            .split(separator: "\n", omittingEmptySubsequences: false)
    }

    @Test("What lets a test end a process or move its clock is compiled into debug builds alone")
    func debugOnly() {
        for path in SourceTree.files(under: "Sources") {
            var isGuarded = false
            for (index, line) in lines(path).enumerated() {
                let text = line.drop { $0 == " " }
                if text.hasPrefix("#if PLUMB_FAIL_POINTS") || text == "#ifdef PLUMB_FAIL_POINTS" {
                    isGuarded = true
                }
                if text.hasPrefix("#else") || text.hasPrefix("#endif") { isGuarded = false }
                guard Self.variables.contains(where: text.contains) else { continue }
                #expect(isGuarded && Self.files.contains(path), "\(path):\(index + 1) is in release builds")
            }
        }
        let defining = lines("Package.swift").filter { $0.contains("\"PLUMB_FAIL_POINTS\"") }
        #expect(defining.count == 2)
        #expect(defining.allSatisfy { $0.contains(".when(configuration: .debug)") })
    }
}
