import Glibc
import TestKit
import Testing
import Watcher

/// Prints how long the things take that budgets are made of, and holds that they are right at that size.
@Suite(.serialized) struct SpeedTests {
    private static let count = 10_000

    /// A revision with many files, made in one go.
    private func large(_ directories: Int) throws -> TemporaryRepository {
        let repository = try TemporaryRepository()
        var stream =
            "commit refs/heads/main\ncommitter Ann <ann@example.org> 1700000000 +0000\ndata 5\nfirst\n"
        for number in 0..<Self.count {
            let text = "kind: Instance\nmetadata: {name: instance-\(number)}\nspec: {unit: web@1.4.2}\n"
            stream +=
                "M 100644 inline d\(number % directories)/\(number).yaml\ndata \(text.utf8.count)\n\(text)\n"
        }
        try repository.git(["fast-import", "--quiet"], input: stream)
        return repository
    }

    private func best<Value>(_ times: Int, _ body: () async throws -> Value) async throws -> Duration {
        var best = Duration.seconds(1000)
        for _ in 0..<times {
            let started = ContinuousClock.now
            _ = try await body()
            best = min(best, ContinuousClock.now - started)
        }
        return best
    }

    @Test(arguments: [1, 100])
    func tenThousandFiles(_ directories: Int) async throws {
        let repository = try large(directories)
        let reader = ReaderUnderTest.of(repository)
        let tip = try await reader.tip(of: "main")
        let entries = try await reader.entries(at: tip.id)
        #expect(entries.count == Self.count)
        let ids = entries.map(\.id)
        let listing = try await best(5) { try await reader.entries(at: tip.id) }
        let sized = try await best(3) { try await reader.entries(at: tip.id, sizes: true) }
        let reading = try await best(5) { try await reader.blobs(ids, eachMax: 1 << 20) }
        #expect(try await reader.blobs(ids).count == Self.count)

        try repository.git("checkout", "-q", "-f", "main")
        try repository.write("d0/0.yaml", "changed: true\n")
        try repository.git("commit", "-q", "-a", "-m", "one of many")
        let next = try await reader.tip(of: "main")
        let changes = try await best(5) { try await reader.changedEntries(from: tip.id, to: next.id) }
        #expect(
            try await reader.changedEntries(from: tip.id, to: next.id).changed.map(\.path) == ["d0/0.yaml"])
        let worktree = try await best(2) { try await reader.worktree() }
        print(
            "\(Self.count) files in \(directories) directories: list \(listing), with sizes \(sized), read \(reading),"
                + " compare \(changes), work tree \(worktree)")
    }

    @Test func aMovedRefIsNoticed() async throws {
        let repository = try TemporaryRepository()
        try repository.commit("first")
        let watched = try Watched(repository.path)
        #expect(await watched.log.wait { $0.commit != nil })
        var took: [Duration] = []
        for number in 0..<50 {
            let id = try repository.git("commit-tree", "-p", "HEAD", "-m", "\(number)", "HEAD^{tree}")
            let ref = repository.path + "/.git/refs/heads/main"
            try Bytes.write(Array("\(id)\n".utf8), to: ref + ".lock")
            let started = ContinuousClock.now
            rename(ref + ".lock", ref)
            #expect(await watched.log.wait { $0.commit == id })
            took.append(ContinuousClock.now - started)
        }
        took.sort()
        print("ref moved → told: median \(took[25]), slowest \(took[49])")
        watched.watcher.stop()
    }
}
