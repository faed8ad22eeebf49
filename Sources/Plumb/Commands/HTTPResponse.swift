/// An answer of the agent, taken apart. Only what a GET over a local socket needs of HTTP/1.1.
struct HTTPResponse: Sendable, Equatable {
    var status: Int
    var body: [UInt8]

    enum Problem: Error, Equatable {
        case notHTTP
        case tooLarge
        case cutOff
    }

    static let headerBytesMax = 64 << 10
    static let bodyBytesMax = 64 << 20

    /// nil: more bytes are needed. `atEnd`: there are none.
    static func parse(_ bytes: [UInt8], atEnd: Bool) throws(Problem) -> HTTPResponse? {
        guard let end = firstRange(of: [13, 10, 13, 10], in: bytes[...]) else {
            if bytes.count > headerBytesMax { throw .tooLarge }
            if atEnd { throw bytes.isEmpty ? .cutOff : .notHTTP }
            return nil
        }
        let lines = String(decoding: bytes[..<end], as: UTF8.self).split(separator: "\r\n")
        guard let first = lines.first, let status = statusCode(first) else { throw .notHTTP }
        let body = bytes[(end + 4)...]
        if body.count > bodyBytesMax + headerBytesMax { throw .tooLarge }

        if header("transfer-encoding", in: lines)?.lowercased() == "chunked" {
            // Whole once the last chunk is there; looked for at the end first, so that nothing is read twice.
            guard atEnd || body.suffix(5).elementsEqual([48, 13, 10, 13, 10]) else { return nil }
            guard let joined = try unchunked(body) else {
                if atEnd { throw .cutOff }
                return nil
            }
            return HTTPResponse(status: status, body: joined)
        }
        if let text = header("content-length", in: lines) {
            guard let length = Int(text), length >= 0 else { throw .notHTTP }
            if length > bodyBytesMax { throw .tooLarge }
            if body.count >= length { return HTTPResponse(status: status, body: Array(body.prefix(length))) }
            if atEnd { throw .cutOff }
            return nil
        }
        return atEnd ? HTTPResponse(status: status, body: Array(body)) : nil
    }

    /// The chunks joined; nil where the last one is missing.
    private static func unchunked(_ bytes: ArraySlice<UInt8>) throws(Problem) -> [UInt8]? {
        var rest = bytes
        var joined: [UInt8] = []
        while let end = firstRange(of: [13, 10], in: rest) {
            let size = String(decoding: rest[rest.startIndex..<end], as: UTF8.self).prefix { $0 != ";" }
            guard let count = Int(size, radix: 16), count >= 0, count <= bodyBytesMax else { throw .notHTTP }
            if count == 0 { return joined }
            rest = rest[(end + 2)...]
            guard rest.count >= count + 2 else { return nil }
            joined += rest.prefix(count)
            if joined.count > bodyBytesMax { throw .tooLarge }
            rest = rest.dropFirst(count + 2)
        }
        return nil
    }

    private static func statusCode(_ line: Substring) -> Int? {
        let words = line.split(separator: " ")
        guard words.count >= 2, words[0].hasPrefix("HTTP/1.") else { return nil }
        return Int(words[1])
    }

    private static func header(_ name: String, in lines: [Substring]) -> String? {
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":"), line[..<colon].lowercased() == name else { continue }
            return String(line[line.index(after: colon)...].drop { $0 == " " })
        }
        return nil
    }

    private static func firstRange(of pattern: [UInt8], in bytes: ArraySlice<UInt8>) -> Int? {
        guard bytes.count >= pattern.count else { return nil }
        return (bytes.startIndex...(bytes.endIndex - pattern.count)).first {
            bytes[$0] == pattern[0] && bytes[$0..<($0 + pattern.count)].elementsEqual(pattern)
        }
    }
}
