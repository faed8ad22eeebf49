import HTTPTypes

/// The weak tag of an answer: two answers with one tag tell the same, though not at the same moment. The
/// moments of looking (`observedAt`, `lastSeen`) take no part in it. Good for as long as the agent lives.
enum EntityTag {
    static func of(_ bytes: [UInt8]) -> String {
        var hasher = Hasher()
        var position = 0
        bytes.withUnsafeBytes { all in
            for cut in moments(in: all) {
                hasher.combine(bytes: UnsafeRawBufferPointer(rebasing: all[position..<cut]))
                position = cut + Self.momentBytes
            }
            if position < all.count {
                hasher.combine(bytes: UnsafeRawBufferPointer(rebasing: all[position...]))
            }
        }
        return "W/\"" + String(UInt64(bitPattern: Int64(hasher.finalize())), radix: 36) + "\""
    }

    /// `If-None-Match`: any of several tags, or `*`. Compared weakly, as RFC 9110 has it for GET.
    static func isNamed(_ tag: String, by field: String) -> Bool {
        field.split(separator: ",").contains { part in
            let wanted = part.drop { $0 == " " || $0 == "\t" }.reversed().drop { $0 == " " || $0 == "\t" }
            let text = String(wanted.reversed())
            return text == "*" || opaque(text) == opaque(tag)
        }
    }

    private static func opaque(_ tag: String) -> Substring {
        tag.hasPrefix("W/") ? tag.dropFirst(2) : tag[...]
    }

    /// Of `2026-11-21T09:33:43.512Z`.
    private static let momentBytes = 24
    private static let names = ["\"observedAt\"", "\"lastSeen\""].map { Array($0.utf8) }

    /// Where the times of looking begin. A key in quotes cannot stand within a string.
    private static func moments(in bytes: UnsafeRawBufferPointer) -> [Int] {
        var found: [Int] = []
        for name in names {
            var position = 0
            while let hit = find(name, in: bytes, from: position) {
                position = hit + name.count
                // `":"`, or `" : "` where it is for people.
                var value = position
                while value < bytes.count, bytes[value] != UInt8(ascii: "\"") { value += 1 }
                if value + 1 + momentBytes < bytes.count { found.append(value + 1) }
            }
        }
        // The times of one document do not overlap.
        return found.sorted()
    }

    private static func find(_ name: [UInt8], in bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
        MemorySearch.first(name[...], in: bytes, from: start)
    }
}
