import CLinux

/// Where some bytes stand in others: the C library's search, which is quick whatever this is compiled with.
enum MemorySearch {
    static func first(_ wanted: ArraySlice<UInt8>, in bytes: UnsafeRawBufferPointer, from start: Int) -> Int?
    {
        guard !wanted.isEmpty, bytes.count - start >= wanted.count, let base = bytes.baseAddress else {
            return nil
        }
        return wanted.withUnsafeBytes { needle -> Int? in
            guard let first = needle.baseAddress,
                case let hit = clinux_find(base + start, bytes.count - start, first, needle.count), hit >= 0
            else { return nil }
            return start + hit
        }
    }

    static func first(_ wanted: ArraySlice<UInt8>, in bytes: [UInt8], from start: Int) -> Int? {
        bytes.withUnsafeBytes { first(wanted, in: $0, from: start) }
    }
}
