import Glibc

/// A numeric address to listen on, or localhost.
struct ListenAddress: Sendable, Hashable {
    /// What NIO binds: `127.0.0.1`, `::1`, `0.0.0.0`.
    var host: String
    var port: Int

    init(_ text: String) throws(StatusServerError) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            throw .badAddress(text)
        }
        let host = String(text[..<colon])
        guard !host.isEmpty, host.hasPrefix("[") == host.hasSuffix("]"),
            host.hasPrefix("[") || !host.contains(":"),
            let bound = Self.loopback(host) ?? Self.numeric(host)
        else { throw .badAddress(text) }
        self.host = bound
        self.port = Int(port)
    }

    /// Nobody but this host reaches it.
    var isLoopback: Bool { host == "::1" || Self.loopback(host) != nil }

    func text(port: Int) -> String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// The address behind a host that is this host's own, as a URL or a Host header writes it; nil for any
    /// other.
    static func loopback(_ host: String) -> String? {
        switch host.lowercased() {
        case "localhost": return "127.0.0.1"
        case "[::1]": return "::1"
        default: break
        }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        guard parts.count == 4, parts[0] == 127, !parts.contains(nil) else { return nil }
        return host
    }

    private static func numeric(_ host: String) -> String? {
        var bytes = in6_addr()
        guard host.hasPrefix("[") else { return inet_pton(AF_INET, host, &bytes) == 1 ? host : nil }
        let inner = String(host.dropFirst().dropLast())
        return inet_pton(AF_INET6, inner, &bytes) == 1 ? inner : nil
    }
}
