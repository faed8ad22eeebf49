import Agent
import ArgumentParser

/// `plumb approve`: lifts what holds a revision, for a plan that somebody has looked at.
struct ApproveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "approve",
        abstract: "Let a held revision be applied, by the hash of its plan.",
        discussion: """
            `plumb status` says what is held and why, `plumb diff --revision` what it would do; both show \
            the hash. It lifts the fuse, and for this revision a closed window and applyDelay. Who approved, \
            and why, is in the history.
            """)

    @Argument(help: ArgumentHelp("The plan's hash, for example 7d1f-02ac.", valueName: "hash"))
    var plan: String
    @Option(help: "Why it is meant. Kept in the history.")
    var reason: String
    @OptionGroup var agent: AgentOptions

    func validate() throws {
        guard plan.filter({ $0 != "-" }).count >= 8, plan.allSatisfy({ $0.isHexDigit || $0 == "-" }) else {
            throw ValidationError("a plan's hash has eight hexadecimal digits at least: 7d1f-02ac")
        }
        try Reason.check(reason)
    }

    func run() async throws {
        Output.line(PrintableText.oneLine(try agent.control.ask(.approve(plan: plan, reason: reason))))
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
