/// The text that diagnostics show beneath their headline, by file.
package struct SourceLines: Sendable {
    private var files: [String: [UInt8]] = [:]

    package init() {}

    /// Keeps a file's bytes; nothing is split until a line is asked for.
    package mutating func add(path: String, bytes: [UInt8]) { files[path] = bytes }

    /// A line's text without its end; nil where the file or the line is not there.
    package func line(_ number: Int, of path: String) -> String? {
        guard number > 0, let bytes = files[path] else { return nil }
        var current = 1
        var start = 0
        while current < number {
            guard let end = Self.end(of: bytes, from: start), end < bytes.count else { return nil }
            start = Self.next(bytes, after: end)
            current += 1
        }
        guard start < bytes.count else { return nil }
        let end = Self.end(of: bytes, from: start) ?? bytes.count
        return String(decoding: bytes[start..<end], as: UTF8.self)
    }

    private static func end(of bytes: [UInt8], from start: Int) -> Int? {
        bytes[start...].firstIndex { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }
    }

    private static func next(_ bytes: [UInt8], after end: Int) -> Int {
        let isPair =
            bytes[end] == UInt8(ascii: "\r") && end + 1 < bytes.count && bytes[end + 1] == UInt8(ascii: "\n")
        return end + (isPair ? 2 : 1)
    }
}
