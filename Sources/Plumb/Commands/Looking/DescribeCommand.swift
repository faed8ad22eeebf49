import ArgumentParser
import StatusAPI

/// `plumb describe`: all that there is to say of one thing.
struct DescribeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "describe",
        abstract: "Show everything about one thing: for an Instance its replicas, config, origin and events, "
            + "for a Schedule its next times and its runs.",
        discussion: "With one word it is an Instance's name: plumb describe web.")

    @Argument(help: ArgumentHelp("What, or the name of an Instance.", valueName: "kind"))
    var kind: String
    @Argument(help: "Which one.")
    var name: String?
    @OptionGroup var agent: AgentOptions
    @OptionGroup var options: OutputOptions

    private static let eventsShown = 10
    private static let runsShown = 10

    func validate() throws {
        guard name == nil || ResourceKind(word: kind) != nil else {
            let known = ResourceKind.allCases.map(\.singular).joined(separator: ", ")
            throw ValidationError("'\(kind)' is no kind: \(known)")
        }
    }

    func run() async throws {
        let chosen = name.flatMap { _ in ResourceKind(word: kind) } ?? .instances
        let name = name ?? kind
        let reader = ResourceReader(client: agent.client)
        let document = try reader.one(chosen, name)
        guard options.output == .text else { return options.write(document) }
        if chosen == .schedules { return Output.lines(try schedule(document)) }
        guard chosen == .instances else { return Output.line(YAMLText.document(document)) }
        Output.lines(try instance(name))
    }

    private func schedule(_ document: OutputValue) throws -> [String] {
        let detail = try WireMismatch.decode(
            ScheduleDetailDocument.self, Array(JSONText.compact(document).utf8))
        let pages = ScheduledRunPages(
            client: agent.client, schedule: detail.schedule.name, limit: Self.runsShown)
        let runs = try pages.all().items.map {
            try WireMismatch.decode(RunDocument.self, Array(JSONText.compact($0).utf8))
        }
        return ScheduleReport(detail: detail, runs: runs, now: Timestamp(TimeText.now())).lines(
            width: options.color.terminal.width, paint: options.color.paint)
    }

    private func instance(_ name: String) throws -> [String] {
        let path = ResourceKind.instances.path(of: name)
        let detail = try WireMismatch.decode(InstanceDetailDocument.self, try agent.client.get(path))
        let (width, paint) = (options.color.terminal.width, options.color.paint)
        var lines = InstanceReport(detail: detail, now: Timestamp(TimeText.now())).lines(
            width: width, paint: paint)
        if let config = OutputValue(json: try agent.client.get(path + "/config")) {
            lines += ConfigReport(config: config).lines(width: width, paint: paint)
        }
        let query = "?limit=\(Self.eventsShown)&instance=\(AgentClient.escaped(name))"
        let events = try WireMismatch.decode(
            ListDocument<EventDocument>.self, try agent.client.get("/v1/events" + query))
        if !events.items.isEmpty { lines += ["", paint("EVENTS", .strong)] }
        for event in events.items { lines += EventReport(event: event).lines(width: width, paint: paint) }
        return lines
    }
}
