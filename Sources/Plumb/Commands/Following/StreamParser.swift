/// One message of `/v1/stream`.
struct StreamedMessage: Sendable, Equatable {
    var event: String
    var data: [UInt8]
}

/// Takes the bytes of a stream apart, as they come: the head of the answer, its chunks, and in them messages
/// as the standard of server-sent events has them. Without I/O.
struct StreamParser {
    private enum Place { case head, size, chunk(left: Int), chunkEnd, over }

    private var place = Place.head
    private var rest: [UInt8] = []
    /// The text of chunks that has no end of line yet.
    private var line: [UInt8] = []
    private var message = StreamedMessage(event: "message", data: [])
    /// Of the answer's head; nil until it is there.
    private(set) var status: Int?
    /// Of the last message that had one: where to go on after a break.
    private(set) var lastID: String?

    /// Of a head, or of one message.
    static let bytesMax = 16 << 20

    init(resuming id: String? = nil) { lastID = id }

    /// The answer is over, as far as it goes.
    var isOver: Bool { if case .over = place { true } else { false } }

    /// The messages that are whole now.
    mutating func take(_ bytes: some Sequence<UInt8>) throws(HTTPResponse.Problem) -> [StreamedMessage] {
        rest += bytes
        var messages: [StreamedMessage] = []
        while try step(&messages) {}
        if rest.count + line.count + message.data.count > Self.bytesMax { throw .tooLarge }
        return messages
    }

    /// False: more bytes are needed.
    private mutating func step(_ messages: inout [StreamedMessage]) throws(HTTPResponse.Problem) -> Bool {
        switch place {
        case .head:
            guard let end = Self.end(of: [13, 10, 13, 10], in: rest) else { return false }
            let first = String(decoding: rest.prefix { $0 != 13 }, as: UTF8.self).split(separator: " ")
            guard first.count >= 2, first[0].hasPrefix("HTTP/1."), let code = Int(first[1]) else {
                throw .notHTTP
            }
            status = code
            rest.removeFirst(end)
            place = .size
        case .size:
            guard let end = Self.end(of: [13, 10], in: rest) else { return false }
            let text = String(decoding: rest.prefix { $0 != 13 && $0 != UInt8(ascii: ";") }, as: UTF8.self)
            guard let size = Int(text, radix: 16), size >= 0 else { throw .notHTTP }
            rest.removeFirst(end)
            place = size == 0 ? .over : .chunk(left: size)
        case .chunk(let left):
            guard !rest.isEmpty else { return false }
            let part = rest.prefix(left)
            read(part, &messages)
            place = left > part.count ? .chunk(left: left - part.count) : .chunkEnd
            rest.removeFirst(part.count)
        case .chunkEnd:
            guard rest.count >= 2 else { return false }
            rest.removeFirst(2)
            place = .size
        case .over: return false
        }
        return true
    }

    private mutating func read(_ bytes: ArraySlice<UInt8>, _ messages: inout [StreamedMessage]) {
        for byte in bytes {
            guard byte == UInt8(ascii: "\n") else {
                line.append(byte)
                continue
            }
            end(line, &messages)
            line.removeAll(keepingCapacity: true)
        }
    }

    private mutating func end(_ line: [UInt8], _ messages: inout [StreamedMessage]) {
        guard !line.isEmpty else {
            if !message.data.isEmpty { messages.append(message) }
            message = StreamedMessage(event: "message", data: [])
            return
        }
        // One that begins with a colon is a heartbeat.
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > 0 else { return }
        let value = line[(colon + 1)...].drop { $0 == UInt8(ascii: " ") }
        switch String(decoding: line[..<colon], as: UTF8.self) {
        case "event": message.event = String(decoding: value, as: UTF8.self)
        case "data": message.data += value
        case "id": lastID = String(decoding: value, as: UTF8.self)
        default: return
        }
    }

    /// Behind the first occurrence.
    private static func end(of pattern: [UInt8], in bytes: [UInt8]) -> Int? {
        guard bytes.count >= pattern.count else { return nil }
        return (0...(bytes.count - pattern.count)).first {
            bytes[$0..<($0 + pattern.count)].elementsEqual(pattern)
        }
        .map { $0 + pattern.count }
    }
}
