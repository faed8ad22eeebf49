/// Messages as the standard of server-sent events has them.
enum StreamMessage {
    static func append(_ event: String, id: StreamID? = nil, data: [UInt8], to bytes: inout [UInt8]) {
        bytes += Array("event: \(event)\n".utf8)
        if let id { bytes += Array("id: \(id)\n".utf8) }
        bytes += Array("data: ".utf8)
        // One line: our JSON has no line feed but the one at its end.
        bytes += data.last == UInt8(ascii: "\n") ? data.dropLast() : data[...]
        bytes += Array("\n\n".utf8)
    }

    /// A comment, and the id without data: it moves the client's last event id and tells it nothing else.
    static func heartbeat(_ id: StreamID) -> [UInt8] { Array(": hb\nid: \(id)\n\n".utf8) }

    static var retry: [UInt8] { Array("retry: \(StatusLimits.streamRetryMilliseconds)\n\n".utf8) }
}
