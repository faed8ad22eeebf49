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

    /// The stream says what is new. Where it has not kept all of that, the history has.
    private func go(on last: Int64) async throws {
        var last = last
        let query = "topics=events" + (instance.map { "&instance=" + AgentClient.escaped($0) } ?? "")
        let stream = AgentStream(agent.client, query)
        while true {
            switch try stream.next() {
            case .idle: continue
            case .away(let failure): Output.error("plumb: \(failure.message); waiting for it to come back")
            case .back: Output.error("plumb: the agent answers again")
            case .message(let message):
                switch message.event {
                case "event":
                    let event = try WireMismatch.decode(EventDocument.self, message.data)
                    guard event.id > last else { continue }
                    write(event)
                    last = event.id
                case "reset", "missed": try catchUp(&last)
                default: continue
                }
            }
        }
    }

    private func catchUp(_ last: inout Int64) throws {
        let newest = try page(after: nil, limit: 1).last?.id ?? 0
        // An agent that has lost its memory counts anew.
        if newest < last { last = 0 }
        while newest > last {
            let events = try page(after: last, limit: Self.countMax)
            for event in events { write(event) }
            guard let end = events.last?.id else { return }
            last = end
        }
    }

    private func page(after: Int64?, limit: Int) throws -> [EventDocument] {
        try WireMismatch.decode(
            ListDocument<EventDocument>.self, try agent.client.get(path(after: after, limit: limit))
        ).items
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
