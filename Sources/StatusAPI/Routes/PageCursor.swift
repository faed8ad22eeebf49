/// Where a page ended: what follows is found by what was last, never by a count, so that nothing is told
/// twice or left out because something came or went meanwhile. Opaque to clients: base64url.
struct PageCursor: Sendable, Hashable {
    enum Way: String, Sendable { case after = "a", before = "b" }
    var way: Way
    /// A name, a run's id, a number; what the list is sorted by.
    var key: String

    static let lengthMax = 512
    static let pattern = "^[A-Za-z0-9_-]{4,512}$"

    init(_ way: Way, _ key: String) {
        self.way = way
        self.key = key
    }

    init?(_ text: String) {
        guard text.utf8.count <= Self.lengthMax, let bytes = Self.decoded(text),
            let plain = String(validating: bytes, as: UTF8.self), plain.hasPrefix("1"),
            let way = plain.dropFirst().first.flatMap({ Way(rawValue: String($0)) })
        else { return nil }
        self.init(way, String(plain.dropFirst(2)))
    }

    /// Whether it looks like one.
    static func mayBe(_ text: String) -> Bool {
        (4...lengthMax).contains(text.utf8.count) && text.utf8.allSatisfy(alphabet.contains)
    }

    var text: String { Self.encoded(Array("1\(way.rawValue)\(key)".utf8)) }

    private static let alphabet = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    private static func encoded(_ bytes: [UInt8]) -> String {
        var out: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let part = bytes[start..<min(start + 3, bytes.count)]
            let bits = part.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << (8 * (3 - UInt32(part.count)))
            for index in 0...part.count { out.append(alphabet[Int(bits >> (18 - 6 * UInt32(index)) & 63)]) }
        }
        return String(decoding: out, as: UTF8.self)
    }

    private static func decoded(_ text: String) -> [UInt8]? {
        var out: [UInt8] = []
        var bits: UInt32 = 0
        var count: UInt32 = 0
        for byte in text.utf8 {
            guard let value = alphabet.firstIndex(of: byte) else { return nil }
            bits = bits << 6 | UInt32(value)
            count += 6
            if count >= 8 {
                count -= 8
                out.append(UInt8(truncatingIfNeeded: bits >> count))
            }
        }
        return out
    }
}

/// One page of a list that is in memory as a whole, sorted by its keys.
struct Page<Item> {
    var items: [Item]
    var total: Int
    var next: String?

    /// - Parameter key: of an item; the list ascends by it.
    init(
        _ all: [Item], limit: Int, cursor: PageCursor?, key: (Item) -> String,
        precedes: (String, String) -> Bool = { $0 < $1 }
    ) {
        total = all.count
        let rest = cursor.map { cursor in all.drop { !precedes(cursor.key, key($0)) } } ?? all[...]
        items = Array(rest.prefix(limit))
        next = rest.count > limit ? items.last.map { PageCursor(.after, key($0)).text } : nil
    }
}
