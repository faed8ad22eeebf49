import ArgumentParser
import Testing

@testable import Plumb

@Suite("Exit codes") struct ExitStatusTests {
    private func end(_ arguments: [String]) -> (message: String, status: Plumb.ExitStatus) {
        do {
            var command = try Root.parseAsRoot(arguments)
            // Help that was asked for is a command of ArgumentParser's own.
            if !(command is any AsyncParsableCommand) { try command.run() }
            return ("", .done)
        } catch {
            return Plumb.ExitStatus.describe(error)
        }
    }

    @Test(
        "Help and the version are no errors",
        arguments: [["--help"], ["help", "validate"], ["validate", "--help"], ["--version"]])
    func help(arguments: [String]) {
        let (message, status) = end(arguments)
        #expect(status == .done)
        #expect(!message.isEmpty)
    }

    @Test(
        "Wrong usage is 2, and says what is wrong",
        arguments: [
            ["nonsense"], ["validate"], ["status", "--bogus"], ["schema", "--kind", "Pod"],
            ["version", "-o", "xml"],
            ["validate", "--color", "red", "."],
        ])
    func usage(arguments: [String]) {
        let (message, status) = end(arguments)
        #expect(status == .failed)
        #expect(message.contains("Error:"))
        #expect(message.contains("Usage:"))
    }

    @Test("Whatever else is thrown is 2") func others() {
        struct Odd: Error {}
        #expect(Plumb.ExitStatus.describe(Odd()).status == .failed)
        let failure = CommandFailure(message: "no agent", remedy: "start one")
        #expect(Plumb.ExitStatus.describe(failure).message == "plumb: no agent\n  start one")
        #expect(Plumb.ExitStatus.describe(failure).status == .failed)
    }

    @Test(
        "A status that is thrown is the status",
        arguments: [Plumb.ExitStatus.done, .changes, .failed, .invalid])
    func passedOn(status: Plumb.ExitStatus) { #expect(Plumb.ExitStatus.report(status) == status) }
}
