/// The strings of a JSON document, one after the other, with all that stands between them copied.
struct JSONStrings {
    private let bytes: [UInt8]
    /// What comes next to be copied; of a string that was told, its closing quote.
    private var copied = 0

    private static let quote = UInt8(ascii: "\"")
    private static let backslash = UInt8(ascii: "\\")

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// What is between the quotes of the next string, and whether it is an object's key; nil at the end. The
    /// quotes and all that is no string go to `out`.
    mutating func next(copyingTo out: inout [UInt8]) -> (string: Range<Int>, isKey: Bool)? {
        // The first string has no closing quote before it.
        let search = copied == 0 ? 0 : copied + 1
        guard search < bytes.count, let open = bytes[search...].firstIndex(of: Self.quote) else {
            out += bytes[copied...]
            copied = bytes.count
            return nil
        }
        out += bytes[copied...open]
        var end = open + 1
        while end < bytes.count, bytes[end] != Self.quote { end += bytes[end] == Self.backslash ? 2 : 1 }
        end = min(end, bytes.count)
        copied = end
        let after = bytes[min(end + 1, bytes.count)...].first { $0 != 0x20 }
        return (open + 1..<end, after == UInt8(ascii: ":"))
    }

    /// nil where it is no string of JSON.
    static func unescaped(_ string: ArraySlice<UInt8>) -> [UInt8]? {
        guard string.contains(backslash) else { return Array(string) }
        var out: [UInt8] = []
        var rest = string
        while let byte = rest.popFirst() {
            guard byte == backslash else {
                out.append(byte)
                continue
            }
            guard let code = rest.popFirst() else { return nil }
            switch code {
            case UInt8(ascii: "n"): out.append(0x0A)
            case UInt8(ascii: "r"): out.append(0x0D)
            case UInt8(ascii: "t"): out.append(0x09)
            case UInt8(ascii: "b"): out.append(0x08)
            case UInt8(ascii: "f"): out.append(0x0C)
            case UInt8(ascii: "u"):
                guard let scalar = scalar(&rest) else { return nil }
                out += Array(String(scalar).utf8)
            default: out.append(code)
            }
        }
        return out
    }

    /// After `\u`: four digits, or eight in two halves.
    private static func scalar(_ rest: inout ArraySlice<UInt8>) -> Unicode.Scalar? {
        guard let unit = unit(&rest) else { return nil }
        guard (0xD800..<0xDC00).contains(unit) else { return Unicode.Scalar(unit) }
        guard rest.popFirst() == backslash, rest.popFirst() == UInt8(ascii: "u"), let low = self.unit(&rest),
            (0xDC00..<0xE000).contains(low)
        else { return nil }
        return Unicode.Scalar(0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00))
    }

    private static func unit(_ rest: inout ArraySlice<UInt8>) -> UInt32? {
        let digits = rest.prefix(4)
        guard digits.count == 4 else { return nil }
        rest = rest.dropFirst(4)
        return UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
    }

    static func escaped(_ text: [UInt8]) -> [UInt8] {
        var out: [UInt8] = []
        for byte in text {
            switch byte {
            case quote, backslash: out += [backslash, byte]
            case 0x0A: out += [backslash, UInt8(ascii: "n")]
            case 0x0D: out += [backslash, UInt8(ascii: "r")]
            case 0x09: out += [backslash, UInt8(ascii: "t")]
            case 0..<0x20:
                let hex = String(byte, radix: 16)
                out += Array("\\u\(String(repeating: "0", count: 4 - hex.count))\(hex)".utf8)
            default: out.append(byte)
            }
        }
        return out
    }
}
