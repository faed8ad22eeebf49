import ArgumentParser
import Dispatch
import Glibc
import Manifests
import Supervisor
import Watcher

/// Synchronous, because the children of our own must come before everything that starts a thread or opens a
/// descriptor: they close all that they did not get, and the concurrency runtime's own descriptors would be
/// among them.
@main enum Main {
    static func main() {
        let arguments = Array(CommandLine.arguments.dropFirst())
        if arguments == [GitReaderCommand.name] { GitReader.main() }
        if arguments == [CommandGuard.name] { CommandGuard.main() }
        if arguments.count == 2, arguments[0] == ArchiveReader.name,
            let format = Artifact.Format(rawValue: arguments[1])
        {
            ArchiveReader.main(format: format)
        }
        if arguments.first == CredentialHelper.name { CredentialHelper.main(Array(arguments.dropFirst())) }
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
