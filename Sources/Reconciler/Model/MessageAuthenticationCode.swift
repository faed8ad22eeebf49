/// HMAC-SHA256 as RFC 2104 defines it, over bytes that come in parts.
package struct MessageAuthenticationCode {
    private var inner = SHA256()
    private var outer = SHA256()
    private static let blockBytes = 64

    package init(key: [UInt8]) {
        var key = key.count > Self.blockBytes ? Self.bytes(SHA256.hex(key)) : key
        key += [UInt8](repeating: 0, count: Self.blockBytes - key.count)
        inner.update(key.map { $0 ^ 0x36 })
        outer.update(key.map { $0 ^ 0x5c })
    }

    package mutating func update(_ bytes: [UInt8]) { inner.update(bytes) }

    /// 64 hexadecimal digits. The value is of no more use after it.
    package mutating func finish() -> String {
        outer.update(Self.bytes(inner.finish()))
        return outer.finish()
    }

    private static func bytes(_ hex: String) -> [UInt8] {
        let digits = hex.utf8.map {
            $0 < UInt8(ascii: "a") ? $0 - UInt8(ascii: "0") : $0 - UInt8(ascii: "a") + 10
        }
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }
}
