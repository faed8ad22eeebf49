import Testing

@testable import Supervisor

@Suite struct ProcessFactsTests {
    /// A process gives itself its name: parentheses, spaces, and what makes one character with the next byte.
    @Test(arguments: ["web", ") S 1 (", "x\u{0600}", ") S 1 \u{0600}", "", "a\nb"])
    func aNameHidesAndForgesNothing(_ name: String) throws {
        let fields = (3...52).map { field in
            switch field {
            case 3: "R"
            case 4: "77"
            case 20: "5"
            case 22: "900"
            default: "\(field)"
            }
        }
        let line = "42 (\(name)) " + fields.joined(separator: " ") + "\n"
        let facts = try #require(ProcessFacts(42, stat: Array(line.utf8)))
        #expect(facts.name == name && facts.state == "R" && facts.parent == 77)
        #expect(facts.threads == 5 && facts.startTicks == 900)
        #expect(facts.cpuTicks == 14 + 15 && facts.residentBytes == 24 * ProcessFacts.pageBytes)
    }
}
