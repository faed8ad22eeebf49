import ArgumentParser
import Manifests
import Reconciler
import StatusAPI

/// `plumb forecast`: what Schedules are going to do, by the same calendar by which the agent starts them.
struct ForecastCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "forecast",
        abstract: "Show when Schedules will fire, with changes of the clock and conflicts.",
        discussion: """
            Of the running agent; or, with --repo or --ref, of a repository without an agent: of all \
            Schedules, or of those that --node would run. Time zones are those of this machine.
            """)

    @Argument(help: ArgumentHelp("Only these Schedules. Default: all.", valueName: "schedule"))
    var schedules: [String] = []
    @Option(
        help: ArgumentHelp("How far to look, such as 24h or 7d.", valueName: "duration"),
        transform: ForecastSpan.duration)
    var next: Duration = .seconds(86_400)
    @Option(
        help: ArgumentHelp(
            "Look from then on: 2027-03-28, today, RFC 3339. Default: now.", valueName: "time"),
        transform: ForecastSpan.moment)
    var from: WallTime?
    @Option(
        name: [.customShort("n"), .long],
        help: ArgumentHelp("How many firings at most.", valueName: "count"))
    var limit = 200
    @Option(help: "The repository. Default: with --ref the current directory.")
    var repo: String?
    @Option(
        help:
            "A branch, tag or commit of the repository. Default: with --repo the files as they stand."
    )
    var ref: String?
    @Option(help: "The directory of the repository below which declarations stand. Default: all.")
    var path: String?
    @Option(help: "With --repo or --ref: only what this node would run.")
    var node: String?
    @Option(
        name: .customLong("node-label"), help: "With --node: a label of it, as key=value. May be repeated.")
    var nodeLabels: [String] = []
    @Option(name: .shortAndLong, help: "How to print: table, wide, json, yaml, ndjson, csv or name.")
    var output: ListFormat = .table
    @OptionGroup var agent: AgentOptions
    @OptionGroup var color: ColorOptions

    private var isOffline: Bool { repo != nil || ref != nil }

    func validate() throws {
        guard limit > 0 else { throw ValidationError("--limit is 1 or more") }
        if !isOffline, node != nil || path != nil {
            throw ValidationError("--node and --path need --repo or --ref: an agent knows its own")
        }
        if node == nil && !nodeLabels.isEmpty { throw ValidationError("--node-label needs --node") }
    }

    func run() async throws {
        let start = from ?? TimeText.now()
        let (end, overflow) = start.nanoseconds.addingReportingOverflow(next.nanoseconds)
        var question = ForecastQuestion(
            range: start..<WallTime(nanoseconds: overflow ? .max : end), limit: limit)
        let declared = try await isOffline ? offline() : online(&question)
        let chosen = try choose(declared)
        let zones = SystemZones.shared
        let found = forecast(of: chosen, zones: zones.rules, question)
        show(ForecastReport(forecast: found, question: question, now: TimeText.now()))
    }

    // MARK: - Which Schedules

    private func online(_ question: inout ForecastQuestion) throws -> [DesiredSchedule] {
        let input = try PlannerInput.decode(try agent.client.get("/v1/planner"))
        if let suspension = input.gates?.memory.suspension {
            question.hostSuspendedUntil = suspension.until?.wall ?? WallTime(nanoseconds: .max)
        }
        return (input.desired?.schedules ?? [:]).values.filter(\.assigned)
    }

    private func offline() async throws -> [DesiredSchedule] {
        let loader = RevisionLoader(repository: repo ?? ".", sourcePath: path ?? "/")
        defer { loader.stop() }
        var resolver = Resolver()
        let place = Reconciler.Node(name: node ?? "any", labels: try HostSettings.labels(nodeLabels))
        do {
            let desired = try await loader.load(ref ?? RevisionLoader.worktree, into: &resolver, node: place)
            return (desired.schedules ?? [:]).values.filter { node == nil || $0.assigned }
        } catch let invalid as InvalidRevision {
            for text in invalid.rendered { Output.error(text + "\n") }
            Output.error("plumb: \(invalid.summary)")
            throw ExitStatus.invalid
        }
    }

    private func choose(_ declared: [DesiredSchedule]) throws -> [DesiredSchedule] {
        guard !schedules.isEmpty else { return declared }
        let names = Set(declared.map(\.name))
        for name in schedules where !names.contains(name) {
            let meant = EditDistance.nearest(to: name, among: names).map { "; did you mean '\($0)'?" } ?? ""
            throw CommandFailure(
                message: "there is no Schedule '\(name)' here\(meant)",
                remedy: isOffline
                    ? "`plumb forecast --repo` shows all of them" : "`plumb schedules` lists them")
        }
        return declared.filter { schedules.contains($0.name) }
    }

    private func show(_ report: ForecastReport) {
        switch output {
        case .json: Output.line(JSONText.pretty(report.value))
        case .yaml: Output.line(YAMLText.document(report.value))
        case .name:
            var seen: Set<String> = []
            Output.lines(
                report.forecast.entries.map { "schedule/\($0.schedule)" }.filter { seen.insert($0).inserted })
        case .ndjson, .csv:
            let exporter = Exporter(format: output, columns: ForecastReport.columns)
            exporter.begin()
            exporter.write(report.entries)
        case .table, .wide:
            let width = output == .wide ? nil : color.terminal.width
            Output.lines(report.lines(width: width, paint: color.paint))
        }
    }
}

/// The options of a span of time that is to come.
enum ForecastSpan {
    /// A year on which there is nothing to tell yet.
    private static let longest = Duration.seconds(100 * 366 * 86_400)

    static func duration(_ text: String) throws -> Duration {
        guard let duration = Quantities.duration(text), duration > .zero, duration <= longest else {
            throw ValidationError("write a duration such as 90m, 24h or 7d")
        }
        return duration
    }

    static func moment(_ text: String) throws -> WallTime {
        if let time = TimeText.moment(text, now: TimeText.now()) { return time }
        throw ValidationError(
            "write a time as today, 09:30, 2027-03-28, '2027-03-28 09:30' or 2027-03-28T09:30:00Z")
    }
}
