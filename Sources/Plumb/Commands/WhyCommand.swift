import ArgumentParser
import StatusAPI

struct WhyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "why",
        abstract: "Show why an Instance is as it is: from what was seen last, back to the commit.",
        discussion: """
            Each chain begins with the newest and ends with the change and its commit. What is being waited \
            for is said with what would lift it. The worst replica comes first.
            """)

    @Argument(help: "An Instance (web), or one replica of it (web/0).")
    var name: String

    @OptionGroup var agent: AgentOptions
    @OptionGroup var options: OutputOptions

    func run() async throws {
        let parts = name.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        var path = "/v1/instances/" + AgentClient.escaped(String(parts[0])) + "/why"
        if parts.count > 1 { path += "?replica=" + AgentClient.escaped(String(parts[1])) }
        let bytes = try agent.client.get(path)
        let document = try WireMismatch.decode(WhyDocument.self, bytes)
        if parts.count > 1, document.replicas.isEmpty {
            throw CommandFailure(
                message: "there is no replica \(name)", remedy: "`plumb status \(parts[0])` lists them")
        }
        guard options.output == .text else {
            guard let value = OutputValue(json: bytes) else { throw WireMismatch.failure }
            return options.write(value)
        }
        Output.lines(
            WhyReport(why: document).lines(width: options.color.terminal.width, paint: options.color.paint))
    }
}

struct HistoryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history",
        abstract: "Show every spec that was wanted of an Instance here, and what became of it.",
        discussion: "The newest comes first.")

    @Argument(help: "An Instance.")
    var name: String

    @Option(
        name: [.customShort("n"), .long],
        help: ArgumentHelp("How many of the newest, \(countMax) at most.", valueName: "count"))
    var lines = 20

    @OptionGroup var agent: AgentOptions
    @OptionGroup var options: OutputOptions

    static let countMax = 200

    func validate() throws {
        guard (1...Self.countMax).contains(lines) else {
            throw ValidationError("-n is from 1 to \(Self.countMax)")
        }
    }

    func run() async throws {
        let bytes = try agent.client.get(
            "/v1/instances/\(AgentClient.escaped(name))/history?limit=\(lines)")
        let list = try WireMismatch.decode(ListDocument<SpecRecordDocument>.self, bytes)
        guard options.output == .text else {
            guard let value = OutputValue(json: bytes) else { throw WireMismatch.failure }
            return options.write(value)
        }
        Output.lines(
            SpecHistoryReport(records: list.items).lines(
                width: options.color.terminal.width, paint: options.color.paint))
    }
}

struct TraceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trace",
        abstract: "Show when a revision got how far on this host.",
        discussion: """
            Without a revision: the accepted one. A ref that this host follows is the newest commit of it \
            that was seen here, accepted or not; so is HEAD.
            """)

    @Argument(
        help: "The beginning of a commit's id, main@3f2a9c1 as other commands print it, main, HEAD, or a tag."
    )
    var revision: String?

    @OptionGroup var agent: AgentOptions
    @OptionGroup var options: OutputOptions

    func run() async throws {
        let id = try wanted()
        let bytes = try agent.client.get("/v1/revisions/\(AgentClient.escaped(id))/trace")
        let document = try WireMismatch.decode(TraceDocument.self, bytes)
        guard options.output == .text else {
            guard let value = OutputValue(json: bytes) else { throw WireMismatch.failure }
            return options.write(value)
        }
        Output.lines(
            TraceReport(trace: document).lines(
                width: options.color.terminal.width, paint: options.color.paint))
    }

    private func wanted() throws -> String {
        let source = try WireMismatch.decode(StatusDocument.self, try agent.client.get("/v1/status")).source
        guard let revision else {
            if let accepted = source.accepted { return accepted.commit }
            throw CommandFailure(
                message: "no revision has been accepted yet",
                remedy: "`plumb status` says what is in the way")
        }
        var history: [RevisionDocument]?
        return try RevisionWord(revision).commit(of: source) {
            if let history { return history }
            let bytes = try agent.client.get("/v1/revisions?limit=\(Self.revisionsMax)")
            let list = try WireMismatch.decode(ListDocument<RevisionHistoryDocument>.self, bytes)
            history = list.items.map(\.revision)
            return history ?? []
        }
    }

    private static let revisionsMax = 200
}
