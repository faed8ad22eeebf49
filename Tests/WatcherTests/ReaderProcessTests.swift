import Glibc
import TestKit
import Testing
import Watcher

/// The reader as a process: it may hang, crash or be missing, and nothing else is harmed.
@Suite struct ReaderProcessTests {
    private func reader(_ command: [String], _ repository: TemporaryRepository) -> RepositoryReader {
        RepositoryReader(
            repository: repository.path, mode: .child(command: command), deadline: .milliseconds(300))
    }

    private func error(_ reader: RepositoryReader) async -> GitError? {
        await RepositoryReader.error { () throws(GitError) in try await reader.describe() }
    }

    @Test(.survives(.readerHangs, "killed at its deadline, asked again", tries: 2))
    func aReaderThatHangsIsKilledAtItsDeadline() async throws {
        let repository = try TemporaryRepository()
        let file = repository.root + "/pid"
        let hanging = reader(["/bin/sh", "-c", "echo $$ >> '\(file)'; exec sleep 1000"], repository)
        let started = ContinuousClock.now
        #expect(await error(hanging)?.kind == .readerTimedOut)
        #expect(
            ContinuousClock.now - started < .seconds(60), "the deadline ends it, however busy the machine is")
        #expect(await error(hanging)?.kind == .readerTimedOut)
        let pids = String(decoding: try Bytes.read(file), as: UTF8.self).split(separator: "\n").compactMap {
            pid_t($0)
        }
        #expect(pids.count == 2, "each request has a reader of its own after a hang")
        for pid in pids { #expect(kill(pid, 0) == -1 && errno == ESRCH, "reader \(pid) is still there") }
    }

    @Test func aReaderThatStopsInTheMiddleOfAnAnswerIsKilledToo() async throws {
        let repository = try TemporaryRepository()
        // A head that promises 100 bytes, two of them, and silence.
        let script = "printf '\\144\\000\\000\\000\\002ab'; exec sleep 1000"
        #expect(await error(reader(["/bin/sh", "-c", script], repository))?.kind == .readerTimedOut)
    }

    @Test(arguments: [
        ["/bin/false"], ["/bin/sh", "-c", "kill -SEGV $$"], ["/bin/echo", "this is no answer at all"],
        ["/bin/sh", "-c", "printf '\\377\\377\\377\\177\\002'; exec sleep 1000"], ["/nonexistent/plumb"],
    ])
    func aReaderThatFailsIsAnError(_ command: [String]) async throws {
        let repository = try TemporaryRepository()
        #expect(await error(reader(command, repository))?.kind == .readerFailed)
    }

    @Test(
        "a reader that was killed is replaced",
        .enabled(if: ReaderUnderTest.hasChild, "needs the executable plumb beside the tests"))
    func replaced() async throws {
        let repository = try TemporaryRepository()
        let id = try repository.commit("first")
        let traced = TracedReader(repository)
        _ = try await traced.reader.tip(of: "main")
        for round in 1...5 {
            let pid = try #require(try traced.pids.last)
            kill(pid, SIGKILL)
            // The request that meets the corpse may fail; the one after it does not.
            _ = try? await traced.reader.tip(of: "main")
            #expect(try await traced.reader.tip(of: "main").id.description == id)
            #expect(try traced.pids.count == round + 1)
        }
    }

    @Test(
        "a reader ends with the process that it belongs to, also in the middle of a hang",
        .enabled(if: ReaderUnderTest.hasChild, "needs the executable plumb beside the tests"))
    func endsWithItsOwner() async throws {
        let repository = try TemporaryRepository()
        try repository.commit("first")
        var traced: TracedReader? = TracedReader(repository)
        _ = try await traced?.reader.tip(of: "main")
        let pid = try #require(try traced?.pids.last)
        kill(pid, SIGSTOP)
        traced = nil
        let end = ContinuousClock.now + .seconds(30)
        while kill(pid, 0) == 0, ContinuousClock.now < end { try await Task.sleep(for: .milliseconds(5)) }
        #expect(kill(pid, 0) == -1)
    }

    @Test func manyCallersAreServedOneAfterTheOther() async throws {
        let repository = try TemporaryRepository()
        try repository.write("a.yaml", "a: 1\n")
        let id = try repository.commit("first")
        let reader = ReaderUnderTest.of(repository)
        try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<100 { group.addTask { try await reader.tip(of: "main").id.description } }
            for try await answer in group { #expect(answer == id) }
        }
        reader.stop()
        let kind = await RepositoryReader.kind { () throws(GitError) in try await reader.tip(of: "main") }
        #expect(kind == .stopped)
    }
}

/// A reader in a child that leaves its process id behind.
struct TracedReader {
    let reader: RepositoryReader
    private let file: String

    init(_ repository: TemporaryRepository) {
        file = repository.root + "/pids"
        let line = "echo $$ >> '\(file)'; exec '\(ReaderUnderTest.executable ?? "")' git-reader"
        reader = RepositoryReader(
            repository: repository.path, mode: .child(command: ["/bin/sh", "-c", line]),
            deadline: .seconds(20))
    }

    /// Of all readers that were started, in order.
    var pids: [pid_t] {
        get throws {
            String(decoding: try Bytes.read(file), as: UTF8.self).split(separator: "\n").compactMap {
                pid_t($0)
            }
        }
    }
}
