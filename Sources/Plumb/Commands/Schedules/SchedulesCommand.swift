import ArgumentParser
import StatusAPI

/// `plumb schedules`: what starts by the clock, by what happens, or by files.
struct SchedulesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schedules",
        abstract: "List Schedules with their next and their last time, the worst first.",
        discussion: """
            Times are as clocks in the Schedule's own time zone show them. `plumb describe schedule NAME` \
            says everything about one, `plumb runs NAME` lists its runs.
            """)

    @Option(
        name: [.customShort("l"), .customLong("selector")],
        help: ArgumentHelp("Labels: team=shop, tier!=db; several with commas.", valueName: "selector"))
    var labels: String?
    @Option(
        help: ArgumentHelp(
            "active, failing, broken, suspended, …, or trouble; several with commas.", valueName: "state"))
    var state: String?
    @Option(name: .shortAndLong, help: "How to print: table, wide, json, yaml, ndjson, csv or name.")
    var output: ListFormat = .table
    @OptionGroup var agent: AgentOptions
    @OptionGroup var color: ColorOptions

    func run() async throws {
        let query = [("label", labels), ("state", state)].compactMap { key, value in
            value.map { (key, $0) }
        }
        let list = try ResourceReader(client: agent.client).list(.schedules, query)
        switch output {
        case .json: Output.line(JSONText.pretty(list.document))
        case .yaml: Output.line(YAMLText.document(list.document))
        case .name: Output.lines(list.items.compactMap { $0.text(at: ["name"]) }.map { "schedule/\($0)" })
        case .ndjson, .csv:
            let exporter = Exporter(format: output, columns: ExportColumn.schedules)
            exporter.begin()
            exporter.write(list.items)
        case .table, .wide: try table(list.items, isFiltered: !query.isEmpty)
        }
    }

    private func table(_ items: [OutputValue], isFiltered: Bool) throws {
        guard !items.isEmpty else {
            return Output.error(isFiltered ? "no Schedule fits" : "no Schedule is declared for this host")
        }
        let schedules = try items.map {
            try WireMismatch.decode(ScheduleDocument.self, Array(JSONText.compact($0).utf8))
        }
        let table = ScheduleTable(
            schedules: schedules, isWide: output == .wide, now: Timestamp(TimeText.now()))
        Output.lines(table.lines(width: output == .wide ? nil : color.terminal.width, paint: color.paint))
    }
}
