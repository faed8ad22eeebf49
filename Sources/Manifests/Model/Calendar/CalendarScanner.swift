/// Walks over the bytes of an expression, and knows where it is.
struct CalendarScanner {
    let bytes: [UInt8]
    var position: Int
    let end: Int

    init(_ bytes: [UInt8], _ range: Range<Int>) {
        self.bytes = bytes
        position = range.lowerBound
        end = range.upperBound
    }

    /// No expression that anyone means is longer.
    static let bytesMax = 1_024

    static func checkLength(_ bytes: [UInt8]) throws(CalendarSyntaxError) {
        guard bytes.count > bytesMax else { return }
        throw CalendarSyntaxError(
            offset: bytesMax, message: "the expression is longer than \(bytesMax) bytes",
            remedy: "write several Schedules")
    }

    var isAtEnd: Bool { position >= end }
    var next: UInt8? { position < end ? bytes[position] : nil }

    func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

    mutating func take(_ word: String) -> Bool {
        guard bytes[position..<end].starts(with: word.utf8) else { return false }
        position += word.utf8.count
        return true
    }

    /// Digits, as a number; what no field could hold is `Int.max`. nil where there is no digit.
    mutating func takeNumber() -> Int? {
        let start = position
        var value = 0
        while let byte = next, Self.isDigit(byte) {
            position += 1
            value = value > 1_000_000 ? .max : value == .max ? .max : value * 10 + Int(byte - 48)
        }
        return position > start ? value : nil
    }

    /// Letters, as upper case; empty where there is none.
    mutating func takeLetters() -> String {
        let start = position
        while let byte = next, Self.isLetter(byte) { position += 1 }
        return text(start..<position).uppercased()
    }

    static func isDigit(_ byte: UInt8) -> Bool { byte >= 48 && byte <= 57 }
    static func isLetter(_ byte: UInt8) -> Bool { (byte | 32) >= 97 && (byte | 32) <= 122 }
    static func isSpace(_ byte: UInt8) -> Bool { byte == 32 || (byte >= 9 && byte <= 13) }

    /// The parts of a range of bytes between separators; empty ones too unless they are left out.
    static func parts(
        of bytes: [UInt8], in range: Range<Int>, omittingEmpty: Bool = false,
        at isSeparator: (UInt8) -> Bool
    ) -> [Range<Int>] {
        var parts: [Range<Int>] = []
        var start = range.lowerBound
        for index in range where isSeparator(bytes[index]) {
            if !(omittingEmpty && index == start) { parts.append(start..<index) }
            start = index + 1
        }
        if !(omittingEmpty && start == range.upperBound) { parts.append(start..<range.upperBound) }
        return parts
    }
}

/// Names of months and days, by their first three letters or in full.
enum CalendarNames {
    static let months = [
        "JANUARY", "FEBRUARY", "MARCH", "APRIL", "MAY", "JUNE", "JULY", "AUGUST", "SEPTEMBER", "OCTOBER",
        "NOVEMBER", "DECEMBER",
    ]
    /// From Sunday, which is 0.
    static let weekdays = ["SUNDAY", "MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY"]

    /// The place of a name, given in upper case, in one of the lists.
    static func index(of word: String, in names: [String]) -> Int? {
        names.firstIndex { $0 == word || (word.utf8.count == 3 && $0.hasPrefix(word)) }
    }

    static func nearest(to word: String, in names: [String]) -> String? {
        // The three letters of what is nearly a name's beginning, or of the name that is nearly written.
        let short = names.map { String($0.prefix(3)) }
        if word.utf8.count > 3, let index = names.firstIndex(where: { $0.hasPrefix(word) }) {
            return short[index]
        }
        if let full = EditDistance.nearest(to: word, among: names), let index = names.firstIndex(of: full) {
            return short[index]
        }
        return EditDistance.nearest(to: word, among: short)
    }
}
