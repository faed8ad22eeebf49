import ArgumentParser
import Foundation
import Manifests
import Reconciler
import StatusAPI
import Watcher

/// `plumb diff`: the planner itself over another snapshot, so it cannot disagree with what would happen.
struct DiffCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Show what a revision would change, without changing it.",
        discussion: """
            Against the running agent: --revision names a branch, tag, commit, or worktree (the files as \
            they stand, as a commit of them would be; the default where the repository has a work tree). \
            Between two revisions, without an agent: --from and --to, for every host that a declaration \
            names, for those of --node-file, or for --node. Exit code 1: something would change. 0: \
            nothing. 3: invalid.
            """)

    /// For people and forges; programs take `-o`.
    enum Format: String, ExpressibleByArgument, CaseIterable { case text, markdown }

    @Option(help: "The revision to compare with what the agent has accepted and runs.")
    var revision: String?
    @Option(help: "Compare from this revision, without an agent.")
    var from: String?
    @Option(help: "Compare to this revision. With --from.")
    var to: String?
    @Flag(help: "Compare from the commit at which --to left --from, as a pull request does.")
    var mergeBase = false
    @Option(help: "The repository. Default: the agent's; with --from the current directory.")
    var repo: String?
    @Option(
        help: "The directory of the repository below which declarations stand. Default: the agent's, or all.")
    var path: String?
    @Option(help: "With --from: the node to plan for.")
    var node: String?
    @Option(
        name: .customLong("node-label"),
        help: "With --from: a label of the node, as key=value. May be repeated.")
    var nodeLabels: [String] = []
    @Option(
        help: ArgumentHelp(
            "With --from: a file of all nodes, with labels, users and names of secrets.", valueName: "file"))
    var nodeFile: String?
    @Option(help: "text, or markdown for a comment on a pull request.")
    var format: Format = .text
    @OptionGroup var agent: AgentOptions
    @OptionGroup var options: OutputOptions

    func validate() throws {
        if from != nil && revision != nil {
            throw ValidationError(
                "--revision compares with the agent, --from and --to compare two revisions: use one")
        }
        if to != nil && from == nil { throw ValidationError("--to needs --from") }
        if from == nil && (node != nil || !nodeLabels.isEmpty || nodeFile != nil) {
            throw ValidationError(
                "--node, --node-label and --node-file need --from: an agent knows its own node")
        }
        if from == nil && mergeBase { throw ValidationError("--merge-base needs --from") }
        if nodeFile != nil && (node != nil || !nodeLabels.isEmpty) {
            throw ValidationError("--node-file names all nodes, --node one: use one of them")
        }
        if node == nil && !nodeLabels.isEmpty { throw ValidationError("--node-label needs --node") }
        if format != .text && options.output != .text {
            throw ValidationError("--format \(format.rawValue) and -o \(options.output.rawValue): use one")
        }
    }

    func run() async throws {
        do {
            try await (from.map(betweenRevisions) ?? againstAgent)()
        } catch let invalid as InvalidRevision {
            tell(invalid)
            throw ExitStatus.invalid
        }
    }

    private func againstAgent() async throws {
        let input = try PlannerInput.decode(try agent.client.get("/v1/planner"))
        let repository = repo ?? input.source.mirror ?? input.source.repository
        let loader = RevisionLoader(repository: repository, sourcePath: path ?? input.source.path)
        defer { loader.stop() }
        let expression: String
        if let revision {
            expression = revision
        } else {
            let hasWorkTree = try await loader.describe().workTree != nil
            expression = hasWorkTree ? RevisionLoader.worktree : input.source.newest
        }
        var resolver = Resolver()
        var candidate = try await loader.load(expression, into: &resolver, node: input.node)
        // The agent alone knows the keys; of what it has seen it says who signed it.
        let judged = [input.source.seen, input.source.accepted].compactMap { $0 }
        candidate.revision.signer = judged.first { $0.id == candidate.revision.id }?.signer
        var world = World(observed: input.observed, memory: input.memory)
        world.desired = input.desired
        let moment = SystemClock().now()
        let summary = ChangeSummary(world: world, candidate: candidate, at: moment)
        let held = input.gates.flatMap { gates in
            Gatekeeper(settings: gates.settings, memory: gates.memory).weigh(
                candidate.revision, summary.gated, isFirst: world.inForce.isEmpty, windows: gates.windows,
                at: moment)
        }
        let report = PlanReport(
            summary: summary, held: held, forecast: FiringForecast(now: moment.wall))
        switch (options.output, format) {
        case (.text, .markdown): Output.text(report.markdown(marker: marker))
        case (.text, .text):
            Output.lines(report.lines(width: options.color.terminal.width, paint: options.color.paint))
        default: options.write(report.value)
        }
        if summary.changes { throw ExitStatus.changes }
    }

    private func betweenRevisions(_ from: String) -> () async throws -> Void {
        {
            let loader = RevisionLoader(repository: repo ?? ".", sourcePath: path ?? "/")
            defer { loader.stop() }
            let to = to ?? RevisionLoader.worktree
            let base = mergeBase ? try await loader.mergeBase(from, to) : from
            let (before, after) = (try await loader.side(base), try await loader.side(to))
            let moment = SystemClock().now()
            let review = Review(
                from: before, to: after, hosts: try hosts(before.snapshot, after.snapshot),
                isInventory: nodeFile != nil, at: moment)
            show(ReviewReport(review: review, forecast: FiringForecast(now: moment.wall)))
            if review.hosts.contains(where: \.changes) { throw ExitStatus.changes }
        }
    }

    private func hosts(_ before: Snapshot, _ after: Snapshot) throws -> [ReviewHost] {
        if let nodeFile { return try NodeFile(path: nodeFile).hosts }
        guard let node else { return ReviewHost.assumed(from: [before, after]) }
        return [ReviewHost(node: Reconciler.Node(name: node, labels: try HostSettings.labels(nodeLabels)))]
    }

    private func show(_ report: ReviewReport) {
        switch (options.output, format) {
        case (.text, .markdown): Output.text(ReviewMarkdown(report: report, marker: marker).text)
        case (.text, .text):
            Output.lines(report.lines(width: options.color.terminal.width, paint: options.color.paint))
        default: options.write(report.value)
        }
    }

    /// Why there is no plan, in the format that a plan would have had.
    private func tell(_ invalid: InvalidRevision) {
        switch (options.output, format) {
        case (.text, .text):
            for text in invalid.rendered { Output.error(text + "\n") }
        case (.text, .markdown): Output.text(invalid.markdown(marker: marker))
        default: options.write(invalid.value)
        }
        Output.error("plumb: \(invalid.summary)")
    }

    private var marker: String { MarkdownPage.marker(path: path ?? "/") }
}

extension SourceStatus {
    /// An expression for what is followed now: a branch by its name, a tag by its own.
    fileprivate var newest: String {
        guard let seen else { return ref }
        return seen.ref == RefSelection.pinned ? seen.id.hex : seen.ref
    }
}
