import HTTPTypes
import HummingbirdCore
import NIOCore
import Reconciler
import Synchronization

/// What the webhook has answered so far.
package struct WebhookCounts: Sendable, Hashable {
    package var accepted = 0
    /// Without a signature, or with a wrong one.
    package var unsigned = 0
    /// Too many, too large, or no hook at all.
    package var refused = 0
}

/// From a request to its answer. All that a right one can do is to call `look`.
final class WebhookResponder: Sendable {
    private struct State {
        var counts = WebhookCounts()
        var tokens = Double(WebhookLimits.burstMax)
        var filledAt = ContinuousClock.now
    }

    private let secret: @Sendable () -> [UInt8]?
    private let look: @Sendable () -> Void
    private let state = Mutex(State())

    init(secret: @escaping @Sendable () -> [UInt8]?, look: @escaping @Sendable () -> Void) {
        self.secret = secret
        self.look = look
    }

    var counts: WebhookCounts { state.withLock { $0.counts } }

    func answer(_ request: Request) async -> Response {
        guard mayAsk() else { return refuse(429, "too many requests: this one is not needed") }
        guard request.method == .post else { return refuse(405, "a webhook is a POST") }
        let length = request.headers[.contentLength].flatMap { Int($0) } ?? 0
        guard length <= WebhookLimits.bodyBytesMax else { return refuse(413, "the body is too large") }
        let signature = WebhookSignature(request.headers)
        guard signature.isThere else { return deny("the request is not signed") }
        guard let secret = secret() else { return refuse(503, "the secret of this webhook cannot be read") }
        var code = MessageAuthenticationCode(key: secret)
        var bytes = 0
        do {
            for try await part in request.body {
                bytes += part.readableBytes
                guard bytes <= WebhookLimits.bodyBytesMax else { return refuse(413, "the body is too large") }
                code.update(Array(part.readableBytesView))
            }
        } catch {
            return refuse(400, "the body broke off")
        }
        guard signature.isRight(digest: code.finish(), secret: secret) else {
            return deny("the signature is wrong")
        }
        state.withLock { $0.counts.accepted += 1 }
        // To ask twice for the same look is to ask once, so an old request that comes again does no harm.
        look()
        return response(202, "looking")
    }

    /// A bucket of so many requests, filled at so many in a second.
    private func mayAsk() -> Bool {
        state.withLock { state in
            let now = ContinuousClock.now
            let passed = (now - state.filledAt) / .seconds(1)
            state.tokens = min(
                Double(WebhookLimits.burstMax), state.tokens + passed * WebhookLimits.perSecond)
            state.filledAt = now
            guard state.tokens >= 1 else { return false }
            state.tokens -= 1
            return true
        }
    }

    private func deny(_ text: String) -> Response {
        state.withLock { $0.counts.unsigned += 1 }
        return response(401, text)
    }

    private func refuse(_ status: Int, _ text: String) -> Response {
        state.withLock { $0.counts.refused += 1 }
        return response(status, text)
    }

    private func response(_ status: Int, _ text: String) -> Response {
        let bytes = Array((text + "\n").utf8)
        return Response(
            status: HTTPResponse.Status(code: status),
            headers: [.contentType: "text/plain; charset=utf-8", .contentLength: String(bytes.count)],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}

enum WebhookLimits {
    /// More than a push of a forge has.
    static let bodyBytesMax = 5 << 20
    static let connectionsMax = 32
    static let idleMax = Duration.seconds(15)
    /// A forge delivers a hook within some ten seconds, or gives it up.
    static let connectionMax = Duration.seconds(30)
    static let burstMax = 20
    static let perSecond = 5.0
}
