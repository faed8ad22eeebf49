import NIOCore
import NIOHTTP2
import NIOTLS

typealias HTTP2Connection = NIOHTTP2Handler.AsyncStreamMultiplexer<Void>

extension ChannelPipeline.SynchronousOperations {
    /// HTTP/2 from here on. What the server begins by itself is of no interest.
    func http2() throws -> HTTP2Connection {
        try configureAsyncHTTP2Pipeline(mode: .client) { $0.eventLoop.makeSucceededVoidFuture() }
    }
}

/// Speaks HTTP/2 once TLS is agreed upon, and says why it is not.
final class HTTP2AfterHandshake: ChannelInboundHandler {
    typealias InboundIn = NIOAny

    /// The server agreed to another protocol.
    struct OtherProtocol: Error, CustomStringConvertible {
        let name: String
        var description: String { "the server speaks \(name) over TLS, which is no gRPC" }
    }

    private var connected: EventLoopPromise<HTTP2Connection>?

    init(_ connected: EventLoopPromise<HTTP2Connection>) { self.connected = connected }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted(let name)? = event as? TLSUserEvent {
            if let name, name != "h2" {
                finish(.failure(OtherProtocol(name: name)))
            } else {
                // At once: the first frames may come with the end of the handshake.
                finish(Result { try context.pipeline.syncOperations.http2() })
            }
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        finish(.failure(error))
        context.fireErrorCaught(error)
    }

    func handlerRemoved(context: ChannelHandlerContext) { finish(.failure(ChannelError.eof)) }

    private func finish(_ result: Result<HTTP2Connection, any Error>) {
        connected?.completeWith(result)
        connected = nil
    }
}
