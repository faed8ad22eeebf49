import Agent
import ArgumentParser

struct Retry: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Try an Instance again that failed here.",
        discussion: """
            Lifts the quarantine of the spec that is declared, and gives replicas that were given up \
            another chance. Without it a failed spec is tried again once the spec changes, or what it \
            takes from this host does.
            """)

    @Argument(help: "The Instance (web).")
    var name: String

    @OptionGroup var agent: AgentOptions

    func run() throws { Output.lines([try agent.control.ask(.retry(instance: name))]) }
}
