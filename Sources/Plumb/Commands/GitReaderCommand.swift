import ArgumentParser
import Watcher

/// The agent's own reader child. Not for people.
struct GitReaderCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "git-reader", shouldDisplay: false)

    func run() throws { GitReader.main() }
}
