/// What is wrong with bytes that ought to be a key or a signature, in words for people.
package struct SignatureFormatError: Error, Hashable {
    package let message: String

    init(_ message: String) { self.message = message }
}

/// Takes apart what SSH calls its data representation: big-endian numbers, strings behind their length.
/// Every read is checked against the end.
struct SSHFields {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: some Sequence<UInt8>) { rest = ArraySlice(bytes) }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func take(_ count: Int) throws(SignatureFormatError) -> [UInt8] {
        guard count >= 0, count <= rest.count else { throw SignatureFormatError("it ends too early") }
        defer { rest = rest.dropFirst(count) }
        return Array(rest.prefix(count))
    }

    mutating func number() throws(SignatureFormatError) -> UInt32 {
        try take(4).reduce(0) { $0 << 8 | UInt32($1) }
    }

    mutating func string() throws(SignatureFormatError) -> [UInt8] { try take(Int(try number())) }

    mutating func text() throws(SignatureFormatError) -> String {
        guard let text = String(validating: try string(), as: UTF8.self) else {
            throw SignatureFormatError("a name in it is not UTF-8")
        }
        return text
    }

    /// A positive number without its leading zeros, at most `bytesMax` long.
    mutating func positive(bytesMax: Int) throws(SignatureFormatError) -> [UInt8] {
        let written = try string()
        guard let first = written.first, first < 0x80 else {
            throw SignatureFormatError("a number in it is not positive")
        }
        let digits = Array(written.drop { $0 == 0 })
        guard !digits.isEmpty, digits.count <= bytesMax else {
            throw SignatureFormatError("a number in it is out of range")
        }
        return digits
    }

    func end() throws(SignatureFormatError) {
        guard isAtEnd else { throw SignatureFormatError("more follows than belongs to it") }
    }
}

extension [UInt8] {
    /// The same number with zeros before it, `count` bytes in all.
    func padded(to count: Int) -> [UInt8] {
        [UInt8](repeating: 0, count: Swift.max(0, count - self.count)) + self
    }

    mutating func appendString(_ bytes: some Collection<UInt8>) {
        let count = UInt32(bytes.count)
        for shift in [24, 16, 8, 0] as [UInt32] { append(UInt8(truncatingIfNeeded: count >> shift)) }
        append(contentsOf: bytes)
    }
}
