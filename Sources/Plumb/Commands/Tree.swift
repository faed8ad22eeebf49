import ArgumentParser
import StatusAPI

struct Tree: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show every process of an Instance, drawn as a tree.",
        discussion: """
            All that a replica has forked is shown, daemons that have left their parents included. CPU is \
            the processor time that each has used, MEMORY what it has resident.
            """)

    @OptionGroup var choice: ReplicaChoice
    @OptionGroup var agent: AgentOptions
    @OptionGroup var options: OutputOptions

    func run() throws {
        let document: ProcessTreeDocument = try choice.document("proctree", from: agent.client)
        guard options.output == .text else { return options.write(OutputValue(document)) }
        Output.lines(
            TreeReport(document: document).lines(
                width: options.color.terminal.width, paint: options.color.paint))
    }
}
