/// Finds the level that a line says it has. Only the ways that are in common use, and nothing is guessed from
/// what a sentence says.
enum LevelReader {
    /// Bytes of a line within which its level stands, if it has one.
    private static let headBytesMax = 160
    private static let jsonBytesMax = 4096
    private static let wordBytesMax = 13
    private static let escape: UInt8 = 0x1B
    private static let keys: Set<String> = [
        "level", "lvl", "severity", "levelname", "loglevel", "log.level", "@l", "@level", "severity_text",
    ]

    static func level(of line: [UInt8]) -> LogLevel? {
        guard let first = line.first, first > UInt8(ascii: " ") || first == escape else { return nil }
        switch first {
        case UInt8(ascii: "{"): return json(line)
        case UInt8(ascii: "<"): if let level = syslog(line) { return level }
        default: break
        }
        return glog(line) ?? trouble(line) ?? words(line.prefix(headBytesMax))
    }

    /// `<3>message`, as for syslog and systemd.
    private static func syslog(_ line: [UInt8]) -> LogLevel? {
        guard let end = line.prefix(5).firstIndex(of: UInt8(ascii: ">")), end > 1,
            let number = Int(String(decoding: line[1..<end], as: UTF8.self)), (0..<192).contains(number)
        else { return nil }
        return LogLevel(syslog: number)
    }

    /// `E1121 09:12:03.045123`, as of glog and klog.
    private static func glog(_ line: [UInt8]) -> LogLevel? {
        guard line.count > 5, line[5] == UInt8(ascii: " "), line[1...4].allSatisfy(isDigit) else {
            return nil
        }
        switch line[0] {
        case UInt8(ascii: "I"): return .info
        case UInt8(ascii: "W"): return .warn
        case UInt8(ascii: "E"), UInt8(ascii: "F"): return .error
        case UInt8(ascii: "D"), UInt8(ascii: "V"): return .debug
        default: return nil
        }
    }

    private static let troubles = [
        "Traceback (most recent call last)", "Exception in thread", "Unhandled exception", "thread '",
    ].map { Array($0.utf8) }

    /// How runtimes begin their last words.
    private static func trouble(_ line: [UInt8]) -> LogLevel? {
        guard let begin = troubles.first(where: { line.starts(with: $0) }) else { return nil }
        if begin == troubles[3] {
            return String(decoding: line.prefix(headBytesMax), as: UTF8.self).contains("panicked at")
                ? .error : nil
        }
        return .error
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z")
            || byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z")
    }

    /// `ERROR` in capitals; any case in brackets, before a colon, or behind `level=`.
    private static func words(_ head: ArraySlice<UInt8>) -> LogLevel? {
        var index = head.startIndex
        while index < head.endIndex {
            guard isWord(head[index]) else {
                index += skipped(head, index)
                continue
            }
            var end = index
            while end < head.endIndex, isWord(head[end]) { end += 1 }
            let word = head[index..<end]
            let name = String(decoding: word, as: UTF8.self)
            if word.count <= wordBytesMax, isMarked(word, in: head), let level = LogLevel(name: name) {
                return level
            }
            index = end
        }
        return nil
    }

    /// Bytes that are no word: one, or a whole colour of a terminal.
    private static func skipped(_ head: ArraySlice<UInt8>, _ index: Int) -> Int {
        guard head[index] == escape, let end = head[index...].firstIndex(where: isWord) else { return 1 }
        return end - index + 1
    }

    private static func isMarked(_ word: ArraySlice<UInt8>, in head: ArraySlice<UInt8>) -> Bool {
        let before = word.startIndex > head.startIndex ? head[word.startIndex - 1] : UInt8(ascii: " ")
        let after = word.endIndex < head.endIndex ? head[word.endIndex] : UInt8(ascii: " ")
        if before == UInt8(ascii: "=") || before == UInt8(ascii: "\"") {
            return isLevelKey(before: word.startIndex, head)
        }
        // Part of a path, a name or a number is no level.
        let joins: [UInt8] = [UInt8(ascii: "/"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: ".")]
        if joins.contains(before) || joins.contains(after) { return false }
        if isDigit(before) || isDigit(after) { return false }
        if word.count >= 3, word.allSatisfy({ $0 & 0x20 == 0 }) { return true }
        if before == UInt8(ascii: "["), after == UInt8(ascii: "]") { return true }
        if before == UInt8(ascii: "("), after == UInt8(ascii: ")") { return true }
        return word.count >= 3 && after == UInt8(ascii: ":")
    }

    private static func isLevelKey(before start: Int, _ head: ArraySlice<UInt8>) -> Bool {
        var end = start - 1
        if head[end] == UInt8(ascii: "\""), end > head.startIndex { end -= 1 }
        guard head[end] == UInt8(ascii: "=") else { return false }
        let key = head[..<end].reversed().prefix { $0 > UInt8(ascii: " ") && $0 != UInt8(ascii: ",") }
        return keys.contains(String(decoding: key.reversed(), as: UTF8.self).lowercased())
    }

    /// The value of the level's key in a JSON object, as text or as a number; members of objects within it do
    /// not count.
    private static func json(_ line: [UInt8]) -> LogLevel? {
        var scanner = JSONScanner(line.prefix(jsonBytesMax))
        while let (key, value) = scanner.nextMember() {
            guard keys.contains(key.lowercased()) else { continue }
            switch value {
            case .text(let text): if let level = LogLevel(name: text) { return level }
            case .number(let number): return LogLevel(number: number)
            case .other: break
            }
        }
        return nil
    }
}

/// Walks the members of one JSON object. It need not be valid: whatever is not understood ends the walk.
private struct JSONScanner {
    enum Value {
        case text(String)
        case number(Int)
        case other
    }

    private let bytes: ArraySlice<UInt8>
    private var index: Int

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        index = bytes.startIndex + 1
    }

    mutating func nextMember() -> (key: String, value: Value)? {
        skip { $0 <= 0x20 || $0 == UInt8(ascii: ",") }
        guard let key = string() else { return nil }
        skip { $0 <= 0x20 || $0 == UInt8(ascii: ":") }
        guard index < bytes.endIndex else { return nil }
        if bytes[index] == UInt8(ascii: "\"") { return string().map { (key, .text($0)) } }
        let start = index
        passValue()
        guard index > start else { return nil }
        let number = Int(String(decoding: bytes[start..<index], as: UTF8.self))
        return (key, number.map { .number($0) } ?? .other)
    }

    private mutating func skip(while isSkipped: (UInt8) -> Bool) {
        while index < bytes.endIndex, isSkipped(bytes[index]) { index += 1 }
    }

    /// The text between quotes, escapes left as they are: no level needs one.
    private mutating func string() -> String? {
        guard index < bytes.endIndex, bytes[index] == UInt8(ascii: "\"") else { return nil }
        let start = index + 1
        index = start
        while index < bytes.endIndex, bytes[index] != UInt8(ascii: "\"") {
            index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1
        }
        guard index < bytes.endIndex else { return nil }
        defer { index += 1 }
        return String(decoding: bytes[start..<index], as: UTF8.self)
    }

    private mutating func passValue() {
        var depth = 0
        while index < bytes.endIndex {
            switch bytes[index] {
            case UInt8(ascii: "\""):
                guard string() != nil else { return }
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                if depth == 0 { return }
                depth -= 1
            case UInt8(ascii: ",") where depth == 0: return
            default: break
            }
            index += 1
        }
    }
}
