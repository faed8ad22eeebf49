import ArgumentParser
import Dispatch
import Glibc
import Watcher

/// Synchronous, because the reader child must come before everything that starts a thread or opens a
/// descriptor: it closes all that it did not get, and the concurrency runtime's own descriptors would be
/// among them.
@main enum Main {
    static func main() {
        let arguments = Array(CommandLine.arguments.dropFirst())
        if arguments == [GitReaderCommand.name] { GitReader.main() }
        Task { exit(await run(arguments).rawValue) }
        dispatchMain()
    }

    /// Parses and runs one command line. Whatever goes wrong is told on standard error.
    static func run(_ arguments: [String]) async -> ExitStatus {
        do {
            var command = try Root.parseAsRoot(arguments)
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
            return .done
        } catch {
            return ExitStatus.report(error)
        }
    }
}
