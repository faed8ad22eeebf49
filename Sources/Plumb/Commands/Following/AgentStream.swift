import Glibc
import StatusAPI

/// Follows `/v1/stream` over the local socket. A connection that ends is made again, from the last message
/// on; whoever follows is told that the agent was away, and nothing is asked for again and again.
final class AgentStream {
    enum Word {
        case message(StreamedMessage)
        /// Nothing was said for as long as one would wait.
        case idle
        /// The connection is over. It is tried to make it again.
        case away(CommandFailure)
        case back
    }

    private let client: AgentClient
    private let query: String
    private var descriptor: Int32?
    private var parser = StreamParser()
    private var pending: [StreamedMessage] = []
    private var isAway = false
    /// When nothing has been heard for so long that the agent must hang.
    private var silentAt = ContinuousClock.now
    private var isAnswered = false

    /// More than two heartbeats.
    private static let silenceMax: Duration = .seconds(35)
    /// How long an agent that is away is left alone before the next try.
    private static let pause: Duration = .milliseconds(500)
    private static let readBytes = 64 << 10

    /// - Parameter query: `topics=events`, …
    init(_ client: AgentClient, _ query: String) {
        self.client = client
        self.query = query
    }

    deinit { if let descriptor { close(descriptor) } }

    /// What is said next, or `idle` after so long.
    ///
    /// - Throws: `CommandFailure` where the agent answers and refuses.
    func next(within limit: Duration = .seconds(3_600)) throws -> Word {
        let end = ContinuousClock.now + limit
        while true {
            if !pending.isEmpty { return .message(pending.removeFirst()) }
            guard let descriptor else {
                if let word = try connect(until: end) { return word }
                continue
            }
            let left = min(end, silentAt) - ContinuousClock.now
            guard try wait(descriptor, for: left) else {
                if ContinuousClock.now >= silentAt { return lose("nothing was heard for 35 s") }
                return .idle
            }
            if let word = try receive(descriptor) { return word }
        }
    }

    // Connecting --------------------------------------------------------------------------------------

    private func connect(until end: ContinuousClock.Instant) throws -> Word? {
        if isAway { try rest(until: end) }
        do {
            let descriptor = try client.connected()
            self.descriptor = descriptor
            parser = StreamParser(resuming: parser.lastID)
            (isAnswered, silentAt) = (false, .now + Self.silenceMax)
            let known = parser.lastID.map { "Last-Event-ID: \($0)\r\n" } ?? ""
            let request = "GET /v1/stream?\(query) HTTP/1.1\r\nHost: localhost\r\n\(known)\r\n"
            try client.send(Array(request.utf8), to: descriptor)
            return nil
        } catch let absence as AgentAbsence where !absence.isForbidden {
            guard isAway else { return lose(absence.explained) }
            return ContinuousClock.now >= end ? .idle : nil
        } catch let absence as AgentAbsence {
            throw absence.explained
        }
    }

    private func rest(until end: ContinuousClock.Instant) throws {
        let time = max(.zero, min(Self.pause, end - .now))
        usleep(useconds_t(time / .microseconds(1)))
    }

    private func lose(_ reason: String) -> Word { lose(client.broken(reason)) }

    private func lose(_ failure: CommandFailure) -> Word {
        if let descriptor { close(descriptor) }
        descriptor = nil
        guard !isAway else { return .idle }
        isAway = true
        return .away(failure)
    }

    // Reading -----------------------------------------------------------------------------------------

    /// Whether there is something to read.
    private func wait(_ descriptor: Int32, for time: Duration) throws -> Bool {
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        let milliseconds = Int32(clamping: Int64((max(.zero, time) / .milliseconds(1)).rounded(.up)))
        let count = poll(&entry, 1, milliseconds)
        if count < 0 && errno != EINTR { throw client.broken(String(cString: strerror(errno))) }
        return count > 0
    }

    private func receive(_ descriptor: Int32) throws -> Word? {
        var buffer = [UInt8](repeating: 0, count: Self.readBytes)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        if count < 0 && errno == EINTR { return nil }
        guard count > 0 else {
            return lose(count == 0 ? "the connection ended" : String(cString: strerror(errno)))
        }
        silentAt = .now + Self.silenceMax
        do { pending += try parser.take(buffer[..<count]) } catch {
            throw client.broken("what answers there does not speak HTTP as it should")
        }
        guard let status = parser.status else { return nil }
        // One that is about to end, or serves as many as it can, has a place later.
        if status == 503 || status == 429 { return lose("it answered \(status)") }
        guard status == 200 else {
            throw CommandFailure(
                message: "the agent answered \(status) to a stream of \(query)",
                remedy: "compare `plumb version` with the version that the agent shows in /v1/status")
        }
        if let bye = pending.firstIndex(where: { $0.event == "bye" }) {
            let reason = (try? WireFormat.decode(ByeDocument.self, from: pending[bye].data))?.reason
            pending.removeSubrange(bye...)
            // What was said before is told first; then the connection is seen to end.
            if pending.isEmpty { return lose("it said goodbye: \(reason ?? "for no reason")") }
        }
        if isAway, !isAnswered {
            (isAnswered, isAway) = (true, false)
            return .back
        }
        isAnswered = true
        return parser.isOver && pending.isEmpty ? lose("the stream ended") : nil
    }
}
