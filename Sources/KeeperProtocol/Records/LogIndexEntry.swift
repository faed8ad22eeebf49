/// One entry of a log's sidecar index: 24 bytes, little-endian, in the order in which they happened.
///
/// Bytes from `offset` on (up to the next entry's) were read at `wall`. Reads within the same millisecond
/// share an entry. Every file, a rotated one's successor too, begins with entries of its own, so that a line
/// which goes on from the file before has a time and a run as well. Files are cut by size, not at line ends:
/// a reader joins them.
package struct LogIndexEntry: Equatable, Sendable {
    package enum Kind: Equatable, Sendable {
        case data
        /// A run's first byte on this stream is here; `wall` is its `startedAtWall`, exactly. A run that
        /// wrote nothing leaves no entry, and no file where there was none.
        case runStarted
        /// So many bytes were dropped here, because they could not be written; `wall` is when writing worked
        /// again.
        case gap(lostBytes: UInt64)
        /// Written by a newer keeper: skip it.
        case unknown
        /// The run goes on in a new file; `wall` is its `startedAtWall`, as above.
        case runContinues
        /// The first 14 and the last 6 digits of the run's id. They follow `runStarted` and `runContinues`,
        /// where the id has the 20 hexadecimal digits of an agent's.
        case runIDHead(UInt64)
        case runIDTail(UInt32)
        /// The run is over and has written all; `wall` is when the last of it was read.
        case runEnded(LogRunEnd)
        /// Comes before `gap`: since `wall` bytes were lost, for this reason.
        case gapBegan(LogLoss)
    }

    package var offset: UInt64
    /// Nanoseconds since 1970.
    package var wall: UInt64
    package var kind: Kind

    package static let size = 24

    package init(offset: UInt64, wall: UInt64, kind: Kind) {
        self.offset = offset
        self.wall = wall
        self.kind = kind
    }

    private static let valueBits: UInt64 = 56
    private static let valueMask: UInt64 = (1 << valueBits) - 1

    /// Kind in the highest byte, its value in the others.
    private var packedKind: UInt64 {
        switch kind {
        case .unknown: 0
        case .data: 1 << Self.valueBits
        case .runStarted: 2 << Self.valueBits
        case .gap(let lost): 3 << Self.valueBits | min(lost, Self.valueMask)
        case .runContinues: 4 << Self.valueBits
        case .runIDHead(let digits): 5 << Self.valueBits | digits & Self.valueMask
        case .runIDTail(let digits): 6 << Self.valueBits | UInt64(digits)
        case .runEnded(let end): 7 << Self.valueBits | end.packed
        case .gapBegan(let loss): 8 << Self.valueBits | loss.packed
        }
    }

    /// The three words as they stand in the file.
    package var words: (UInt64, UInt64, UInt64) {
        (offset.littleEndian, wall.littleEndian, packedKind.littleEndian)
    }

    /// Nil where fewer than `size` bytes are left: the last entry may be torn.
    package init?(_ bytes: UnsafeRawBufferPointer, at start: Int) {
        guard start >= 0, bytes.count >= Self.size, start <= bytes.count - Self.size else { return nil }
        let packed = bytes.littleEndian(UInt64.self, at: start + 16)
        offset = bytes.littleEndian(UInt64.self, at: start)
        wall = bytes.littleEndian(UInt64.self, at: start + 8)
        let value = packed & Self.valueMask
        switch packed >> Self.valueBits {
        case 1: kind = .data
        case 2: kind = .runStarted
        case 3: kind = .gap(lostBytes: value)
        case 4: kind = .runContinues
        case 5: kind = .runIDHead(value)
        case 6: kind = .runIDTail(UInt32(truncatingIfNeeded: value))
        case 7: kind = .runEnded(LogRunEnd(packed: value))
        case 8: kind = .gapBegan(LogLoss(packed: value))
        default: kind = .unknown
        }
    }
}

/// The id of a run as an index holds it: 20 hexadecimal digits in two numbers.
package struct LogRunID: Equatable, Hashable, Sendable {
    package var head: UInt64
    package var tail: UInt32

    private static let headDigits = 14
    private static let digits = 20

    package init(head: UInt64, tail: UInt32) {
        self.head = head
        self.tail = tail
    }

    /// Nil where the text is not 20 lower-case hexadecimal digits: a keeper takes any id.
    package init?(_ text: [UInt8]) {
        guard text.count == Self.digits else { return nil }
        var number: (UInt64, UInt32) = (0, 0)
        for (place, byte) in text.enumerated() {
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            default: return nil
            }
            if place < Self.headDigits {
                number.0 = number.0 << 4 | UInt64(digit)
            } else {
                number.1 = number.1 << 4 | UInt32(digit)
            }
        }
        (head, tail) = number
    }

    package var text: String {
        let (first, last) = (String(head, radix: 16), String(tail, radix: 16))
        return String(repeating: "0", count: max(Self.headDigits - first.utf8.count, 0)) + first
            + String(repeating: "0", count: max(Self.digits - Self.headDigits - last.utf8.count, 0)) + last
    }
}
