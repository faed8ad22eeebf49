import Reconciler

/// What somebody shows to be let in. Only its hash is known here, and it says nothing of the token.
package struct AccessToken: Sendable, Hashable {
    package var name: String
    /// SHA-256 of the token's text: 64 hexadecimal digits in lower case.
    package var hash: String
    package var scopes: Set<Scope>

    package init(name: String, hash: String, scopes: Set<Scope>) {
        self.name = name
        self.hash = hash
        self.scopes = scopes
    }

    /// So that one that was published by mistake is found by whoever looks for such.
    package static let prefix = "plumb_"
    /// 258 bits cannot be guessed, so that one round of SHA-256 is enough.
    private static let secretDigits = 43
    /// A longer one is no token of ours, and is not hashed.
    static let bytesMax = 256

    /// A new one, of the kernel's randomness.
    package static func make() -> String {
        var chance = SystemRandomNumberGenerator()
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
        let secret = (0..<secretDigits).map { _ in digits[Int(chance.next() >> 58)] }
        return prefix + String(secret)
    }

    package static func hash(_ token: String) -> String { SHA256.hex(Array(token.utf8)) }
}

/// What a request shows.
enum ShownToken: Sendable {
    case none
    case bearer(String)
    case unusable

    init(_ header: String?) {
        guard let header else {
            self = .none
            return
        }
        let parts = header.split(separator: " ", omittingEmptySubsequences: true)
        guard parts.count == 2, parts[0].lowercased() == "bearer",
            parts[1].utf8.count <= AccessToken.bytesMax
        else {
            self = .unusable
            return
        }
        self = .bearer(String(parts[1]))
    }
}

extension [AccessToken] {
    /// The one that was shown. Every one of them is compared, and all of it, so that the time that it takes
    /// tells nothing.
    func find(_ text: String) -> AccessToken? {
        let shown = AccessToken.hash(text)
        var found: AccessToken?
        for token in self where Self.isEqual(token.hash, shown) { found = token }
        return found
    }

    private static func isEqual(_ a: String, _ b: String) -> Bool {
        guard a.utf8.count == b.utf8.count else { return false }
        return zip(a.utf8, b.utf8).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
