import Foundation
import Glibc
import Testing

@testable import Plumb

/// `plumb logs` as people run it, on logs that a test wrote: it needs no agent.
@Suite("plumb logs", .enabled(if: BuiltBinary.path != nil, "plumb is not built beside the tests"))
struct LogCommandTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try folder.write("one\ntwo\nthree\n", to: "slots/web/0/output/stdout.log")
        try folder.write("fatal: four\n", to: "slots/web/0/output/stderr.log")
        try folder.write("alone", to: "slots/db/0/output/stdout.log")
    }

    @Test(
        "The flags that kubectl and journalctl have taught people",
        arguments: [
            (["web/0", "-n", "1", "--stream", "stdout"], "three\n"),
            (["web/0", "--tail", "1", "--stdout"], "three\n"),
            (["web/0", "--lines=1", "--stderr"], "fatal: four\n"),
            (["web", "--stdout", "--grep", "t", "-n", "all"], "two\nthree\n"),
            (["web", "-E", "^t(w|x)o$"], "two\n"), (["web", "-g", "TWO", "-i"], "two\n"),
            (["web", "--level", "error"], "fatal: four\n"),
            (["web", "--since", "1h", "--stdout", "-n", "1"], "three\n"),
            (["web", "--since", "5000-01-01"], ""),
            (["web", "--until", "5000-01-01", "--stdout", "-n", "1"], "three\n"),
            (["web", "--until", "1h"], ""), (["db"], "alone\n"), (["db", "-o", "raw"], "alone"),
        ] as [([String], String)])
    func flags(arguments: [String], output: String) throws {
        let result = try BuiltBinary.run(["logs", "--state-dir", folder.path] + arguments, in: "/")
        #expect(result.output == output)
        #expect(result.code == 0 && result.errors == "")
    }

    @Test(
        "What cannot be answered is said, with what to do",
        arguments: [
            (["nope"], "these have: db, web"), (["web/7"], "has written nothing"), (["web/x"], "web/0"),
            (["web", "-f", "--until", "1h"], "--follow has no end"),
            (["web", "--since", "1h", "--until", "2h"], "no span of time"),
            (["web", "--since", "soon"], "10m (ago)"), (["web", "-E", "a(b"], "is no regular expression"),
            (["web", "--run", "x"], "current or previous"), (["web", "-p"], "no previous run"),
            (["web", "--run", "0123456789abcdef0123"], "no run 0123456789abcdef0123"),
            (["web", "-p", "--run", "current"], "one of them"),
        ] as [([String], String)])
    func mistakes(arguments: [String], words: String) throws {
        let result = try BuiltBinary.run(["logs", "--state-dir", folder.path] + arguments, in: "/")
        #expect(result.code == 2 && result.output == "")
        #expect(result.errors.contains(words), "\(result.errors)")
    }

    @Test("Bytes come out of a pipe as they went in: NUL, what is no text, and a line of 10 MB") func bytes()
        throws
    {
        var bytes = Data([0, 0xFF, 0xFE, 0x0D, 0x0A, 0x1B, 0x5B, 0x32, 0x4A, 0x0A])
        bytes +=
            Data(repeating: 0x61, count: 10_000_000) + Data([0x0A]) + Data(repeating: 0x80, count: 70_000)
        bytes.append(0x0A)
        try bytes.write(to: URL(fileURLWithPath: folder.path + "/slots/web/0/output/stdout.log"))
        let out = folder.path + "/out"
        let script = "\(BuiltBinary.path ?? "") logs web --stdout --state-dir \(folder.path) > \(out)"
        #expect(try shell(script) == 0)
        #expect(try Data(contentsOf: URL(fileURLWithPath: out)) == bytes)
    }

    @Test("A reader that goes away ends it; a full disk is an error") func sinks() throws {
        try folder.write(String(repeating: "line\n", count: 400_000), to: "slots/web/0/output/stdout.log")
        let command = "\(BuiltBinary.path ?? "") logs web --stdout -n all --state-dir \(folder.path)"
        #expect(try shell("\(command) -f | head -1 > \(folder.path)/first") == 0)
        #expect(try String(contentsOfFile: folder.path + "/first", encoding: .utf8) == "line\n")
        #expect(try shell("\(command) > /dev/full 2> \(folder.path)/errors") == 2)
        let errors = try String(contentsOfFile: folder.path + "/errors", encoding: .utf8)
        #expect(errors.contains("No space left on device"))
    }

    private func shell(_ script: String) throws -> Int32 {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", script]
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus
    }
}
