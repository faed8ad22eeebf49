import ArgumentParser
import StatusAPI

/// `plumb top`: who uses the host, the most demanding first.
struct TopCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "top",
        abstract: "Show what each replica uses, the most demanding first.",
        discussion: """
            CPU is in cores, since it was last asked for. A column that stays empty is one that this host \
            does not account for.
            """)

    enum Order: String, ExpressibleByArgument, CaseIterable, Sendable { case cpu, memory, tasks, name }

    @Option(help: "What comes first: cpu, memory, tasks or name.")
    var sort: Order = .cpu
    @Option(name: [.customShort("n"), .long], help: "Show so many at most.")
    var lines: Int?
    @Flag(name: .shortAndLong, help: "Show it anew with every sample of the agent: every five seconds.")
    var watch = false
    @OptionGroup var filters: ResourceFilters
    @OptionGroup var agent: AgentOptions
    @OptionGroup var options: OutputOptions

    func validate() throws {
        if let lines, lines < 1 { throw ValidationError("-n is 1 or more") }
    }

    func run() async throws {
        guard watch else { return try show() }
        _ = try list()
        try Watching(agent.client, "topics=usage", options.color.terminal, on: ["hello", "usage"]).run(frame)
    }

    private func show() throws {
        let list = try list()
        guard options.output == .text else { return options.write(list.document) }
        Output.lines(report(list.items))
    }

    private func frame() throws -> Watching.Picture {
        let list = try list()
        let lines =
            switch options.output {
            case .text: report(list.items)
            case .json: [JSONText.compact(list.document)]
            case .yaml: ["---", YAMLText.document(list.document)]
            }
        return { lines }
    }

    private func list() throws -> (document: OutputValue, items: [OutputValue]) {
        try ResourceReader(client: agent.client).list(.replicas, filters.query + [("usage", "true")])
    }

    private func report(_ items: [OutputValue]) -> [String] {
        let used = items.filter { $0.value(at: "usage") != nil }
        guard !used.isEmpty else { return ["nothing runs here"] }
        let shown = used.sorted(by: isBefore).prefix(lines ?? .max)
        return TopReport(replicas: Array(shown), all: used).lines(
            width: options.color.terminal.width, paint: options.color.paint)
    }

    private func isBefore(_ a: OutputValue, _ b: OutputValue) -> Bool {
        let key: String? =
            switch sort {
            case .cpu: "usage.cpuCores"
            case .memory: "usage.memoryBytes"
            case .tasks: "usage.tasks"
            case .name: nil
            }
        let (x, y) = (key.flatMap { a.number(at: $0) } ?? 0, key.flatMap { b.number(at: $0) } ?? 0)
        return x == y ? (a.text(at: ["name"]) ?? "") < (b.text(at: ["name"]) ?? "") : x > y
    }
}

extension OutputValue {
    func number(at path: String) -> Double? {
        switch value(at: path) {
        case .int(let value)?: Double(value)
        case .double(let value)?: value
        default: nil
        }
    }
}
