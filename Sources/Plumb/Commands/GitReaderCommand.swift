import ArgumentParser

/// The agent's own reader child. Not for people: `Main` starts it before it comes to parsing.
struct GitReaderCommand: ParsableCommand {
    static let name = "git-reader"
    static let configuration = CommandConfiguration(commandName: name, shouldDisplay: false)

    func run() throws {
        throw CommandFailure(
            message: "\(Self.name) takes no arguments", remedy: "the agent starts it by itself")
    }
}
