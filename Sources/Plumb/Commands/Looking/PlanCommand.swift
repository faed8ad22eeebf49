import ArgumentParser
import StatusAPI

/// `plumb plan`: what the agent does at this moment, and what it waits for.
struct PlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Show what is being done now, what is being waited for, and what would end each wait.",
        discussion: "What a commit would do is `plumb diff`.")

    @OptionGroup var agent: AgentOptions
    @OptionGroup var options: OutputOptions

    func run() async throws {
        guard let plan = OutputValue(json: try agent.client.get("/v1/plan")) else {
            throw WireMismatch.failure
        }
        guard options.output == .text else { return options.write(plan) }
        Output.lines(
            WorkReport(plan: plan, now: Timestamp(TimeText.now())).lines(
                width: options.color.terminal.width, paint: options.color.paint))
    }
}
