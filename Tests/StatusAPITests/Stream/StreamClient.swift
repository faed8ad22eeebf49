import Foundation
import Reconciler
import Synchronization
import Testing

@testable import StatusAPI

/// One message, as a browser would hand it to a page.
struct StreamEvent: Sendable, Hashable {
    var name = "message"
    var id: String?
    var data = ""

    func document<T: Decodable>(_ type: T.Type) throws -> T {
        try WireFormat.decode(type, from: Array(data.utf8))
    }
}

/// Server-sent events as the HTML standard reads them.
struct StreamParser {
    private var rest: [UInt8] = []
    private var current = StreamEvent()
    private(set) var heartbeats = 0
    /// The last id, of messages without data too.
    private(set) var lastID: String?
    private(set) var retry: String?

    mutating func take(_ bytes: [UInt8]) -> [StreamEvent] {
        rest += bytes
        var events: [StreamEvent] = []
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            let line = String(decoding: rest[..<end], as: UTF8.self)
            rest.removeSubrange(...end)
            if line.isEmpty {
                if !current.data.isEmpty { events.append(current) }
                current = StreamEvent()
            } else if line.hasPrefix(":") {
                heartbeats += 1
            } else if line.hasPrefix("event: ") {
                current.name = String(line.dropFirst(7))
            } else if line.hasPrefix("id: ") {
                current.id = String(line.dropFirst(4))
                lastID = current.id
            } else if line.hasPrefix("data: ") {
                current.data += line.dropFirst(6)
            } else if line.hasPrefix("retry: ") {
                retry = String(line.dropFirst(7))
            } else {
                Issue.record("a line that no stream has: \(line)")
            }
        }
        return events
    }
}

/// A client of a stream, on a thread of its own.
final class StreamClient: Sendable {
    private struct State {
        var raw: [UInt8] = []
        var head: Reply?
        var parser = StreamParser()
        var events: [StreamEvent] = []
        var isOver = false
    }
    private let connection: Connection
    private let state = Mutex(State())

    init(
        _ connection: Connection, _ target: String, method: String = "GET", host: String = "localhost",
        extra: String = ""
    ) {
        self.connection = connection
        connection.send("\(method) \(target) HTTP/1.1\r\nHost: \(host)\r\n\(extra)\r\n")
    }

    /// Begins to read; a slow client does not.
    @discardableResult
    func reading() -> Self {
        Thread { [self] in
            while let bytes = connection.read() {
                state.withLock { state in
                    state.raw += bytes
                    Self.digest(&state)
                }
            }
            state.withLock { $0.isOver = true }
        }.start()
        return self
    }

    private static func digest(_ state: inout State) {
        if state.head == nil {
            guard let end = state.raw.firstRange(of: Array("\r\n\r\n".utf8)) else { return }
            let lines = String(decoding: state.raw[..<end.lowerBound], as: UTF8.self).components(
                separatedBy: "\r\n")
            var headers: [String: String] = [:]
            for line in lines.dropFirst() {
                let parts = line.split(separator: ":", maxSplits: 1)
                headers[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces)
            }
            let status = Int(lines[0].split(separator: " ")[1]) ?? 0
            state.head = Reply(status: status, headers: headers, body: [], closed: false)
            state.raw.removeSubrange(..<end.upperBound)
        }
        guard state.head?.headers["transfer-encoding"] == "chunked" else { return }
        while let end = state.raw.firstRange(of: Array("\r\n".utf8)) {
            guard let size = Int(String(decoding: state.raw[..<end.lowerBound], as: UTF8.self), radix: 16),
                state.raw.count >= end.upperBound + size + 2
            else { return }
            let body = Array(state.raw[end.upperBound..<end.upperBound + size])
            state.raw.removeSubrange(..<(end.upperBound + size + 2))
            if size == 0 { state.isOver = true }
            state.events += state.parser.take(body)
        }
    }

    func hangUp() { connection.hangUp() }

    var events: [StreamEvent] { state.withLock { $0.events } }
    var lastID: String? { state.withLock { $0.parser.lastID } }
    var heartbeats: Int { state.withLock { $0.parser.heartbeats } }
    var isOver: Bool { state.withLock { $0.isOver } }
    var head: Reply? { state.withLock { $0.head } }

    /// Waits for it, up to a minute; the events until then.
    @discardableResult
    func wait(
        for what: String, _ condition: (StreamClient) -> Bool
    ) async throws -> [StreamEvent] {
        for _ in 0..<6_000 {
            if condition(self) { return events }
            try await Task.sleep(for: .milliseconds(10))
        }
        throw ClientError(message: "waited in vain for \(what): \(events.map(\.name)) over: \(isOver)")
    }

    @discardableResult
    func wait(for name: String, count: Int = 1) async throws -> [StreamEvent] {
        try await wait(for: name) { $0.events.count { $0.name == name } >= count }
    }
}

/// A source that a test changes.
final class LiveSource: StatusSource {
    private struct State {
        var scene = Scene()
        var events: [EventHistoryEntry] = []
        var tails: [AsyncStream<[TailRecord]>.Continuation] = []
        var asked = 0
    }
    private let state = Mutex(State())
    private let base = SampleSource()

    func change(_ body: (inout Scene) -> Void) { state.withLock { body(&$0.scene) } }

    func note(_ instance: String, _ message: String = "") {
        state.withLock { state in
            let id = Int64(state.events.count + 1)
            state.events.append(
                EventHistoryEntry(
                    id: id,
                    record: EventRecord(
                        kind: .started, time: Sample.wall(Int(id)), instance: instance, message: message)))
        }
    }

    /// How often the loop was asked.
    var asked: Int { state.withLock { $0.asked } }

    func state() async -> AgentState {
        state.withLock { state in
            state.asked += 1
            return state.scene.state
        }
    }

    func events(_ query: EventHistoryQuery) async throws -> [EventHistoryEntry] {
        let fitting = state.withLock { $0.events }.filter {
            $0.id > query.after ?? 0 && (query.instance == nil || $0.record.instance == query.instance)
        }
        return Array(query.after == nil ? fitting.suffix(query.limit) : fitting.prefix(query.limit))
    }

    func tail(_ query: TailQuery) -> AsyncStream<[TailRecord]> {
        let (stream, continuation) = AsyncStream.makeStream(of: [TailRecord].self)
        continuation.yield((0..<(query.last ?? 0)).map { Self.line(query.instance, "old \($0)") })
        state.withLock { $0.tails.append(continuation) }
        return stream
    }

    func write(_ text: String) {
        for tail in state.withLock({ $0.tails }) { tail.yield([Self.line("web0", text)]) }
    }

    static func line(_ instance: String, _ text: String) -> TailRecord {
        TailRecord(
            replica: ReplicaID(instance: instance, index: 0), stream: .stdout, time: Sample.wall(1), run: nil,
            what: .line(text, level: "info", isComplete: true, offset: 0))
    }

    func specs(of instance: String, limit: Int) async throws -> [SpecRecord] { [] }
    func traces(prefix: String, limit: Int) async throws -> [RevisionTrace] { [] }
    func lastOutput(of run: RunID, in slot: SlotID, lines: Int) async -> [OutputLine] { [] }
    func usage(of runs: Set<RunID>) async -> [RunID: RunUsage] { await base.usage(of: runs) }
    func processes(of run: RunID) async -> [RunProcess] { [] }
    func sandbox(of run: RunID) async -> SandboxObservation? { nil }
    func event(_ id: Int64) async throws -> EventHistoryEntry? {
        state.withLock { $0.events.first { $0.id == id } }
    }
    func eventCount(_ query: EventHistoryQuery) async throws -> Int { state.withLock { $0.events.count } }
    func runs(_ query: RunHistoryQuery) async throws -> [RunHistoryEntry] { [] }
    func runCount(_ query: RunHistoryQuery) async throws -> Int { 0 }
    func revisions(_ query: RevisionHistoryQuery) async throws -> [RevisionHistoryEntry] { [] }
    func revisionCount(_ query: RevisionHistoryQuery) async throws -> Int { 0 }
    func logs(_ query: LogHistoryQuery) async throws -> LogHistoryPage? { nil }
    func secrets() async -> SecretMask { SecretMask(["correct-horse-battery"]) }
}
