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
            Between two revisions, without an agent: --from and --to. Exit code 1: something would change. \
            0: nothing. 3: invalid.
            """)

    @Option(help: "The revision to compare with what the agent has accepted and runs.")
    var revision: String?
    @Option(help: "Compare from this revision, without an agent.")
    var from: String?
    @Option(help: "Compare to this revision. With --from.")
    var to: String?
    @Option(help: "The repository. Default: the agent's; with --from the current directory.")
    var repo: String?
    @Option(
        help: "The directory of the repository below which declarations stand. Default: the agent's, or all.")
    var path: String?
    @Option(
        help: "With --from: the node to plan for. Default: every declaration counts, whatever its nodes say.")
    var node: String?
    @Option(
        name: .customLong("node-label"),
        help: "With --from: a label of the node, as key=value. May be repeated.")
    var nodeLabels: [String] = []
    @OptionGroup var agent: AgentOptions
    @OptionGroup var options: OutputOptions

    func validate() throws {
        if from != nil && revision != nil {
            throw ValidationError(
                "--revision compares with the agent, --from and --to compare two revisions: use one")
        }
        if to != nil && from == nil { throw ValidationError("--to needs --from") }
        if from == nil && (node != nil || !nodeLabels.isEmpty) {
            throw ValidationError("--node and --node-label need --from: an agent knows its own node")
        }
    }

    func run() async throws {
        let summary = try await (from.map(betweenRevisions) ?? againstAgent)()
        let report = PlanReport(summary: summary, knowsNode: from == nil || node != nil)
        if options.output == .text {
            Output.lines(report.lines(width: options.color.terminal.width, paint: options.color.paint))
        } else {
            options.write(report.value)
        }
        if !summary.rows.isEmpty { throw ExitStatus.changes }
    }

    private func againstAgent() async throws -> ChangeSummary {
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
        let candidate = try await loader.load(expression, into: &resolver, node: input.node)
        var world = World(observed: input.observed, memory: input.memory)
        world.desired = input.desired
        return ChangeSummary(world: world, candidate: candidate, at: SystemClock().now())
    }

    private func betweenRevisions(_ from: String) -> () async throws -> ChangeSummary {
        {
            let loader = RevisionLoader(repository: repo ?? ".", sourcePath: path ?? "/")
            defer { loader.stop() }
            let planned = Node(
                name: node ?? "any node", labels: try HostSettings.labels(nodeLabels))
            var resolver = Resolver()
            var before = try await loader.load(from, into: &resolver, node: planned)
            var after = try await loader.load(to ?? RevisionLoader.worktree, into: &resolver, node: planned)
            if node == nil {
                before.assumeEverywhere()
                after.assumeEverywhere()
            }
            let moment = SystemClock().now()
            return ChangeSummary(world: .running(before, at: moment), candidate: after, at: moment)
        }
    }
}

extension SourceStatus {
    /// An expression for what is followed now: a branch by its name, a tag by its own.
    fileprivate var newest: String {
        guard let seen else { return ref }
        return seen.ref == RefSelection.pinned ? seen.id.hex : seen.ref
    }
}

extension Desired {
    /// Without a node nobody can say what `nodes` picks: everything counts.
    fileprivate mutating func assumeEverywhere() {
        for name in instances.keys { instances[name]?.assigned = true }
    }
}
