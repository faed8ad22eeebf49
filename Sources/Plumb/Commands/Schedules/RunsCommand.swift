import ArgumentParser
import Reconciler
import StatusAPI

/// `plumb runs`: the history of Schedules.
struct RunsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "runs",
        abstract: "List runs of Schedules, show one, or print what it wrote.",
        discussion: """
            Without a subcommand it lists, the newest first: also what was missed, skipped or forbidden, \
            with the reason. `plumb get runs` shows the runs of Instances too.
            """,
        subcommands: [List.self, Show.self, RunLogs.self], defaultSubcommand: List.self)

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "List runs of Schedules, the newest first.",
            discussion:
                "With -o ndjson or csv all of them are printed, page after page, unless --limit says less.")

        @Argument(help: "Only of this Schedule.")
        var schedule: String?
        @Option(
            help: ArgumentHelp(
                "Only in these states: failed, missed, running, …, live or ended; several with commas.",
                valueName: "state"))
        var state: String?
        @Option(
            help: ArgumentHelp("Since when: 30m, 2h, today, 09:30, or RFC 3339.", valueName: "time"),
            transform: LogTime.parse)
        var since: WallTime?
        @Option(
            name: [.customShort("l"), .customLong("selector")],
            help: ArgumentHelp("Labels of Schedules: team=shop; several with commas.", valueName: "selector"))
        var labels: String?
        @Option(
            name: [.customShort("n"), .long],
            help: ArgumentHelp("How many. Default: \(Self.usual); of an export all.", valueName: "count"))
        var limit: Int?
        @Option(name: .shortAndLong, help: "How to print: table, wide, json, yaml, ndjson, csv or name.")
        var output: ListFormat = .table
        @OptionGroup var agent: AgentOptions
        @OptionGroup var color: ColorOptions

        static let usual = 50

        func validate() throws {
            guard limit.map({ $0 > 0 }) ?? true else { throw ValidationError("--limit is 1 or more") }
        }

        func run() async throws {
            let pages = ScheduledRunPages(
                client: agent.client, schedule: schedule, state: state, since: since, labels: labels,
                limit: limit ?? (output.isExport ? .max : Self.usual))
            if output.isExport { return try export(pages) }
            let (document, items) = try pages.all()
            // A name with a typing error must not look like a Schedule that never ran.
            if items.isEmpty, let schedule {
                _ = try agent.client.get("/v1/schedules/" + AgentClient.escaped(schedule))
            }
            switch output {
            case .json: Output.line(JSONText.pretty(document))
            case .yaml: Output.line(YAMLText.document(document))
            case .name: Output.lines(items.compactMap { $0.text(at: ["runId"]) }.map { "run/\($0)" })
            default: try table(items, total: document.value(at: "total")?.plainText.flatMap { Int($0) } ?? 0)
            }
        }

        private func export(_ pages: ScheduledRunPages) throws {
            let exporter = Exporter(format: output, columns: ExportColumn.runs)
            var isBegun = false
            try pages.each { _, items in
                // Where there is no answer there is no heading either.
                if !isBegun { exporter.begin() }
                isBegun = true
                exporter.write(items)
            }
        }

        private func table(_ items: [OutputValue], total: Int) throws {
            guard !items.isEmpty else {
                let isFiltered = state != nil || since != nil || labels != nil
                return Output.error(
                    isFiltered ? "no run fits" : "no run \(schedule.map { "of \($0) " } ?? "")is remembered")
            }
            let runs = try items.map {
                try WireMismatch.decode(RunDocument.self, Array(JSONText.compact($0).utf8))
            }
            let table = ScheduledRunTable(runs: runs, now: Timestamp(TimeText.now()))
            Output.lines(table.lines(width: output == .wide ? nil : color.terminal.width, paint: color.paint))
            if total > runs.count {
                Output.error("the newest \(runs.count) of \(total): --limit shows more, -o ndjson all")
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show", abstract: "Show everything about one run.")

        @Argument(help: "Its id, or as many of its first digits as no other has.")
        var id: String
        @OptionGroup var agent: AgentOptions
        @OptionGroup var options: OutputOptions

        func run() async throws {
            let bytes = try agent.client.get("/v1/runs/" + AgentClient.escaped(RunName.id(id)))
            guard options.output == .text else {
                guard let value = OutputValue(json: bytes) else { throw WireMismatch.failure }
                return options.write(value)
            }
            let detail = try WireMismatch.decode(RunDetailDocument.self, bytes)
            Output.lines(
                ScheduledRunReport(detail: detail, now: Timestamp(TimeText.now())).lines(
                    width: options.color.terminal.width, paint: options.color.paint))
        }
    }
}

/// A run as it is typed: its id, or what `-o name` prints.
enum RunName {
    static func id(_ text: String) -> String {
        text.hasPrefix("run/") ? String(text.dropFirst("run/".count)) : text
    }
}

/// Asks for runs of Schedules, page after page, and keeps none of them.
struct ScheduledRunPages {
    let client: AgentClient
    var schedule: String?
    var state: String?
    var since: WallTime?
    var labels: String?
    var limit: Int

    /// As many as the agent gives at once.
    static let pageMax = 1_000

    func each(_ take: (_ document: OutputValue, _ items: [OutputValue]) throws -> Void) throws {
        var rest = limit
        var cursor: String?
        repeat {
            let document = try page(min(rest, Self.pageMax), cursor)
            let items = document.value(at: "items")?.items ?? []
            try take(document, items)
            rest -= items.count
            cursor = items.isEmpty ? nil : document.value(at: "next")?.plainText
        } while cursor != nil && rest > 0
    }

    /// The first page's document with the items of all pages in it.
    func all() throws -> (document: OutputValue, items: [OutputValue]) {
        var items: [OutputValue] = []
        var first: OutputValue?
        try each { document, more in
            first = first ?? document
            items += more
        }
        guard case .object(let members)? = first else { throw WireMismatch.failure }
        let whole = members.filter { $0.key != "next" }.map { member in
            member.key == "items" ? OutputValue.Member(key: "items", value: .array(items)) : member
        }
        return (.object(whole), items)
    }

    private func page(_ count: Int, _ cursor: String?) throws -> OutputValue {
        let given: [(String, String?)] = [
            ("kind", "schedule"), ("limit", String(count)), ("schedule", schedule), ("state", state),
            ("since", since.map { Timestamp($0).description }), ("label", labels), ("cursor", cursor),
        ]
        let query = given.compactMap { key, value in value.map { "\(key)=\(AgentClient.escaped($0))" } }
        let bytes = try client.get("/v1/runs?" + query.joined(separator: "&"))
        guard let document = OutputValue(json: bytes) else { throw WireMismatch.failure }
        return document
    }
}
