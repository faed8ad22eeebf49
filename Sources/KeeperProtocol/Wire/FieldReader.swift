/// Walks the fields of one frame without copying them. It keeps pointers into the caller's bytes.
struct FieldReader {
    struct Field {
        let tag: UInt16
        let value: UnsafeRawBufferPointer
    }

    let type: UInt16
    let version: UInt16
    private var rest: UnsafeRawBufferPointer

    /// Checks the header only. `sealed`: the last four bytes are a checksum, which must fit.
    init(_ bytes: UnsafeRawBufferPointer, sealed: Bool = false) throws(WireError) {
        let header = try FrameHeader(bytes)
        var end = header.length
        if sealed {
            guard end >= FrameHeader.size + 4 else { throw .truncated }
            end -= 4
            let expected = bytes.littleEndian(UInt32.self, at: end)
            guard Checksum.crc32c(UnsafeRawBufferPointer(rebasing: bytes[0..<end])) == expected else {
                throw .checksum
            }
        }
        type = header.type
        version = header.version
        rest = UnsafeRawBufferPointer(rebasing: bytes[FrameHeader.size..<end])
    }

    init(
        _ bytes: UnsafeRawBufferPointer, type expected: UInt16, sealed: Bool = false
    ) throws(WireError) {
        try self.init(bytes, sealed: sealed)
        guard type == expected else { throw .wrongType(type) }
    }

    /// The next field, or nil at the end of the frame.
    mutating func next() throws(WireError) -> Field? {
        guard !rest.isEmpty else { return nil }
        guard rest.count >= 6 else { throw .truncated }
        let tag = rest.littleEndian(UInt16.self, at: 0)
        let length = Int(rest.littleEndian(UInt32.self, at: 2))
        guard length <= rest.count - 6 else { throw .truncated }
        let value = UnsafeRawBufferPointer(rebasing: rest[6..<(6 + length)])
        rest = UnsafeRawBufferPointer(rebasing: rest[(6 + length)...])
        return Field(tag: tag, value: value)
    }
}

extension FieldReader.Field {
    /// The value as an integer of exactly this width.
    func integer<T: FixedWidthInteger>(_: T.Type = T.self) throws(WireError) -> T {
        guard value.count == MemoryLayout<T>.size else { throw .field(tag) }
        return value.littleEndian(T.self, at: 0)
    }

    func bool() throws(WireError) -> Bool { try integer(UInt8.self) != 0 }

    /// The value's bytes, at most `max` of them.
    func bytes(max: Int) throws(WireError) -> [UInt8] {
        guard value.count <= max else { throw .tooLarge }
        return [UInt8](value)
    }

    /// The value as text; bytes that are not UTF-8 become replacement characters.
    func string(max: Int) throws(WireError) -> String {
        guard value.count <= max else { throw .tooLarge }
        return String(decoding: value, as: UTF8.self)
    }

    /// A string that ends with the value's only zero byte.
    func cString() throws(WireError) -> UnsafePointer<CChar> {
        guard let base = value.baseAddress, value.firstIndex(of: 0) == value.count - 1 else {
            throw .field(tag)
        }
        return base.assumingMemoryBound(to: CChar.self)
    }

    func absolutePath() throws(WireError) -> UnsafePointer<CChar> {
        let path = try cString()
        guard value.first == UInt8(ascii: "/") else { throw .field(tag) }
        return path
    }

    /// A name for one directory entry: not empty, no slash, no dots alone, at most 100 bytes.
    func fileName() throws(WireError) -> UnsafePointer<CChar> {
        let name = try cString()
        guard (2...101).contains(value.count), !value.contains(UInt8(ascii: "/")),
            value.contains(where: { $0 != UInt8(ascii: ".") && $0 != 0 })
        else { throw .field(tag) }
        return name
    }

    func integers(max: Int) throws(WireError) -> [UInt32] {
        guard value.count % 4 == 0 else { throw .field(tag) }
        guard value.count / 4 <= max else { throw .tooLarge }
        return (0..<(value.count / 4)).map { value.littleEndian(UInt32.self, at: $0 * 4) }
    }
}

/// Runs `body` over the bytes of an array, with its error's type kept.
func withBytes<T>(
    _ bytes: [UInt8], _ body: (UnsafeRawBufferPointer) throws(WireError) -> T
) throws(WireError) -> T {
    let result = bytes.withUnsafeBytes { raw -> Result<T, WireError> in
        do throws(WireError) { return .success(try body(raw)) } catch { return .failure(error) }
    }
    return try result.get()
}
