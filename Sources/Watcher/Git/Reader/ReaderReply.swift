/// An answer while it arrives, frame by frame. Used on the reader's queue only, and not after the call it is
/// given to.
final class ReaderReply {
    private let link: ReaderLink
    private let deadline: ContinuousClock.Instant
    private(set) var isComplete = false

    init(link: ReaderLink, deadline: ContinuousClock.Instant) {
        self.link = link
        self.deadline = deadline
    }

    /// Calls `body` with the payload of each frame until the answer ends; throws what the reader answered
    /// instead.
    func eachFrame(_ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        while !isComplete {
            let (kind, payload) = try link.receive(until: deadline)
            switch kind {
            case .data: try body(payload)
            case .end: isComplete = true
            case .failure:
                isComplete = true
                var wire = WireReader(payload)
                throw try wire.error()
            case .request: throw WireError()
            }
        }
    }

    /// Calls `body` for each record of the answer.
    func each(_ body: (inout WireReader) throws -> Void) throws {
        try eachFrame { payload in
            var wire = WireReader(payload)
            while !wire.isAtEnd { try body(&wire) }
        }
    }

    /// The one record of an answer that has exactly one.
    func single<Value>(_ body: (inout WireReader) throws -> Value) throws -> Value {
        var value: Value?
        try each { wire in
            guard value == nil else { throw WireError() }
            value = try body(&wire)
        }
        guard let value else { throw WireError() }
        return value
    }
}

extension WireReader {
    /// One answer to a request for blobs.
    mutating func blob() throws(WireError) -> (ObjectID, Blob) {
        let id = try id()
        if try flag() {
            return (id, .bytes([UInt8](try raw())))
        }
        return (id, .tooLarge(size: Int(clamping: try number(Int64.self))))
    }
}
