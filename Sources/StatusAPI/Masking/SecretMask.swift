/// Puts `***` in place of the values of secrets, wherever a text holds one exactly: a value as a whole, and
/// each of its lines, since a log has them apart.
///
/// What is shorter than `bytesMin` is left alone: it would be found in half of all words, and to see which
/// words are gone would tell what it is.
package struct SecretMask: Sendable {
    package static let replacement = "***"
    /// Of a value, or of one line of it.
    package static let bytesMin = 8
    /// How much of a value is told by what is left of it where a long line was cut, at most.
    static let partMin = 4
    /// Values and lines of values.
    static let patternsMax = 8_192

    /// The longest first: one may hold another.
    private let patterns: [Pattern]

    private struct Pattern: Sendable {
        var bytes: [UInt8]
        /// The longest part of it that every writer of JSON writes as it is.
        var plain: ArraySlice<UInt8>
    }

    package init(_ values: some Sequence<String> = []) {
        var found: Set<[UInt8]> = []
        for value in values where found.count < Self.patternsMax {
            let bytes = Array(value.utf8)
            let lines = bytes.split { $0 == 0x0A || $0 == 0x0D }.map(Array.init)
            for part in [bytes] + lines where part.count >= Self.bytesMin { found.insert(part) }
        }
        patterns = found.sorted(by: Self.isFirst).map { bytes in
            let plain = bytes.split { !Self.isPlain($0) }.max { $0.count < $1.count } ?? []
            return Pattern(bytes: bytes, plain: plain)
        }
    }

    package var isEmpty: Bool { patterns.isEmpty }

    /// A text, or a piece of one that was cut where nobody looked: there a part of a value may stand at its
    /// begin or its end.
    package func masked(_ text: String, startsInside: Bool = false, endsInside: Bool = false) -> String {
        guard !isEmpty else { return text }
        var bytes = maskedText(Array(text.utf8))
        if startsInside, let count = cutBegin(of: bytes) {
            bytes.replaceSubrange(..<count, with: Self.replacement.utf8)
        }
        if endsInside, let count = cutEnd(of: bytes) {
            bytes.replaceSubrange((bytes.count - count)..., with: Self.replacement.utf8)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    package func maskedText(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        for pattern in patterns where MemorySearch.first(pattern.bytes[...], in: bytes, from: 0) != nil {
            bytes = Self.replaced(pattern.bytes, in: bytes)
        }
        return bytes
    }

    /// A whole document: in each of its strings but the keys of objects, so that it stays what it is.
    package func maskedJSON(_ bytes: [UInt8]) -> [UInt8] {
        guard isSuspect(bytes) else { return bytes }
        var out: [UInt8] = []
        out.reserveCapacity(bytes.count)
        var strings = JSONStrings(bytes)
        while let (string, isKey) = strings.next(copyingTo: &out) {
            let text = isKey ? nil : JSONStrings.unescaped(bytes[string])
            guard let text, case let masked = maskedText(text), masked != text else {
                out += bytes[string]
                continue
            }
            out += JSONStrings.escaped(masked)
        }
        return out
    }

    /// Server-sent events: of each message the document that is its data.
    package func maskedEvents(_ bytes: [UInt8]) -> [UInt8] {
        guard isSuspect(bytes) else { return bytes }
        let data = Array("data: ".utf8)
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        return Array(
            lines.map {
                $0.starts(with: data) ? data + maskedJSON(Array($0.dropFirst(data.count))) : Array($0)
            }
            .joined(separator: [UInt8(ascii: "\n")]))
    }

    /// Whether a value may be in it, however it is written there.
    private func isSuspect(_ bytes: [UInt8]) -> Bool {
        patterns.contains { pattern in
            pattern.plain.count < Self.partMin || MemorySearch.first(pattern.plain, in: bytes, from: 0) != nil
        }
    }

    /// So many bytes at the begin are the end of a value.
    private func cutBegin(of bytes: [UInt8]) -> Int? {
        patterns.compactMap { pattern in
            (Self.partMin..<pattern.bytes.count).last { bytes.starts(with: pattern.bytes.suffix($0)) }
        }.max()
    }

    /// So many bytes at the end are the begin of a value.
    private func cutEnd(of bytes: [UInt8]) -> Int? {
        patterns.compactMap { pattern in
            (Self.partMin..<pattern.bytes.count).last {
                $0 <= bytes.count && bytes.suffix($0).elementsEqual(pattern.bytes.prefix($0))
            }
        }.max()
    }

    private static func isFirst(_ a: [UInt8], _ b: [UInt8]) -> Bool {
        a.count == b.count ? a.lexicographicallyPrecedes(b) : a.count > b.count
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        (0x20..<0x7F).contains(byte) && byte != 0x22 && byte != 0x5C && byte != 0x2F
    }

    private static func replaced(_ pattern: [UInt8], in bytes: [UInt8]) -> [UInt8] {
        var out: [UInt8] = []
        var position = 0
        while let hit = MemorySearch.first(pattern[...], in: bytes, from: position) {
            out += bytes[position..<hit]
            out += Array(replacement.utf8)
            position = hit + pattern.count
        }
        return out + bytes[position...]
    }
}
