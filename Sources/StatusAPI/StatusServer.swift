import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import Synchronization

/// Where it listens, once it does.
package struct Listening: Sendable, Hashable {
    /// `127.0.0.1:7420`, with the port that was given where 0 was asked for.
    package var address: String
    package var port: Int
    package var socket: String?
}

/// Serves the status on an address and on a local socket until its task is cancelled or its service
/// group shuts down. It keeps no state, runs no timer, and sleeps while nobody asks.
package final class StatusServer: Service {
    private let configuration: StatusConfiguration
    private let source: any StatusSource
    private let onListening: (@Sendable (Listening) -> Void)?
    private let say: @Sendable (String) -> Void
    private let times: ServerTimes
    private let tokens: TokenKeeper?
    let serving: Serving

    var streams: Broadcaster { serving.streams }
    var connections: ConnectionCounts { serving.connections }

    /// - Parameters:
    ///   - tokens: those in force, where they can change; nil: those of the configuration.
    ///   - say: told what an operator should know: that another certificate is in force, or why not.
    ///   - onListening: called once, when both listen.
    package convenience init(
        configuration: StatusConfiguration, source: any StatusSource, tokens: TokenKeeper? = nil,
        say: @escaping @Sendable (String) -> Void = { _ in },
        onListening: (@Sendable (Listening) -> Void)? = nil
    ) {
        self.init(
            configuration: configuration, source: source, streaming: StreamSettings(), tokens: tokens,
            say: say, onListening: onListening)
    }

    init(
        configuration: StatusConfiguration, source: any StatusSource, streaming: StreamSettings,
        times: ServerTimes = ServerTimes(), tokens: TokenKeeper? = nil,
        say: @escaping @Sendable (String) -> Void = { _ in },
        onListening: (@Sendable (Listening) -> Void)? = nil
    ) {
        self.say = say
        self.times = times
        self.tokens = tokens
        self.configuration = configuration
        self.source = source
        self.onListening = onListening
        serving = Serving(streams: Broadcaster(source: source, settings: streaming))
    }

    /// Something may be different: whoever watches is told. To be called after each turn of the loop; it
    /// costs nothing where nobody watches.
    package func turned() { streams.turned() }

    /// What can be refused before anything is begun.
    package static func check(_ configuration: StatusConfiguration) throws(StatusServerError) {
        let address = try ListenAddress(configuration.listen)
        _ = try refuseOpenDoors(configuration, address) { _ in }
    }

    /// To be called once. Throws a `StatusServerError` where it cannot listen; both listen, or none.
    package func run() async throws {
        let address = try ListenAddress(configuration.listen)
        let tls = try Self.refuseOpenDoors(configuration, address, say)
        serving.use(tls)
        let local = try configuration.socket.map { path throws(StatusServerError) in try LocalSocket(path) }
        let listeners = Listeners(address: address, socket: configuration.socket, onListening: onListening)
        var servers = [
            ServerGroup.Member(
                place: configuration.listen,
                server: server(.hostname(address.host, port: address.port), isLocal: false, tls: tls) {
                    channel, _ in
                    listeners.opened(port: channel.localAddress?.port ?? address.port)
                })
        ]
        if let local {
            servers.append(
                ServerGroup.Member(
                    place: local.path,
                    server: server(.unixDomainSocket(path: local.bindPath), isLocal: true) { _, fail in
                        do throws(StatusServerError) {
                            try local.publish()
                            listeners.openedSocket()
                        } catch {
                            fail(error)
                        }
                    }))
        }
        defer {
            local?.removeUnpublished()
            if listeners.isSocketOpen { local?.remove() }
        }
        let streams = streams
        try await ServerGroup(members: servers, onStop: { streams.end() }).run()
    }

    /// Whoever is not on this host shows a token, and not in the clear.
    private static func refuseOpenDoors(
        _ configuration: StatusConfiguration, _ address: ListenAddress,
        _ say: @escaping @Sendable (String) -> Void
    ) throws(StatusServerError) -> TLSKeeper? {
        if !address.isLoopback {
            guard !configuration.access.tokens.isEmpty else { throw .notLoopback(configuration.listen) }
            guard configuration.tls != nil || configuration.allowsClear else {
                throw .inTheClear(configuration.listen)
            }
        }
        guard let files = configuration.tls else { return nil }
        do {
            return try TLSKeeper(files, say: say)
        } catch {
            throw .certificate(error)
        }
    }

    private func server(
        _ address: BindAddress, isLocal: Bool, tls: TLSKeeper? = nil,
        onRunning: @escaping @Sendable (any Channel, @Sendable (StatusServerError) -> Void) -> Void
    ) -> ServerGroup.Maker {
        let logger = Logger(label: "status") { _ in SwiftLogNoOpLogHandler() }
        let channel = HTTP1Channel(
            responder: respond(
                Responder(
                    source: source, access: isLocal ? nil : Access(configuration.access, tokens),
                    serving: serving)),
            configuration: .init(
                idleTimeout: TimeAmount.nanoseconds(Int64(times.idle / .nanoseconds(1))),
                httpDecoderConfiguration: .init(
                    maxHeaderFieldSize: StatusLimits.headerFieldBytesMax,
                    maxHeaderListSize: StatusLimits.headerBytesMax,
                    maxHeaderFieldCount: StatusLimits.headersMax)))
        let available = MaximumAvailableConnections(StatusLimits.connectionsMax, logger: logger)
        return { [connections = serving.connections] fail in
            Server(
                childChannelSetup: GuardedChannel(base: channel, connections: connections, tls: tls),
                configuration: ServerConfiguration(
                    address: address, availableConnectionsDelegate: available),
                onServerRunning: { onRunning($0, fail) },
                eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: logger)
        }
    }

    private func respond(_ responder: Responder) -> HTTPChannelHandler.Responder {
        { [times, serving] request, writer, channel in
            let begun = ContinuousClock.now
            let answer = await responder.answer(request, from: Peer(channel))
            serving.answered(
                path: request.uri.path, code: answer.response.status.code, after: .now - begun)
            if let (session, opening) = answer.stream {
                return try await session.run(opening, answer.response.head, request, writer, channel)
            }
            let late = channel.eventLoop.scheduleTask(in: TimeAmount(times.write)) {
                channel.close(mode: .all, promise: nil)
            }
            defer { late.cancel() }
            try await writer.write(response: answer.response.head, body: answer.response.body)
            guard answer.closes else { return }
            channel.close(mode: .output, promise: nil)
            channel.eventLoop.scheduleTask(in: TimeAmount(times.linger)) {
                channel.close(mode: .all, promise: nil)
            }
        }
    }
}

/// Which of the two are open; tells once that both are.
private final class Listeners: Sendable {
    private let address: ListenAddress
    private let socket: String?
    private let onListening: (@Sendable (Listening) -> Void)?
    private let state: Mutex<(port: Int?, isSocketOpen: Bool)>

    init(address: ListenAddress, socket: String?, onListening: (@Sendable (Listening) -> Void)?) {
        self.address = address
        self.socket = socket
        self.onListening = onListening
        state = Mutex((nil, false))
    }

    var isSocketOpen: Bool { state.withLock { $0.isSocketOpen } }

    func opened(port: Int) { note { $0.port = port } }

    func openedSocket() { note { $0.isSocketOpen = true } }

    private func note(_ change: (inout (port: Int?, isSocketOpen: Bool)) -> Void) {
        let port = state.withLock { state -> Int? in
            change(&state)
            return state.isSocketOpen || socket == nil ? state.port : nil
        }
        guard let port else { return }
        onListening?(Listening(address: address.text(port: port), port: port, socket: socket))
    }
}
