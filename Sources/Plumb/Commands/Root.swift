import ArgumentParser

/// `plumb`: the subcommands, in the order in which help lists them.
struct Root: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plumb",
        abstract: "Makes what runs on this host true to what a git repository declares.",
        discussion: """
            Exit codes: 0 nothing to do or done, 1 changes (diff only), 2 usage and any other error, \
            3 invalid manifests.
            """,
        version: VersionCommand.text,
        subcommands: [VersionCommand.self, CompletionCommand.self, GitReaderCommand.self],
        groupedSubcommands: [
            CommandGroup(name: "Run", subcommands: [AgentCommand.self, TokenCommand.self]),
            CommandGroup(
                name: "Declare",
                subcommands: [
                    InitCommand.self, Validate.self, DiffCommand.self, SchemaCommand.self, Explain.self,
                ]),
            CommandGroup(name: "Ask", subcommands: [Retry.self]),
            CommandGroup(
                name: "Decide",
                subcommands: [ApproveCommand.self, SuspendCommand.self, ResumeCommand.self]),
            CommandGroup(
                name: "Look",
                subcommands: [
                    Status.self, GetCommand.self, DescribeCommand.self, PlanCommand.self, TopCommand.self,
                    WaitCommand.self, WhyCommand.self, HistoryCommand.self, TraceCommand.self, Tree.self,
                    SandboxCommand.self, Events.self, Logs.self, SchedulesCommand.self, RunsCommand.self,
                    ForecastCommand.self,
                ]),
        ])
}
