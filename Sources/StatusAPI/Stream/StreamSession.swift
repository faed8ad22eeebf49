import HTTPTypes
import HummingbirdCore
import NIOCore
import Reconciler

/// One client's stream, from its first message to its end. What it writes next is decided when the client has
/// taken what was written before.
final class StreamSession: Sendable {
    private let broadcaster: Broadcaster
    private let source: any StatusSource
    private let query: StreamQuery
    private let client: String
    private let lastEventID: String?
    private let isStillAdmitted: @Sendable (Set<Scope>) -> Bool

    init(
        _ broadcaster: Broadcaster, source: any StatusSource, query: StreamQuery, client: String,
        lastEventID: String?, isStillAdmitted: @escaping @Sendable (Set<Scope>) -> Bool = { _ in true }
    ) {
        self.broadcaster = broadcaster
        self.source = source
        self.query = query
        self.client = client
        self.lastEventID = lastEventID
        self.isStillAdmitted = isStillAdmitted
    }

    /// What is written before anything else, and where it goes on.
    struct Opening: Sendable {
        fileprivate var member: StreamMember
        fileprivate var cursor: StreamCursor
        fileprivate var bytes: [UInt8]
    }

    /// Takes a seat. Throws what is answered instead; until here nothing has been written.
    func open() async throws -> Opening {
        let member = try broadcaster.join(client, query)
        do {
            if query.wantsPicture { try await broadcaster.freshen() }
            return try await begin(member)
        } catch {
            broadcaster.leave(member)
            throw error
        }
    }

    private func begin(_ member: StreamMember) async throws -> Opening {
        let (cursor, known, lastEvent) = broadcaster.cursor(query, resuming: lastEventID)
        let source = source
        let now = try await answered { await source.state() }
        let agent =
            known
            ?? Broadcaster.Agent(
                node: now.node.name, version: now.version, startedAt: Timestamp(now.startedWall),
                revision: now.source.accepted.map { RevisionDocument($0, acceptedAt: now.source.acceptedAt) })
        let hello = HelloDocument(
            epoch: broadcaster.epoch, node: agent.node, version: agent.version, time: Timestamp(now.nowWall),
            startedAt: agent.startedAt,
            heartbeatSeconds: Int(broadcaster.settings.heartbeat.components.seconds),
            revision: agent.revision, topics: query.topics.map(\.rawValue).sorted(),
            replays: cursor.replays && query.wantsPicture)
        var bytes = StreamMessage.retry
        StreamMessage.append("hello", data: try WireFormat.encode(hello), to: &bytes)
        if query.history > 0, !cursor.replays {
            let asked = EventHistoryQuery(instance: query.instance, limit: query.history)
            for entry in try await answered({ try await source.events(asked) }) where entry.id <= lastEvent {
                StreamMessage.append("event", data: try WireFormat.encode(EventDocument(entry)), to: &bytes)
            }
        }
        return Opening(member: member, cursor: cursor, bytes: bytes)
    }

    /// Writes until the client is gone, the agent ends, or the client takes nothing for too long.
    func run(
        _ opening: Opening, _ head: HTTPResponse, _ request: Request, _ writer: consuming ResponseWriter,
        _ channel: any Channel
    ) async throws {
        let member = opening.member
        defer { broadcaster.leave(member) }
        var body = try await writer.writeHead(head)
        let lines = HandOver<[UInt8]>()
        let tailing = tail(into: lines, member)
        defer {
            tailing?.cancel()
            lines.end()
        }
        // A client that has sent its end is taken for gone; the socket itself tells it only when written to.
        try await request.body.consumeWithInboundCloseHandler { _ in
            try await self.pump(opening, lines, &body, channel)
        } onInboundClosed: {
            member.close()
        }
        try await body.finish(nil)
    }

    private func pump(
        _ opening: Opening, _ lines: HandOver<[UInt8]>, _ body: inout some ResponseBodyWriter,
        _ channel: any Channel
    ) async throws {
        let (member, clock) = (opening.member, ContinuousClock())
        var (cursor, bytes) = (opening.cursor, opening.bytes)
        var bells = member.bells
        var (sampled, writtenAt) = (UInt64(0), clock.now)
        while !member.isClosed {
            let reading = try broadcaster.read(&cursor)
            // Looked at with every bell, and a tick rings them all: a token that was taken back ends here.
            let isAdmitted = isStillAdmitted(query.scopes)
            if reading.isEnding || !isAdmitted {
                let bye = ByeDocument(reason: isAdmitted ? "ending" : "tokenRevoked")
                StreamMessage.append("bye", data: try WireFormat.encode(bye), to: &bytes)
                return try await write(bytes, &body, channel)
            }
            bytes += reading.bytes
            if query.topics.contains(.usage), let usage = reading.usage, usage.number > sampled {
                sampled = usage.number
                StreamMessage.append("usage", data: try samples(usage), to: &bytes)
            }
            if let told = lines.take() { bytes += told }
            // A tick early, for between two of them nobody looks.
            let settings = broadcaster.settings
            if bytes.isEmpty, clock.now - writtenAt >= settings.heartbeat - settings.tick {
                bytes = StreamMessage.heartbeat(reading.id)
            }
            guard bytes.isEmpty else {
                try await write(bytes, &body, channel)
                (bytes, writtenAt) = ([], clock.now)
                continue
            }
            await bells.next()
            try Task.checkCancellation()
        }
    }

    /// A client that takes nothing loses its connection, so that it does not hold a seat for ever.
    private func write(
        _ bytes: [UInt8], _ body: inout some ResponseBodyWriter, _ channel: any Channel
    ) async throws {
        let late = channel.eventLoop.scheduleTask(in: TimeAmount(broadcaster.settings.writeMax)) {
            channel.close(mode: .all, promise: nil)
        }
        defer { late.cancel() }
        // No value of a secret leaves, whichever message it is in.
        try await body.write(ByteBuffer(bytes: await source.secrets().maskedEvents(bytes)))
    }

    private func samples(_ usage: Broadcaster.Usage) throws -> [UInt8] {
        try WireFormat.encode(
            UsageSamplesDocument(
                time: usage.time, intervalSeconds: Int(broadcaster.settings.tick.components.seconds),
                samples: usage.samples.filter { query.instance == nil || $0.instance == query.instance }))
    }

    /// Reads the logs as fast as the client takes them.
    private func tail(into lines: HandOver<[UInt8]>, _ member: StreamMember) -> Task<Void, Never>? {
        guard let wanted = query.tail else { return nil }
        let source = source
        return Task {
            for await records in source.tail(wanted) {
                var bytes: [UInt8] = []
                for record in await source.masked(records) {
                    guard let data = try? WireFormat.encode(TailDocument(record)) else { continue }
                    StreamMessage.append(TailDocument.event(of: record), data: data, to: &bytes)
                }
                await lines.give(bytes) { member.ring() }
                if lines.isOver || Task.isCancelled { return }
            }
        }
    }
}

extension StatusSource {
    /// What workloads have written passes here on its way out.
    func masked(_ records: [TailRecord]) async -> [TailRecord] {
        let mask = await secrets()
        return mask.isEmpty ? records : records.map { $0.masked(mask) }
    }
}

extension TailRecord {
    /// A long line comes in pieces, and each may begin or end within a value.
    fileprivate func masked(_ mask: SecretMask) -> TailRecord {
        guard case .line(let text, let level, let isComplete, let offset) = what else { return self }
        var record = self
        record.what = .line(
            mask.masked(text, startsInside: offset > 0, endsInside: !isComplete), level: level,
            isComplete: isComplete, offset: offset)
        return record
    }
}
