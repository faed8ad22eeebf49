import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle

/// Listens for a forge that says that something was pushed. It knows nothing of the agent but one closure.
package final class WebhookServer: Service {
    private let listen: String
    private let responder: WebhookResponder
    private let connectionMax: Duration
    private let onListening: (@Sendable (Int) -> Void)?

    /// - Parameters:
    ///   - listen: a numeric address with a port, `0.0.0.0:7421`. Not only loopback: forges are elsewhere.
    ///   - secret: asked for each request; nil where it cannot be read.
    ///   - connectionMax: how long one connection may last, busy or not.
    ///   - onListening: called once, with the port.
    package init(
        listen: String, secret: @escaping @Sendable () -> [UInt8]?, look: @escaping @Sendable () -> Void,
        connectionMax: Duration = WebhookLimits.connectionMax,
        onListening: (@Sendable (Int) -> Void)? = nil
    ) {
        self.connectionMax = connectionMax
        self.listen = listen
        self.onListening = onListening
        responder = WebhookResponder(secret: secret, look: look)
    }

    package var counts: WebhookCounts { responder.counts }

    /// To be called once. Throws a `StatusServerError` where it cannot listen.
    package func run() async throws {
        guard let colon = listen.lastIndex(of: ":"), let port = UInt16(listen[listen.index(after: colon)...])
        else {
            throw StatusServerError.badAddress(listen)
        }
        let host = listen[..<colon].filter { $0 != "[" && $0 != "]" }
        let logger = Logger(label: "webhook") { _ in SwiftLogNoOpLogHandler() }
        let (responder, onListening) = (responder, onListening)
        let lifetime = TimeAmount.nanoseconds(Int64(connectionMax / .nanoseconds(1)))
        let channel = HTTP1Channel(
            responder: { request, writer, _ in
                let answer = await responder.answer(request)
                try await writer.write(response: answer.head, body: answer.body)
            },
            configuration: .init(
                additionalChannelHandlers: [ConnectionLifetime(lifetime)],
                idleTimeout: TimeAmount.nanoseconds(Int64(WebhookLimits.idleMax / .nanoseconds(1))),
                httpDecoderConfiguration: .init(
                    maxHeaderFieldSize: StatusLimits.headerFieldBytesMax,
                    maxHeaderListSize: StatusLimits.headerBytesMax,
                    maxHeaderFieldCount: StatusLimits.headersMax)))
        let member = ServerGroup.Member(place: listen) { _ in
            Server(
                childChannelSetup: GuardedChannel(base: channel, connections: ConnectionCounts(), tls: nil),
                configuration: ServerConfiguration(
                    address: .hostname(String(host), port: Int(port)),
                    availableConnectionsDelegate: MaximumAvailableConnections(
                        WebhookLimits.connectionsMax, logger: logger)),
                onServerRunning: { onListening?($0.localAddress?.port ?? Int(port)) },
                eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: logger)
        }
        try await ServerGroup(members: [member]).run()
    }
}
