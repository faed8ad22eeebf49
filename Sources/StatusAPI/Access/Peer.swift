import NIOCore

/// Where a connection comes from, and where it arrived.
struct Peer: Sendable, Hashable {
    /// nil on the local socket.
    var address: String?
    /// This host's own address that was connected to.
    var arrivedAt: String?

    static let local = Peer()

    init(address: String? = nil, arrivedAt: String? = nil) {
        self.address = address
        self.arrivedAt = arrivedAt
    }

    init(_ channel: any Channel) {
        address = channel.remoteAddress?.ipAddress.map(Self.plain)
        arrivedAt = channel.localAddress?.ipAddress.map(Self.plain)
    }

    /// From this very host.
    var isLoopback: Bool {
        guard let address else { return false }
        return address == "::1" || address.hasPrefix("127.")
    }

    /// For bounds: whoever has one IPv6 address has a whole network of them.
    var key: String {
        guard let address else { return "the local socket" }
        guard address.contains(":") else { return address }
        let head = address.split(separator: "::", maxSplits: 1, omittingEmptySubsequences: false)[0]
        return head.split(separator: ":").prefix(4).joined(separator: ":") + "::/64"
    }

    /// An IPv4 address as IPv6 writes it is an IPv4 address.
    private static func plain(_ address: String) -> String {
        let lower = address.lowercased()
        return lower.hasPrefix("::ffff:") && lower.contains(".") ? String(lower.dropFirst(7)) : lower
    }
}
