import HummingbirdCore
import Logging
import NIOCore
import NIOSSL
import Synchronization

/// HTTP on a connection that was looked at first: not too many of one address, and TLS where that is set up.
struct GuardedChannel: ServerChildChannel {
    let base: HTTP1Channel
    let connections: ConnectionCounts
    /// nil: in the clear.
    let tls: TLSKeeper?

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<HTTP1Channel.Value> {
        let peer = Peer(channel)
        // This host's own programs share its loopback address.
        let isBounded = peer.address != nil && !peer.isLoopback
        guard connections.open(peer.key, isBounded: isBounded) else {
            return channel.eventLoop.makeFailedFuture(TooManyConnections())
        }
        channel.closeFuture.whenComplete { [connections] _ in connections.close(peer.key) }
        let (base, tls) = (base, tls)
        return channel.eventLoop.makeCompletedFuture {
            guard let tls else { return }
            try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls.context()))
        }.flatMap { base.setup(channel: channel, logger: logger) }
    }

    func handle(value: HTTP1Channel.Value, logger: Logger) async {
        await base.handle(value: value, logger: logger)
    }

    private struct TooManyConnections: Error {}
}

/// How many connections each address has.
final class ConnectionCounts: Sendable {
    private let counts = Mutex<[String: Int]>([:])

    /// False: it has enough.
    func open(_ key: String, isBounded: Bool) -> Bool {
        counts.withLock { counts in
            guard !isBounded || counts[key, default: 0] < StatusLimits.connectionsPerAddressMax else {
                return false
            }
            counts[key, default: 0] += 1
            return true
        }
    }

    var total: Int { counts.withLock { $0.values.reduce(0, +) } }

    func close(_ key: String) {
        counts.withLock { counts in
            let left = counts[key, default: 1] - 1
            counts[key] = left > 0 ? left : nil
        }
    }
}
