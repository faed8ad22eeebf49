/// One piece of a message between Plumb and its reader: 4 bytes of length, 1 byte of kind, then the payload.
enum Frame {
    static let headBytes = 5

    enum Kind: UInt8 {
        case request = 1
        /// A part of an answer. An answer may have none or many; each holds whole records.
        case data = 2
        /// The answer is complete.
        case end = 3
        /// The answer ends here, and is this `GitError`.
        case failure = 4
    }

    /// Writes the head into the first bytes of `frame`, whose payload already follows them.
    static func seal(_ frame: inout [UInt8], as kind: Kind) {
        let length = UInt32(frame.count - headBytes)
        frame.withUnsafeMutableBytes {
            $0.storeBytes(of: length.littleEndian, as: UInt32.self)
            $0[4] = kind.rawValue
        }
    }

    /// Reads a head; nil for an unknown kind or a length beyond the bound.
    static func head(_ bytes: UnsafeRawBufferPointer) -> (length: Int, kind: Kind)? {
        let length = Int(UInt32(littleEndian: bytes.loadUnaligned(as: UInt32.self)))
        guard let kind = Kind(rawValue: bytes[4]), length <= ReaderLimits.frameBytesMax else { return nil }
        return (length, kind)
    }
}

/// A buffer that grows to the largest frame it has seen and is used again for the next.
struct FrameBuffer: ~Copyable {
    private var storage = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 8)

    deinit { storage.deallocate() }

    /// The first `count` bytes, to be overwritten.
    mutating func prefix(_ count: Int) -> UnsafeMutableRawBufferPointer {
        if storage.count < count {
            let capacity = max(count, 2 * storage.count)
            storage.deallocate()
            storage = .allocate(byteCount: capacity, alignment: 8)
        }
        return UnsafeMutableRawBufferPointer(rebasing: storage[..<count])
    }
}
