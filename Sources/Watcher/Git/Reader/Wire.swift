/// Builds the bytes of a message: little-endian numbers, texts with their length before them.
struct WireWriter {
    private(set) var bytes: [UInt8] = []

    mutating func put(_ number: some FixedWidthInteger) {
        withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func put(_ flag: Bool) { bytes.append(flag ? 1 : 0) }

    mutating func put(_ id: ObjectID) { id.withBytes { bytes.append(contentsOf: $0) } }

    mutating func put(_ text: String) {
        var text = text
        text.withUTF8 { put(raw: UnsafeRawBufferPointer($0)) }
    }

    mutating func put(raw: UnsafeRawBufferPointer) {
        put(UInt32(raw.count))
        bytes.append(contentsOf: raw)
    }

    mutating func put(unframed bytes: UnsafeRawBufferPointer) { self.bytes.append(contentsOf: bytes) }

    mutating func put<Value>(_ value: Value?, _ body: (inout WireWriter, Value) -> Void) {
        put(value != nil)
        if let value { body(&self, value) }
    }

    /// Room for what `seal` writes; the first thing of every frame.
    mutating func reserveFrameHead() {
        for _ in 0..<Frame.headBytes { bytes.append(0) }
    }

    /// Writes the head of the frame that these bytes are.
    mutating func seal(as kind: Frame.Kind) { Frame.seal(&bytes, as: kind) }

    mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }
}

/// A message that does not follow the protocol: a bug, or a child that is not a reader.
struct WireError: Error {}

/// Takes the bytes of a message apart; every read is checked against the end.
struct WireReader {
    private let bytes: UnsafeRawBufferPointer
    private var offset = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    var isAtEnd: Bool { offset == bytes.count }

    mutating func take(_ count: Int) throws(WireError) -> UnsafeRawBufferPointer {
        guard count >= 0, bytes.count - offset >= count else { throw WireError() }
        defer { offset += count }
        return UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count])
    }

    mutating func number<Number: FixedWidthInteger>(_: Number.Type) throws(WireError) -> Number {
        Number(littleEndian: try take(MemoryLayout<Number>.size).loadUnaligned(as: Number.self))
    }

    mutating func flag() throws(WireError) -> Bool { try number(UInt8.self) != 0 }

    mutating func id() throws(WireError) -> ObjectID { ObjectID(bytes: try take(ObjectID.byteCount)) }

    mutating func raw() throws(WireError) -> UnsafeRawBufferPointer {
        try take(Int(try number(UInt32.self)))
    }

    mutating func text() throws(WireError) -> String { String(decoding: try raw(), as: UTF8.self) }

    mutating func optional<Value>(
        _ body: (inout WireReader) throws(WireError) -> Value
    ) throws(WireError) -> Value? {
        try flag() ? try body(&self) : nil
    }
}
