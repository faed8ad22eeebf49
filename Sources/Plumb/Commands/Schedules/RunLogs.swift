import ArgumentParser
import StatusAPI

extension RunsCommand {
    /// What a run wrote, for as long as its history is kept.
    struct RunLogs: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "logs", abstract: "Print what one run has written.",
            discussion: "Lines of standard error begin with an exclamation mark where both streams are shown."
        )

        @Argument(help: "Its id, or as many of its first digits as no other has.")
        var id: String
        @Option(
            name: [.customShort("n"), .customLong("tail")],
            help: ArgumentHelp("How many of the newest lines. Default: all.", valueName: "count"))
        var tail: Int?
        @Option(help: "Only one stream: stdout or stderr.")
        var stream: String?
        @Flag(name: .shortAndLong, help: "Each line with its time.")
        var timestamps = false
        @OptionGroup var agent: AgentOptions

        /// As many as the agent gives at once.
        private static let pageMax = 1_000
        private static let pagesMax = 10_000

        func validate() throws {
            guard tail.map({ $0 > 0 }) ?? true else { throw ValidationError("-n is 1 or more") }
            guard stream.map({ ["stdout", "stderr"].contains($0) }) ?? true else {
                throw ValidationError("--stream is stdout or stderr")
            }
        }

        /// Pages come from the newest back; they are printed from the oldest on.
        func run() async throws {
            var pages: [[LogRecordDocument]] = []
            var rest = tail ?? .max
            var cursor: String?
            for _ in 0..<Self.pagesMax {
                let page = try page(min(rest, Self.pageMax), cursor)
                pages.append(page.items)
                rest -= page.items.count { $0.kind == "line" }
                cursor = page.next
                if cursor == nil || rest <= 0 { break }
            }
            for record in pages.reversed().joined() { write(record) }
        }

        private func page(_ count: Int, _ cursor: String?) throws -> LogListDocument {
            let given: [(String, String?)] = [
                ("limit", String(count)), ("stream", stream), ("cursor", cursor),
            ]
            let query = given.compactMap { key, value in value.map { "\(key)=\(AgentClient.escaped($0))" } }
            let path = "/v1/runs/\(AgentClient.escaped(RunName.id(id)))/logs?" + query.joined(separator: "&")
            return try WireMismatch.decode(LogListDocument.self, try agent.client.get(path))
        }

        private func write(_ record: LogRecordDocument) {
            switch record.kind {
            case "line":
                let time = timestamps ? "\(record.time) " : ""
                let sign = stream == nil ? (record.stream == "stderr" ? "! " : "| ") : ""
                Output.line(time + sign + PrintableText.harmless(record.text ?? ""))
            case "gap":
                let bytes = LogFormat.grouped(record.lostBytes ?? 0)
                Output.error("---- \(bytes) bytes of \(record.stream) lost: \(record.reason ?? "") ----")
            default: break
            }
        }
    }
}
