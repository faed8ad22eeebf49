import Agent
import ArgumentParser

/// `plumb approve`: lifts what holds a revision, for a plan that somebody has looked at; or lets go of an
/// accepted commit that the repository has lost.
struct ApproveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "approve",
        abstract: "Let a held revision be applied, by the hash of its plan; or a rewind, by its commits.",
        discussion: """
            `plumb status` says what is held and why, `plumb diff --revision` what it would do; both show \
            the hash. It lifts the fuse, and for this revision a closed window and applyDelay. Who approved, \
            and why, is in the history.

            `--rewind OLD..NEW` agrees to lose the accepted commit OLD, where the ref that is followed names \
            NEW after a forced push. `plumb status` shows both.
            """)

    @Argument(help: ArgumentHelp("The plan's hash, for example 7d1f-02ac.", valueName: "hash"))
    var plan: String?
    @Option(
        help: ArgumentHelp("The accepted commit and the one that takes its place.", valueName: "old..new"))
    var rewind: String?
    @Option(help: "Why it is meant. Kept in the history.")
    var reason: String
    @OptionGroup var agent: AgentOptions

    func validate() throws {
        guard (plan == nil) != (rewind == nil) else {
            throw ValidationError("name the hash of a plan, or --rewind OLD..NEW: one of them")
        }
        if let plan, plan.count(where: { $0 != "-" }) < 8 || !plan.allSatisfy({ $0.isHexDigit || $0 == "-" })
        {
            throw ValidationError("a plan's hash has eight hexadecimal digits at least: 7d1f-02ac")
        }
        try Reason.check(reason)
    }

    func run() async throws {
        let request: ControlRequest =
            rewind.map { .approveRewind(range: $0, reason: reason) }
            ?? .approve(plan: plan ?? "", reason: reason)
        Output.line(PrintableText.oneLine(try agent.control.ask(request)))
    }
}

/// The words of somebody who changes what a host does, for those who read the history.
enum Reason {
    static func check(_ text: String) throws {
        guard text.contains(where: { !$0.isWhitespace }) else {
            throw ValidationError("--reason is for those who read the history: say why")
        }
        guard text.utf8.count <= ControlLimits.argumentBytesMax else {
            throw ValidationError("--reason has \(ControlLimits.argumentBytesMax) bytes at most")
        }
    }
}
