import Foundation
import Testing

@testable import Plumb

/// What every command prints, word for word, against agents in fixed states. PLUMB_UPDATE_GOLDEN=1 writes
/// what is printed now; look at the difference as somebody who has never seen it.
@Suite("Golden outputs", .enabled(if: BuiltBinary.path != nil, "plumb is not built beside the tests"))
struct CommandGoldenTests {
    @Test("A command prints what its golden file says", arguments: GoldenFiles.names)
    func golden(name: String) async throws {
        let text = try GoldenFiles.read(name)
        let written = Transcript(text)
        let played = try await Stage().play(written)
        if GoldenFiles.areWritten {
            try played.text.write(toFile: GoldenFiles.path(name), atomically: true, encoding: .utf8)
            return
        }
        #expect(written.text == text, "\(name): a line belongs to no command")
        for (was, now) in zip(written.steps, played.steps) where was != now {
            Issue.record(
                """
                Tests/Golden/commands/\(name).txt: `\(now.command)` prints something else:
                \(now.said.joined(separator: "\n"))
                """)
        }
    }

    @Test("Every command has a golden of each of its formats, and of an error")
    func completeness() throws {
        let commands = try CommandTree.shown()
        #expect(commands.count >= 25)
        for command in commands {
            let name = command.path.joined(separator: "-")
            guard GoldenFiles.names.contains(name) else {
                Issue.record(
                    """
                    `plumb \(command.path.joined(separator: " "))` has no golden: write a line such as \
                    "$ plumb \(command.path.joined(separator: " "))" into Tests/Golden/commands/\(name).txt, \
                    and run this suite with PLUMB_UPDATE_GOLDEN=1
                    """)
                continue
            }
            let words = "plumb " + command.path.joined(separator: " ")
            let steps = Transcript(try GoldenFiles.read(name)).steps.filter { $0.command.contains(words) }
            #expect(!steps.isEmpty, "\(name).txt does not run `\(words)`")
            for (option, value) in command.formats
            where !steps.contains(where: { $0.command.contains("\(option) \(value)") }) {
                Issue.record("\(name).txt has no golden of `\(words) \(option) \(value)`")
            }
            #expect(
                steps.contains { $0.said.last?.hasPrefix("= ") == true }, "\(name).txt has no error in it")
        }
    }

    @Test("A golden file is of a command that there is")
    func strays() throws {
        let known = try CommandTree.shown().map { $0.path.joined(separator: "-") }
        for name in GoldenFiles.names { #expect(known.contains(name), "\(name).txt is of no command") }
    }
}

/// The commands as ArgumentParser knows them.
private struct CommandTree: Decodable {
    struct Command: Decodable {
        struct Argument: Decodable {
            struct Name: Decodable {
                var kind: String
                var name: String
            }
            var preferredName: Name?
            var names: [Name]?
            var allValues: [String]?
            var defaultValue: String?
        }
        var commandName: String
        var shouldDisplay: Bool?
        var arguments: [Argument]?
        var subcommands: [Command]?
    }
    struct Shown {
        var path: [String]
        /// Each way to print that is not the usual one, as it is asked for.
        var formats: [(option: String, value: String)]
    }
    var command: Command

    /// Those that help lists and that do something themselves.
    static func shown() throws -> [Shown] {
        let result = try BuiltBinary.run(["--experimental-dump-help"], in: "/")
        let tree = try JSONDecoder().decode(CommandTree.self, from: Data(result.output.utf8))
        return leaves(tree.command, []).filter { $0.path != ["help"] }
    }

    private static func leaves(_ command: Command, _ path: [String]) -> [Shown] {
        let below = command.subcommands ?? []
        guard below.isEmpty else {
            return below.filter { $0.shouldDisplay ?? true }.flatMap { leaves($0, path + [$0.commandName]) }
        }
        let formats = (command.arguments ?? []).flatMap { argument -> [(String, String)] in
            guard let name = argument.preferredName?.name, ["output", "format"].contains(name) else {
                return []
            }
            let option = name == "output" ? "-o" : "--format"
            return (argument.allValues ?? []).filter { $0 != argument.defaultValue }.map { (option, $0) }
        }
        return [Shown(path: path, formats: formats)]
    }
}
