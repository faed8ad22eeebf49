import ArgumentParser
import StatusAPI

struct Events: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show what happened, and what made it necessary.",
        discussion: "The oldest comes first. With -o json or yaml and -f: one document an event.")

    @Option(
        name: [.customShort("n"), .long],
        help: ArgumentHelp("How many of the newest events, \(countMax) at most.", valueName: "count"))
    var lines = 50

    @Flag(name: .shortAndLong, help: "Go on with every event as it happens.")
    var follow = false

    @Option(help: ArgumentHelp("Only those of one Instance.", valueName: "name"))
    var instance: String?

    @OptionGroup var agent: AgentOptions
    @OptionGroup var options: OutputOptions

    /// As many as the agent gives at once.
    static let countMax = 1_000
    private static let period: Duration = .milliseconds(500)

    func validate() throws {
        guard (0...Self.countMax).contains(lines) else {
            throw ValidationError("-n is from 0 to \(Self.countMax)")
        }
    }

    func run() async throws {
        // A limit of 0 is no question to ask: one event tells where the history ends.
        let document = try agent.client.get(path(after: nil, limit: max(1, lines)))
        let list = try WireMismatch.decode(ListDocument<EventDocument>.self, document)
        if let instance, list.items.isEmpty {
            // A name with a typing error must not look like an Instance that nothing happened to.
            _ = try agent.client.get("/v1/instances/" + AgentClient.escaped(instance))
        }
        let shown = list.items.suffix(lines)
        if options.output == .text || follow {
            for event in shown { write(event) }
        } else {
            guard let value = OutputValue(json: document) else { throw WireMismatch.failure }
            options.write(value)
        }
        if follow { try await go(on: list.items.last?.id ?? 0) }
    }

    private func go(on last: Int64) async throws {
        var last = last
        while true {
            let list = try WireMismatch.decode(
                ListDocument<EventDocument>.self,
                try agent.client.get(path(after: last, limit: Self.countMax)))
            for event in list.items { write(event) }
            last = list.items.last?.id ?? last
            if list.items.count < Self.countMax { try await Task.sleep(for: Self.period) }
        }
    }

    private func write(_ event: EventDocument) {
        guard options.output == .text else { return options.writeNext(OutputValue(event)) }
        Output.lines(
            EventReport(event: event).lines(width: options.color.terminal.width, paint: options.color.paint))
    }

    private func path(after: Int64?, limit: Int) -> String {
        var path = "/v1/events?limit=\(limit)"
        if let after { path += "&after=\(after)" }
        if let instance { path += "&instance=\(AgentClient.escaped(instance))" }
        return path
    }
}
