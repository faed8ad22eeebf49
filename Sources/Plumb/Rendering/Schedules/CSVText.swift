/// Comma-separated values as RFC 4180 has them, with line feeds alone at the ends of rows.
enum CSVText {
    static func row(_ fields: [String]) -> String { fields.map(field).joined(separator: ",") }

    private static func field(_ text: String) -> String {
        let isOdd = text.utf8.contains { [0x22, 0x2C, 0x0A, 0x0D].contains($0) }
        let hasEdges = text.first == " " || text.last == " "
        guard isOdd || hasEdges else { return text }
        return "\"" + text.replacing("\"", with: "\"\"") + "\""
    }
}

/// What an export has in each row: a heading, and where it stands in the agent's document.
struct ExportColumn: Sendable {
    var title: String
    var key: String

    init(_ key: String, _ title: String? = nil) {
        self.key = key
        self.title = title ?? key
    }

    static let runs: [ExportColumn] = [
        .init("runId"), .init("schedule"), .init("node"), .init("state"), .init("reasonCode"),
        .init("trigger"),
        .init("nominalAt"), .init("dueAt"), .init("startedAt"), .init("endedAt"), .init("lateSeconds"),
        .init("seconds"), .init("attempt"), .init("exit.code", "exitCode"), .init("exit.signal", "signal"),
        .init("exit.cpuSeconds", "cpuSeconds"), .init("exit.memoryPeakBytes", "memoryPeakBytes"),
        .init("unit"), .init("revision.commit", "commit"), .init("revision.author", "author"),
        .init("reason"),
    ]

    static let schedules: [ExportColumn] = [
        .init("name"), .init("node"), .init("state"), .init("trouble.kind", "trouble"), .init("trigger"),
        .init("timezone"), .init("action"), .init("next.at", "nextAt"), .init("next.local", "nextLocal"),
        .init("last.runId", "lastRunId"), .init("last.state", "lastState"),
        .init("last.nominalAt", "lastNominalAt"), .init("lastSuccessAt"), .init("failures"),
        .init("declaredAt"), .init("message"),
    ]
}
