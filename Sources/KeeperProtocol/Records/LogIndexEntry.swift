/// One entry of a log's sidecar index: 24 bytes, little-endian, in the order in which they happened.
///
/// Bytes from `offset` on (up to the next entry's) were read at `wall`. Reads within the same millisecond
/// share an entry. Every file, a rotated one's successor too, begins with an entry of its own, so that a line
/// which goes on from the file before has a time as well. Files are cut by size, not at line ends: a reader
/// joins them.
package struct LogIndexEntry: Equatable, Sendable {
    package enum Kind: Equatable, Sendable {
        case data
        /// A run's first byte on this stream is here; `wall` is its `startedAtWall`, exactly. A run that
        /// wrote nothing leaves no entry, and no file where there was none.
        case runStarted
        /// So many bytes were dropped here, because they could not be written.
        case gap(lostBytes: UInt64)
        /// Written by a newer keeper: skip it.
        case unknown
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

    /// Kind in the highest byte, its value in the others.
    private var packedKind: UInt64 {
        switch kind {
        case .data: 1 << 56
        case .runStarted: 2 << 56
        case .gap(let lost): 3 << 56 | min(lost, (1 << 56) - 1)
        case .unknown: 0
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
        switch packed >> 56 {
        case 1: kind = .data
        case 2: kind = .runStarted
        case 3: kind = .gap(lostBytes: packed & ((1 << 56) - 1))
        default: kind = .unknown
        }
    }
}
