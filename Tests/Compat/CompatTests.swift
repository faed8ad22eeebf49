import Foundation
import GRDB
import KeeperProtocol
import Manifests
import Reconciler
import StatusAPI
import Store
import Testing

@testable import Agent
@testable import Supervisor

/// Bytes that earlier versions wrote, read by this one. They were taken from an agent and keepers of that
/// version at work, and are never written anew: a test that fails says that an upgrade would lose something.
struct CompatTests {
    private static let fixtures = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Fixtures/compat/0.1.0")

    private func bytes(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: Self.fixtures.appending(path: name)))
    }

    /// `name hex`, one a line.
    private func messages(_ name: String) throws -> [String: [UInt8]] {
        var found: [String: [UInt8]] = [:]
        for line in String(decoding: try bytes(name), as: UTF8.self).split(separator: "\n") {
            let parts = line.split(separator: " ")
            let digits = Array(try #require(parts.last))
            found[String(parts[0])] = try stride(from: 0, to: digits.count, by: 2).map { index in
                try #require(UInt8(String(digits[index...index + 1]), radix: 16))
            }
        }
        return found
    }

    @Test("a slot's record, with the memo of its run", arguments: ["web-0", "crash-0", "migrate-0"])
    func slotRecord(_ name: String) throws {
        let record = try #require(SlotRecord(try bytes("slots/\(name).spec")))
        #expect(record.run.text.count == 20)
        #expect(record.isAcknowledged == (name != "web-0"))
        let memo = try #require(RunMemo.decode(record.memo))
        #expect("\(memo.spec.name)-0" == name)
        #expect(memo.revision.authorName == "Ann")
        guard name == "web-0" else { return }
        #expect(memo.nonce == "one")
        #expect(memo.spec.stop.grace == .seconds(2))
        #expect(memo.spec.process.configFile?.contents.contains("30") == true)
        #expect(memo.spec.process.secrets == ["DB_PASSWORD": "db-password"])
        #expect(memo.spec.health.readiness != nil && memo.spec.health.liveness?.failureThreshold == 3)
        #expect(memo.spec.drift == nil)
        #expect(memo.dependsOn.map(\.instance) == ["migrate"])
        #expect(memo.cause.reason == .newInstance)
    }

    @Test("who a run is, and how it ended")
    func records() throws {
        let identity = try KeeperProtocol.RunIdentity(record: try bytes("slots/web-0.id"))
        #expect(identity.child.pid > 0 && identity.child.startTicks > 0 && identity.startedAtBoot > 0)
        let killed = ExitReport(try ExitRecord(record: try bytes("slots/web-0.exit")))
        // The shell that was stopped passed the signal on as its end.
        #expect(killed.cause == .signaled(number: 15, coreDumped: false))
        #expect(killed.treeProvenEmpty && killed.endedAt != nil)
        let crash = ExitReport(try ExitRecord(record: try bytes("slots/crash-0.exit")))
        #expect(crash.cause == .signaled(number: 11, coreDumped: false))
        #expect(ExitReport(try ExitRecord(record: try bytes("slots/migrate-0.exit"))).isSuccess)
    }

    @Test("the index of a log")
    func logIndex() throws {
        let index = try bytes("slots/crash-0.stderr.log.index")
        let kinds = index.withUnsafeBytes { raw in
            stride(from: 0, to: raw.count, by: LogIndexEntry.size).map { LogIndexEntry(raw, at: $0)?.kind }
        }
        #expect(kinds.count == 4)
        #expect(kinds.count { $0 == .runStarted } == 2)
        #expect(!kinds.contains(.unknown) && !kinds.contains(nil))
    }

    @Test("what keepers tell")
    func keeperMessages() throws {
        let messages = try messages("keeper-messages.txt")
        #expect(messages.count >= 4)
        for (name, bytes) in messages {
            let message = try KeeperMessage(decoding: bytes)
            switch (name, message) {
            case ("identity", .identity(let identity)): #expect(identity.runID.count == 20)
            case ("started", .started), ("tree-unproven", .treeUnproven): break
            case ("pong", .pong(let token, let status)):
                #expect(token == 42 && status.phase == .running && status.stdout.loggedBytes == 8)
            case ("exited", .exited(let record)):
                #expect(record.cause == .signaled(15, coreDumped: false))
            case ("exec-failed", .execFailed(let step, let number)):
                #expect(step == .execute && number == 2)
            case ("log-gap", .logGap(let stream, let lost)): #expect(stream == .stderr && lost == 77)
            default: Issue.record("\(name) is read as \(message)")
            }
        }
    }

    /// A keeper of that version understands what this agent says as long as these bytes mean what they meant.
    @Test("what agents tell")
    func agentMessages() throws {
        let messages = try messages("agent-messages.txt")
        let expected: [String: AgentMessage] = [
            "hello": .hello(version: 1), "ping": .ping(token: 42), "stop-by-policy": .stop(steps: nil),
            "acknowledge-exit": .acknowledgeExit, "signal": .signal(1),
        ]
        for (name, message) in expected {
            #expect(try AgentMessage(decoding: #require(messages[name])) == message, "\(name)")
            #expect(message.encoded() == messages[name], "\(name) is written as it was")
        }
        guard let known = messages["update-policy"] else { return }
        guard case .updatePolicy(let policy) = try AgentMessage(decoding: known) else {
            Issue.record("update-policy is read as something else")
            return
        }
        #expect(policy.stopSteps == [.signal(15, graceMilliseconds: 5000), .killTree])
        #expect(policy.logLimits.sizeBytesMax == 1 << 20 && policy.logLimits.filesMax == 3)
    }

    @Test("the database")
    func store() async throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "plumb-compat-\(UUID())")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let queue = try DatabaseQueue(path: directory.appending(path: "plumb.db").path)
        let text = String(decoding: try bytes("store.sql"), as: UTF8.self)
        try await queue.writeWithoutTransaction { try $0.execute(sql: text) }
        try queue.close()

        let store = try Store(stateDirectory: directory.path)
        let loaded = try await store.load()
        #expect(store.opened.rebuilt == nil && !store.opened.created)
        #expect(loaded.unreadable.isEmpty, "\(loaded.unreadable)")
        #expect(loaded.openRuns.count == 2)
        #expect(loaded.memory.instances.keys.sorted() == ["crash", "migrate", "web"])
        let job = try #require(loaded.memory.instances["migrate"])
        #expect(job.replicas[0]?.completed == job.applied?.desired.key)
        #expect(loaded.memory.instances["crash"]?.replicas[0]?.restart.gaveUp != nil)
        #expect(loaded.memory.instances["web"]?.applied?.specCause.changes.map(\.path) == ["spec.stop.grace"])
        #expect(try await store.events(EventQuery(limit: 100)).count == 25)
        let accepted = try #require(loaded.accepted)
        #expect(!accepted.payload.isEmpty)
        try await store.close()
    }

    @Test("what an agent tells the command line of its planner")
    func planner() throws {
        let input = try PlannerInput.decode(try bytes("planner.json"))
        #expect(input.observed.runs.count == 2)
        #expect(input.observed.runs.values.allSatisfy { $0.findings.isEmpty && $0.phase == .running })
    }

    /// Restarting all that runs would be the price of a hash that this version computes otherwise.
    @Test("the accepted snapshot resolves to the hashes that were computed then")
    func hashes() async throws {
        let input = try PlannerInput.decode(try bytes("planner.json"))
        let revision = try #require(input.source.accepted)
        let content = try bytes("accepted.bin")
        let accepted = AcceptedSource(revision: revision, acceptedAt: input.nowWall, content: content)
        let snapshot = try #require(await RevisionReader(source: NoSource()).restore(accepted))
        var resolver = Resolver()
        let desired = resolver.resolve(snapshot, revision: revision, node: input.node)
        #expect(desired.instances.count == 3)
        for (name, instance) in desired.instances {
            let known = try #require(input.memory.instances[name]?.applied?.desired.spec)
            #expect(instance.spec.startHash == known.startHash, "\(name)")
            #expect(instance.spec.specHash == known.specHash, "\(name)")
        }
    }
}

/// The repository is not there.
private struct NoSource: SourcePort {
    func pointers(among ids: [String]) async throws(SourceFailure) -> Set<String> { [] }
    private let failure = SourceFailure(code: "Gone", message: "there is no repository", advice: "")

    func listing(of revision: RevisionID) async throws(SourceFailure) -> SourceListing { throw failure }
    func changes(from old: RevisionID, to new: RevisionID) async throws(SourceFailure) -> SourceChanges {
        throw failure
    }
    func tree(of revision: RevisionID, path: String) async throws(SourceFailure) -> String { throw failure }
    func blobs(_ ids: [String]) async throws(SourceFailure) -> [String: [UInt8]] { throw failure }
    func ancestry(of accepted: RevisionID, in candidate: RevisionID) async throws(SourceFailure) -> Ancestry {
        throw failure
    }
    func couldNotRead(_ revision: RevisionID, because failure: SourceFailure) {}
    func accepted(_ revision: RevisionID) {}
    func approvals(after held: RevisionID, upTo revision: Revision) -> [Revision] { [] }
    func commits(after old: RevisionID, upTo new: RevisionID) -> [RevisionID] { [] }
    func ancestry(of accepted: RevisionID, in candidate: RevisionID) -> Ancestry { .ancestor }
}
