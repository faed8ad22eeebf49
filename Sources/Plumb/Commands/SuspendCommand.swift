import Agent
import ArgumentParser
import Manifests

/// `plumb suspend`: no new revision is applied on this host until it lapses or somebody resumes.
struct SuspendCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "suspend",
        abstract: "Apply no new revision on this host, for a time or until `plumb resume`.",
        discussion: """
            What runs is supervised as ever: crashed replicas are started again, rollouts that began go on, \
            and rollbacks happen. It outlasts restarts of the agent and of the host. One Instance alone is \
            suspended by spec.suspend in its declaration.
            """)

    @Option(help: "Why. Shown wherever the host is shown.")
    var reason: String
    @Option(
        name: .customLong("for"),
        help: ArgumentHelp(
            "How long: 30m, 2h, 1d. Without it until `plumb resume`.", valueName: "duration"))
    var lasting: String?
    @OptionGroup var agent: AgentOptions

    func validate() throws {
        try Reason.check(reason)
        if let lasting, duration(lasting) == nil {
            throw ValidationError("--for \(lasting) is no duration: write it as 30m, 2h or 1d")
        }
    }

    func run() async throws {
        let request = ControlRequest.suspend(reason: reason, lasting: lasting.flatMap(duration))
        Output.line(PrintableText.oneLine(try agent.control.ask(request)))
    }

    /// Whole seconds, which is what goes over the wire.
    private func duration(_ text: String) -> Duration? {
        guard let duration = Quantities.duration(text), duration >= .seconds(1) else { return nil }
        return .seconds(duration.components.seconds)
    }
}

/// `plumb resume`: the end of `plumb suspend`.
struct ResumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Apply new revisions on this host again.")

    @OptionGroup var agent: AgentOptions

    func run() async throws {
        Output.line(PrintableText.oneLine(try agent.control.ask(.resume)))
    }
}
