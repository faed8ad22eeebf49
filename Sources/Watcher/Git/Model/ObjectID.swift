/// The name of a git object: a SHA-1 in binary. Ordered and hashed by its bytes.
package struct ObjectID: Hashable, Comparable, Sendable {
    /// Bytes 0–7, 8–15 and 16–19, each read as a big-endian number so that comparing numbers compares bytes.
    private let head: UInt64
    private let middle: UInt64
    private let tail: UInt32

    package static let byteCount = 20
    static let hexCount = 40

    /// Reads 20 bytes. The caller has checked that they are there.
    init(bytes: UnsafeRawBufferPointer) {
        head = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self))
        middle = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        tail = UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: 16, as: UInt32.self))
    }

    /// Twenty zero bytes: git's name for "no object".
    static let zero = [UInt8](repeating: 0, count: byteCount).withUnsafeBytes { ObjectID(bytes: $0) }

    /// Forty hexadecimal digits in either case; anything else is nil.
    package init?(_ hex: some StringProtocol) {
        var bytes: [UInt8] = []
        var high: UInt8?
        for character in hex.utf8 {
            guard let digit = Self.value(ofHexDigit: character), bytes.count < Self.byteCount else {
                return nil
            }
            if let first = high {
                bytes.append(first << 4 | digit)
                high = nil
            } else {
                high = digit
            }
        }
        guard bytes.count == Self.byteCount, high == nil else { return nil }
        self = bytes.withUnsafeBytes { Self(bytes: $0) }
    }

    package static func < (a: ObjectID, b: ObjectID) -> Bool {
        (a.head, a.middle, a.tail) < (b.head, b.middle, b.tail)
    }

    /// The seven digits that people read.
    package var short: String { String(description.prefix(7)) }

    /// Calls `body` with the 20 bytes.
    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        let words = (head.bigEndian, middle.bigEndian, tail.bigEndian)
        return withUnsafeBytes(of: words) { body(UnsafeRawBufferPointer(rebasing: $0[..<Self.byteCount])) }
    }

    private static func value(ofHexDigit character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): character - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): character - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}

extension ObjectID: CustomStringConvertible {
    /// Forty lower-case hexadecimal digits.
    package var description: String {
        String(unsafeUninitializedCapacity: Self.hexCount) { digits in
            withBytes { bytes in
                for (index, byte) in bytes.enumerated() {
                    digits[2 * index] = Self.hexDigit(byte >> 4)
                    digits[2 * index + 1] = Self.hexDigit(byte & 15)
                }
            }
            return Self.hexCount
        }
    }

    private static func hexDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }
}
