/// Sends an answer record by record, in frames of a sensible size.
final class ReaderAnswer {
    /// The client is gone; there is nobody left to answer.
    struct Closed: Error {}

    private let output: Int32
    private var wire = WireWriter()

    init(output: Int32) {
        self.output = output
        wire.reserveFrameHead()
    }

    /// Adds one record. `extraBytes` is what it carries beyond a few hundred bytes.
    func record(extraBytes: Int = 0, _ body: (inout WireWriter) -> Void) throws {
        if wire.bytes.count > Frame.headBytes, wire.bytes.count + extraBytes > ReaderLimits.flushBytes {
            try flush(.data)
        }
        body(&wire)
        if wire.bytes.count > ReaderLimits.flushBytes { try flush(.data) }
    }

    /// Sends bytes as frames of their own.
    func stream(_ bytes: UnsafeRawBufferPointer) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = rest.prefix(ReaderLimits.flushBytes)
            rest = rest.dropFirst(piece.count)
            wire.put(unframed: UnsafeRawBufferPointer(rebasing: piece))
            try flush(.data)
        }
    }

    func finish() throws {
        if wire.bytes.count > Frame.headBytes { try flush(.data) }
        try flush(.end)
    }

    /// Ends the answer with an error; whatever was not sent yet is dropped.
    func fail(_ error: GitError) throws {
        reset()
        wire.put(error)
        try flush(.failure)
    }

    private func flush(_ kind: Frame.Kind) throws {
        wire.seal(as: kind)
        let code = wire.bytes.withUnsafeBytes { DescriptorIO.sendAll($0, to: output) }
        if code != nil { throw Closed() }
        reset()
    }

    private func reset() {
        wire.removeAll()
        wire.reserveFrameHead()
    }
}
