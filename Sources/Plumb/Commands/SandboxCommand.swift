import ArgumentParser
import StatusAPI

struct SandboxCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sandbox",
        abstract: "Show how far a run is shut in, as the kernel says it.",
        discussion: """
            Each item of the declared sandbox is looked up in what the kernel shows of the process now. \
            IN FORCE: yes; NO (declared, and not so); off (not declared); at start (the kernel shows it of \
            no process, and the program is executed only behind it); unknown.
            """)

    @OptionGroup var choice: ReplicaChoice
    @OptionGroup var agent: AgentOptions
    @OptionGroup var options: OutputOptions

    func run() throws {
        let document: SandboxDocument = try choice.document("sandbox", from: agent.client)
        if options.output == .text {
            Output.lines(
                SandboxReport(document: document).lines(
                    width: options.color.terminal.width, paint: options.color.paint))
        } else {
            options.write(OutputValue(document))
        }
    }
}
