import ArgumentParser
import Reconciler
import StatusAPI

/// `plumb get`: what is there of one kind, as a table, as names, or as the agent's own documents.
struct GetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "get",
        abstract:
            "List instances, replicas, units, runs, revisions, events, schedules, plugins or the audit.",
        discussion: """
            With a NAME it shows that one alone. `-o name` prints kind/name, one a line, for scripts; json \
            and yaml print what the status endpoint answers.
            """)

    enum Format: String, ExpressibleByArgument, CaseIterable, Sendable { case table, wide, json, yaml, name }

    @Argument(
        help: ArgumentHelp(
            "What: \(ResourceKind.allCases.map(\.rawValue).joined(separator: ", ")).", valueName: "kind"))
    var kind: ResourceKind
    @Argument(help: "One of them: web, web/0, web@1.4.2, a run's id, a commit.")
    var name: String?
    @Option(name: .shortAndLong, help: "How to print: table, wide, json, yaml or name.")
    var output: Format = .table
    @OptionGroup var filters: ResourceFilters
    @OptionGroup var agent: AgentOptions
    @OptionGroup var color: ColorOptions

    func validate() throws {
        guard name == nil || filters.isEmpty else {
            throw ValidationError("a NAME is one alone: leave out the filters, or the name")
        }
    }

    func run() async throws {
        if let name {
            let document = try ResourceReader(client: agent.client).one(kind, name)
            try show(document, [document.value(at: kind.member) ?? document])
        } else {
            let list = try ResourceReader(client: agent.client).list(kind, filters.query)
            try show(list.document, list.items)
        }
    }

    private func show(_ document: OutputValue, _ items: [OutputValue]) throws {
        switch output {
        case .json: Output.line(JSONText.pretty(document))
        case .yaml: Output.line(YAMLText.document(document))
        case .name:
            Output.lines(items.compactMap { $0.text(at: kind.nameKeys) }.map { "\(kind.singular)/\($0)" })
        case .table, .wide:
            guard !items.isEmpty else {
                Output.error(
                    filters.isEmpty ? "there are no \(kind.plural) here" : "no \(kind.plural) fit")
                return
            }
            let table = ResourceTable(
                kind: kind, items: items, isWide: output == .wide, now: Timestamp(TimeText.now()))
            Output.lines(table.lines(width: output == .wide ? nil : color.terminal.width, paint: color.paint))
        }
    }
}

/// Which of them: the filters of the status endpoint, in the words of kubectl where it has one.
struct ResourceFilters: ParsableArguments {
    @Option(
        name: [.customShort("l"), .customLong("selector")],
        help: ArgumentHelp(
            "Labels: team=shop, tier!=db, 'zone in (a,b)', old, !old; several with commas.",
            valueName: "selector"))
    var labels: String?
    @Option(help: ArgumentHelp("Only those of one Instance.", valueName: "name"))
    var instance: String?
    @Option(help: ArgumentHelp("Running, Crashed, …; several with commas.", valueName: "phase"))
    var phase: String?
    @Option(
        help: ArgumentHelp(
            "healthy, degraded, unhealthy, failed, …; several with commas.", valueName: "health"))
    var health: String?
    @Option(
        help: ArgumentHelp("Since when: 30m, 2h, today, 09:30, or RFC 3339.", valueName: "time"),
        transform: LogTime.parse)
    var since: WallTime?

    var isEmpty: Bool { query.isEmpty }

    /// What a route does not know is the agent's to refuse.
    var query: [(String, String)] {
        let given = [
            ("label", labels), ("instance", instance), ("phase", phase), ("health", health),
            ("since", since.map { Timestamp($0).description }),
        ]
        return given.compactMap { key, value in value.map { (key, $0) } }
    }
}

extension ResourceKind: ExpressibleByArgument {
    init?(argument: String) { self.init(word: argument) }
    static var allValueStrings: [String] { allCases.map(\.rawValue) }
}

/// Asks for documents by kind, page after page.
struct ResourceReader {
    let client: AgentClient

    /// Pages that are asked for, at most.
    private static let pagesMax = 1_000

    func one(_ kind: ResourceKind, _ name: String) throws -> OutputValue {
        guard let value = OutputValue(json: try client.get(kind.path(of: name))) else {
            throw WireMismatch.failure
        }
        return value
    }

    /// The first page's document with the items of all pages in it.
    func list(_ kind: ResourceKind, _ query: [(String, String)]) throws -> (
        document: OutputValue, items: [OutputValue]
    ) {
        var items: [OutputValue] = []
        var first: OutputValue?
        var cursor: String?
        for _ in 0..<Self.pagesMax {
            let asked = query + (cursor.map { [("cursor", $0)] } ?? [])
            let text = asked.map { "\($0.0)=\(AgentClient.escaped($0.1))" }.joined(separator: "&")
            let bytes = try client.get(kind.path + (text.isEmpty ? "" : "?" + text))
            guard let page = OutputValue(json: bytes) else { throw WireMismatch.failure }
            first = first ?? page
            items += page.value(at: "items")?.items ?? []
            cursor = page.value(at: "next")?.plainText
            // Histories are without an end: of them the newest page is what is asked for.
            if cursor == nil || kind == .events || kind == .runs || kind == .audit { break }
        }
        guard case .object(let members)? = first else { throw WireMismatch.failure }
        let whole = members.filter { $0.key != "next" || cursor != nil }.map { member in
            member.key == "items" ? OutputValue.Member(key: "items", value: .array(items)) : member
        }
        return (.object(whole), items)
    }
}
