import Foundation
import Reconciler
import TestKit
import Testing

@testable import Store

/// A process of its own commits until it is killed with SIGKILL. The test starts its own executable anew with
/// the state directory in a variable, and that run of the same test is the victim.
@Suite struct KillTests {
    static let variable = "PLUMB_TEST_STORE_VICTIM"
    static let rounds = 12

    @Test(.survives(.stateTrouble, "killed -9 while the database is written", tries: 12))
    func nothingThatWasAcknowledgedIsLost() async throws {
        if let victimsPlace = ProcessInfo.processInfo.environment[Self.variable] {
            try await commitForEver(in: victimsPlace)
        }
        let directory = TemporaryDirectory()
        var known = 0
        for round in 0..<Self.rounds {
            let victim = try startVictim(in: directory.path)
            let before = acknowledged(in: directory.path).count
            let deadline = ContinuousClock.now + .seconds(30)
            while acknowledged(in: directory.path).count < before + 20, ContinuousClock.now < deadline {
                try await Task.sleep(for: .milliseconds(5))
            }
            try await Task.sleep(for: .microseconds(Int.random(in: 0...60_000)))
            kill(victim.processIdentifier, SIGKILL)
            victim.waitUntilExit()
            let acknowledged = acknowledged(in: directory.path)
            try #require(acknowledged.count >= before + 20, "the victim of round \(round) did not work")
            try await check(directory, acknowledged: acknowledged)
            known = acknowledged.count
        }
        print("killed -9 \(Self.rounds) times; \(known) acknowledged commits, none lost")
    }

    private func check(_ directory: TemporaryDirectory, acknowledged: Set<Int>) async throws {
        let store = try Store(stateDirectory: directory.path)
        #expect(store.opened == Opened(created: false))
        let loaded = try await store.load()
        let runs = Set(loaded.openRuns.map(\.claim.run))
        for number in acknowledged where !runs.contains(Sample.run(number)) {
            Issue.record("the acknowledged commit \(number) is lost")
        }
        // Each batch is one claim and one event: whole or not at all.
        let events = try await store.events(EventQuery(after: 0, limit: StoreLimits.queryRowsMax))
        #expect(events.count == min(runs.count, StoreLimits.queryRowsMax))
        #expect(loaded.settings["count"] != nil)
        try await store.close()
    }

    private func startVictim(in path: String) throws -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments =
            Array(CommandLine.arguments.dropFirst()).filter {
                $0.hasSuffix(".xctest") || $0.hasPrefix("--test-bundle")
            }
            + ["--testing-library", "swift-testing", "--filter", "nothingThatWasAcknowledgedIsLost"]
        process.environment = ProcessInfo.processInfo.environment.merging([Self.variable: path]) { $1 }
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        return process
    }

    /// Never returns. Four commits are in flight at any time; what was acknowledged goes to a file.
    private func commitForEver(in path: String) async throws -> Never {
        let store = try Store(stateDirectory: path)
        let file = open(path + "/acknowledged", O_WRONLY | O_CREAT | O_APPEND, 0o600)
        let first = (acknowledged(in: path).max() ?? 0) + 100_000
        await withTaskGroup(of: Void.self) { group in
            for lane in 0..<4 {
                group.addTask {
                    for number in stride(from: first + lane, to: .max, by: 4) {
                        let batch = StoreBatch(
                            claims: [Sample.claim(number)], events: [Sample.event(number % 1000)],
                            settings: ["count": "\(number)"])
                        guard (try? await store.commit(batch)) != nil else { exit(1) }
                        let line = Array("\(number)\n".utf8)
                        _ = write(file, line, line.count)
                    }
                }
            }
            await group.waitForAll()
        }
        exit(1)
    }

    private func acknowledged(in path: String) -> Set<Int> {
        let text = (try? String(contentsOfFile: path + "/acknowledged", encoding: .utf8)) ?? ""
        return Set(text.split(separator: "\n").compactMap { Int($0) })
    }
}
