import CLinux
import Glibc

/// Whom a held socket of TCP reaches. It is not of its run's control group, so the filters of
/// `network: local` do not see it; bound to the loopback interface it needs none. Only who has CAP_NET_RAW
/// can take that back, and no such run has it.
enum SocketReach {
    private static let loopback = "lo"
    private static let nameMax = 16

    static func isLocal(_ raw: Int32) -> Bool {
        var name = [CChar](repeating: 0, count: nameMax)
        var length = socklen_t(nameMax)
        guard getsockopt(raw, SOL_SOCKET, SO_BINDTODEVICE, &name, &length) == 0 else { return false }
        return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            == loopback
    }

    /// False with errno set.
    static func set(_ raw: Int32, isLocal: Bool) -> Bool {
        guard isLocal != Self.isLocal(raw) else { return true }
        let name = isLocal ? loopback : ""
        let isSet = setsockopt(raw, SOL_SOCKET, SO_BINDTODEVICE, name, socklen_t(name.utf8.count)) == 0
        // Who connected before may be of another host.
        if isSet, isLocal { dropWaiting(raw) }
        return isSet
    }

    private static func dropWaiting(_ raw: Int32) {
        let flags = clinux_fcntl(raw, F_GETFL, 0)
        _ = clinux_set_nonblocking(raw, 1)
        for _ in 0..<SOMAXCONN {
            let client = clinux_accept(raw)
            guard client >= 0 else { break }
            close(client)
        }
        if flags & O_NONBLOCK == 0 { _ = clinux_set_nonblocking(raw, 0) }
    }
}
