import Foundation
import Reconciler
import Testing

@testable import StatusAPI

/// Reads a cursor's bytes as a client does.
func messages(_ bytes: [UInt8]) -> [StreamEvent] {
    var parser = StreamParser()
    return parser.take(bytes)
}

extension StreamCursor {
    /// Everything that is there, in pieces of a size.
    mutating func drain(_ ledger: StreamLedger, bytesMax: Int = 1 << 20) throws -> [StreamEvent] {
        var all: [UInt8] = []
        while true {
            let bytes = try next(in: ledger, bytesMax: bytesMax)
            if bytes.isEmpty { return messages(all) }
            all += bytes
        }
    }
}

/// Changes to what an agent shows, made by hand.
struct Scene {
    var state = Sample.state(instances: 3)
    var events = 0

    mutating func rename(_ instance: String, label: String) {
        state.desired?.instances[instance]?.labels = ["step": label]
    }

    mutating func remove(_ instance: String) {
        state.desired?.instances[instance] = nil
        state.observed.runs = state.observed.runs.filter { $0.key.instance != instance }
    }

    mutating func event(_ instance: String? = nil, message: String = "") -> EventDocument {
        events += 1
        return EventDocument(
            EventHistoryEntry(
                id: Int64(events),
                record: EventRecord(
                    kind: .started, time: Sample.wall(events), instance: instance,
                    message: message.isEmpty ? "event \(events)" : message)))
    }

    var status: StatusDocument { StatusDocument(state) }
}

@Suite struct LedgerTests {
    private let all = StreamQuery()

    private func started(_ scene: Scene) throws -> (StreamLedger, StreamCursor) {
        var ledger = StreamLedger(epoch: "e")
        try ledger.take(scene.status)
        var cursor = StreamCursor(all, resuming: nil, in: ledger)
        _ = try cursor.drain(ledger)
        return (ledger, cursor)
    }

    @Test(arguments: [1, 300, 1 << 20])
    func theFirstPictureIsWhole(bytesMax: Int) throws {
        var ledger = StreamLedger(epoch: "e")
        try ledger.take(Scene().status)
        var cursor = StreamCursor(all, resuming: nil, in: ledger)
        let seen = try cursor.drain(ledger, bytesMax: bytesMax)
        #expect(
            seen.map(\.name) == ["reset", "status"] + Array(repeating: "instance", count: 4) + ["complete"])
        #expect(try seen[0].document(ResetDocument.self).reason == .start)
        #expect(try seen[1].document(StatusDocument.self).instances.isEmpty)
        #expect(try seen[1].document(StatusDocument.self).summary.instances == 4)
        #expect(try seen[2].document(InstanceDocument.self) == Scene().status.instances[0])
        #expect(seen.dropLast().allSatisfy { $0.id == nil })
        #expect(seen.last?.id == ledger.id.description)
    }

    @Test func aChangeIsToldOnceAndOnlyTheNewest() throws {
        var scene = Scene()
        var (ledger, cursor) = try started(scene)
        #expect(try cursor.drain(ledger).isEmpty)
        for step in 1...50 {
            scene.rename("web0", label: "\(step)")
            try ledger.take(scene.status)
        }
        let seen = try cursor.drain(ledger)
        #expect(seen.map(\.name) == ["instance"])
        #expect(try seen[0].document(InstanceDocument.self).labels == ["step": "50"])
        #expect(seen[0].id == ledger.id.description)
        // The moment that a picture shows is no change of anything.
        scene.state.nowWall = Sample.wall(99)
        scene.state.now = Sample.instant(99)
        let before = ledger.id
        try ledger.take(scene.status)
        #expect(
            ledger.changes(after: before.number, of: "web0").map(\.event) == ["status"] || ledger.id == before
        )
    }

    @Test func whoComesBackIsToldWhatHappened() throws {
        var scene = Scene()
        var (ledger, cursor) = try started(scene)
        let left = try #require(cursor.id(in: ledger)).description
        scene.rename("web1", label: "new")
        try ledger.take(scene.status)
        try ledger.take([scene.event("web1"), scene.event("web2")])
        scene.remove("web2")
        try ledger.take(scene.status)
        var again = StreamCursor(all, resuming: left, in: ledger)
        #expect(again.replays)
        let seen = try again.drain(ledger, bytesMax: 1)
        #expect(seen.map(\.name) == ["instance", "event", "event", "removed", "status"])
        #expect(seen.map { $0.id ?? "" } == seen.map { $0.id ?? "" }.sorted { number($0) < number($1) })
        // From any message on it is the rest, and nothing twice.
        for (index, message) in seen.enumerated() {
            var middle = StreamCursor(all, resuming: message.id, in: ledger)
            #expect(try middle.drain(ledger) == Array(seen[(index + 1)...]))
        }
        #expect(try cursor.drain(ledger) == seen)
    }

    private func number(_ id: String) -> Int { Int(id.split(separator: "-").last ?? "") ?? -1 }

    @Test(arguments: [
        ("f-3", ResetDocument.Reason.epoch), ("e-999999", .badId), ("nonsense", .badId), ("e-", .badId),
        ("-3", .badId), ("e-0", .tooOld),
    ])
    func anIdThatIsOfNoUseIsAnsweredWithAll(id: String, reason: ResetDocument.Reason) throws {
        var scene = Scene()
        var ledger = StreamLedger(epoch: "e")
        try ledger.take(scene.status)
        for _ in 0..<StatusLimits.replayEventsMax + 5 { try ledger.take([scene.event()]) }
        var cursor = StreamCursor(all, resuming: id, in: ledger)
        #expect(!cursor.replays)
        let seen = try cursor.drain(ledger)
        #expect(try seen.first?.document(ResetDocument.self).reason == reason)
        #expect(seen.last?.name == "complete")
    }

    @Test func aSlowReaderIsToldHowManyEventsItMissed() throws {
        var scene = Scene()
        var (ledger, cursor) = try started(scene)
        let many = StatusLimits.replayEventsMax + 100
        for _ in 0..<many { try ledger.take([scene.event("web0")]) }
        let seen = try cursor.drain(ledger, bytesMax: 4_096)
        #expect(seen.first?.name == "missed")
        let missed = try #require(try seen.first?.document(MissedDocument.self))
        #expect((missed.topic, missed.count) == ("events", 100))
        #expect(seen.count == 1 + StatusLimits.replayEventsMax)
        #expect(try seen.last?.document(EventDocument.self).id == Int64(many))
        // What the store itself could not give counts too.
        try ledger.take([scene.event()], lost: 1_000)
        let more = try cursor.drain(ledger)
        #expect(more.map(\.name) == ["missed", "event"])
        #expect(try more[0].document(MissedDocument.self).count == 1_000)
        #expect(try cursor.drain(ledger).isEmpty)
    }

    @Test func eventsAreBoundedInBytes() throws {
        var scene = Scene()
        var (ledger, cursor) = try started(scene)
        let long = String(repeating: "x", count: 100_000)
        for _ in 0..<100 { try ledger.take([scene.event(message: long)]) }
        let seen = try cursor.drain(ledger)
        #expect(seen.first?.name == "missed")
        #expect(seen.count < 2 + StatusLimits.replayBytesMax / 100_000)
    }

    @Test func whoMissedARemovalGetsANewPicture() throws {
        var scene = Scene()
        var (ledger, cursor) = try started(scene)
        let brief = (0...StatusLimits.removalsMax).map { "brief\($0)" }
        for name in brief { scene.state.desired?.instances[name] = Sample.desired(name, replicas: 1) }
        try ledger.take(scene.status)
        for name in brief { scene.state.desired?.instances[name] = nil }
        try ledger.take(scene.status)
        try ledger.take([scene.event()])
        let seen = try cursor.drain(ledger, bytesMax: 2_000)
        #expect(
            seen.map(\.name) == ["reset", "status"] + Array(repeating: "instance", count: 4) + [
                "event", "complete",
            ])
        #expect(try seen[0].document(ResetDocument.self).reason == .slow)
    }

    @Test func oneInstanceIsAllThatIsTold() throws {
        var scene = Scene()
        var ledger = StreamLedger(epoch: "e")
        try ledger.take(scene.status)
        var query = StreamQuery()
        query.instance = "web1"
        var cursor = StreamCursor(query, resuming: nil, in: ledger)
        #expect(try cursor.drain(ledger).map(\.name) == ["reset", "status", "instance", "complete"])
        scene.rename("web0", label: "a")
        try ledger.take(scene.status)
        try ledger.take([scene.event("web0"), scene.event()])
        #expect(try cursor.drain(ledger).isEmpty)
        #expect(cursor.id(in: ledger) == ledger.id)
        scene.remove("web1")
        try ledger.take(scene.status)
        #expect(try cursor.drain(ledger).map(\.name) == ["removed", "status"])
    }

    /// Whatever changes, whenever somebody reads, and how little at once: what a reader has put together in
    /// the end is what is there, with no event twice and none lost that was not told.
    @Test(arguments: 0..<6)
    func readersArriveAtTheTruth(seed: UInt64) throws {
        var chance = SeededChance(seed: seed)
        var scene = Scene()
        var ledger = StreamLedger(epoch: "e")
        try ledger.take(scene.status)
        var reader = Reader(StreamCursor(all, resuming: nil, in: ledger))
        for step in 0..<300 {
            switch chance.below(6) {
            case 0: scene.rename("web\(chance.below(3))", label: "\(step)")
            case 1: scene.remove("web\(chance.below(3))")
            case 2:
                let name = "web\(chance.below(3))"
                scene.state.desired?.instances[name] = Sample.desired(name, replicas: 1)
            case 3: try ledger.take([scene.event("web0")])
            case 4: reader.read(try reader.cursor.next(in: ledger, bytesMax: 1 + chance.below(3_000)))
            default:
                // The connection broke, and the client comes back with what it saw last.
                reader.cursor = StreamCursor(all, resuming: reader.id, in: ledger)
            }
            try ledger.take(scene.status)
        }
        while case let bytes = try reader.cursor.next(in: ledger), !bytes.isEmpty { reader.read(bytes) }
        let expected = Dictionary(uniqueKeysWithValues: scene.status.instances.map { ($0.name, $0) })
        #expect(reader.instances == expected)
        #expect(reader.events == Array(Set(reader.events)).sorted())
        // Only while it has never been told a whole picture may it not know of an event.
        let first = reader.events.first ?? Int64(scene.events + 1)
        #expect(reader.events == Array(first..<Int64(scene.events + 1)))
    }
}

/// What a client puts together.
private struct Reader {
    var cursor: StreamCursor
    var id: String?
    var instances: [String: InstanceDocument] = [:]
    var drawing: [String: InstanceDocument]?
    var events: [Int64] = []

    init(_ cursor: StreamCursor) { self.cursor = cursor }

    mutating func read(_ bytes: [UInt8]) {
        for message in messages(bytes) {
            if let id = message.id { self.id = id }
            switch message.name {
            case "reset": drawing = [:]
            case "complete":
                instances = drawing ?? instances
                drawing = nil
            case "instance":
                guard let value = try? message.document(InstanceDocument.self) else { continue }
                if drawing != nil { drawing?[value.name] = value } else { instances[value.name] = value }
            case "removed":
                guard let value = try? message.document(RemovedDocument.self) else { continue }
                instances[value.name] = nil
            case "event":
                if let value = try? message.document(EventDocument.self) { events.append(value.id) }
            default: break
            }
        }
    }
}

struct SeededChance {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

    mutating func below(_ bound: Int) -> Int {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return Int(state % UInt64(bound))
    }
}
