/// Writes one frame: a header, then fields of (tag: 2 bytes, length: 4 bytes, value).
struct FieldWriter {
    private(set) var bytes: [UInt8] = []

    init(type: UInt16, capacity: Int = 256) {
        bytes.reserveCapacity(capacity)
        append(UInt32(0))
        append(type)
        append(protocolVersion)
    }

    mutating func put<T: FixedWidthInteger>(_ tag: UInt16, _ value: T) {
        head(tag, MemoryLayout<T>.size)
        append(value)
    }

    mutating func put(_ tag: UInt16, _ value: Bool) { put(tag, UInt8(value ? 1 : 0)) }

    mutating func put<T: FixedWidthInteger>(_ tag: UInt16, _ value: T?) {
        if let value { put(tag, value) }
    }

    mutating func put(_ tag: UInt16, _ value: [UInt8]) {
        head(tag, value.count)
        bytes.append(contentsOf: value)
    }

    mutating func put(_ tag: UInt16, _ value: String) {
        head(tag, value.utf8.count)
        bytes.append(contentsOf: value.utf8)
    }

    /// A string as the kernel wants it, with a zero byte at its end.
    mutating func putCString(_ tag: UInt16, _ value: String) {
        head(tag, value.utf8.count + 1)
        bytes.append(contentsOf: value.utf8)
        bytes.append(0)
    }

    /// A frame within this one.
    mutating func put(_ tag: UInt16, nested: [UInt8]) { put(tag, nested) }

    /// The frame, with its length filled in.
    consuming func finished() -> [UInt8] {
        patchLength(UInt32(bytes.count))
        return bytes
    }

    /// The frame with a CRC-32C of all before it as its last four bytes, padded with zeros to `size`.
    consuming func sealed(paddedTo size: Int = 0) -> [UInt8] {
        patchLength(UInt32(bytes.count + 4))
        append(bytes.withUnsafeBytes { Checksum.crc32c($0) })
        if bytes.count < size { bytes.append(contentsOf: repeatElement(0, count: size - bytes.count)) }
        return bytes
    }

    private mutating func patchLength(_ length: UInt32) {
        for index in 0..<4 { bytes[index] = UInt8(truncatingIfNeeded: length >> (8 * UInt32(index))) }
    }

    private mutating func head(_ tag: UInt16, _ length: Int) {
        append(tag)
        append(UInt32(truncatingIfNeeded: length))
    }

    private mutating func append<T: FixedWidthInteger>(_ value: T) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }
}
