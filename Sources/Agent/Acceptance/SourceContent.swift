package import Manifests

/// What a snapshot was made of: the listing, and the bytes of every file that was read. Kept whole by the
/// agent.
///
/// Layout: magic `PLS1`, then counted entries, then counted blobs; integers are little-endian, texts and
/// bytes follow their 32-bit length. An unknown magic is not read.
package struct SourceContent: Sendable, Equatable {
    package var listing: SourceListing
    package var blobs: [String: [UInt8]]

    package init(listing: SourceListing, blobs: [String: [UInt8]]) {
        self.listing = listing
        self.blobs = blobs
    }

    private static let magic: [UInt8] = Array("PLS1".utf8)

    package func encoded() -> [UInt8] {
        var out = Self.magic
        out.reserveCapacity(blobs.values.reduce(0) { $0 + $1.count + 64 } + listing.entries.count * 96)
        out.appendNumber(UInt32(listing.entries.count))
        for entry in listing.entries {
            let (code, target) = entry.kind.coded
            out.append(code)
            for text in [entry.path, entry.id, target] { out.appendCounted(text) }
            out.appendNumber(UInt32(clamping: entry.size))
        }
        let count = out.count
        out.appendNumber(0)
        out.replaceNumber(at: count, by: UInt32(appendBlobs(to: &out)))
        return out
    }

    /// Each once, in the order in which the entries name them: equal contents are equal bytes.
    private func appendBlobs(to out: inout [UInt8]) -> Int {
        var rest = blobs
        for entry in listing.entries where entry.isFile {
            guard let bytes = rest.removeValue(forKey: entry.id) else { continue }
            out.appendCounted(entry.id)
            out.appendCounted(bytes)
        }
        return blobs.count - rest.count
    }

    package init?(encoded: [UInt8]) {
        var cursor = Cursor(bytes: encoded)
        guard cursor.take(4).map(Array.init) == Self.magic, let count = cursor.number() else { return nil }
        var entries: [SourceListing.Entry] = []
        for _ in 0..<count {
            guard let code = cursor.take(1)?.first, let path = cursor.text(), let id = cursor.text(),
                let target = cursor.text(), let size = cursor.number(),
                let kind = SourceListing.Entry.Kind(code: code, target: target)
            else { return nil }
            entries.append(SourceListing.Entry(path: path, kind: kind, id: id, size: Int(size)))
        }
        guard let blobCount = cursor.number() else { return nil }
        var blobs: [String: [UInt8]] = [:]
        for _ in 0..<blobCount {
            guard let id = cursor.text(), let bytes = cursor.counted() else { return nil }
            blobs[id] = Array(bytes)
        }
        self.init(listing: SourceListing(entries: entries), blobs: blobs)
    }
}

private struct Cursor {
    let bytes: [UInt8]
    var position = 0

    mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
        guard count >= 0, bytes.count - position >= count else { return nil }
        defer { position += count }
        return bytes[position..<(position + count)]
    }

    mutating func number() -> UInt32? {
        take(4).map { $0.reversed().reduce(0) { $0 << 8 | UInt32($1) } }
    }

    mutating func counted() -> ArraySlice<UInt8>? { number().flatMap { take(Int($0)) } }

    mutating func text() -> String? { counted().map { String(decoding: $0, as: UTF8.self) } }
}

extension [UInt8] {
    fileprivate mutating func appendNumber(_ value: UInt32) {
        for shift in [0, 8, 16, 24] as [UInt32] { append(UInt8(truncatingIfNeeded: value >> shift)) }
    }

    fileprivate mutating func replaceNumber(at place: Int, by value: UInt32) {
        for index in 0..<4 { self[place + index] = UInt8(truncatingIfNeeded: value >> (8 * UInt32(index))) }
    }

    fileprivate mutating func appendCounted(_ text: String) {
        appendNumber(UInt32(text.utf8.count))
        append(contentsOf: text.utf8)
    }

    fileprivate mutating func appendCounted(_ bytes: [UInt8]) {
        appendNumber(UInt32(bytes.count))
        append(contentsOf: bytes)
    }
}

extension SourceListing.Entry.Kind {
    fileprivate var coded: (code: UInt8, target: String) {
        switch self {
        case .file: (0, "")
        case .executable: (1, "")
        case .directory: (2, "")
        case .symbolicLink(let target): (3, target)
        case .submodule: (4, "")
        }
    }

    fileprivate init?(code: UInt8, target: String) {
        switch code {
        case 0: self = .file
        case 1: self = .executable
        case 2: self = .directory
        case 3: self = .symbolicLink(target: target)
        case 4: self = .submodule
        default: return nil
        }
    }
}
