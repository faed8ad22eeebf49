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
        /// Looks that were rightly asked for.
        var looks = Bucket()
        /// Bodies that take long to check, and may be anybody's.
        var large = Bucket()
    }

    /// So many at once, filled at so many in a second.
    private struct Bucket {
        private var tokens = Double(WebhookLimits.burstMax)
        private var filledAt = ContinuousClock.now

        mutating func take() -> Bool {
            let now = ContinuousClock.now
            let passed = (now - filledAt) / .seconds(1)
            tokens = min(Double(WebhookLimits.burstMax), tokens + passed * WebhookLimits.perSecond)
            filledAt = now
            guard tokens >= 1 else { return false }
            tokens -= 1
            return true
        }

        mutating func giveBack() { tokens += 1 }
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
        guard request.method == .post else { return refuse(405, "a webhook is a POST") }
        let length = request.headers[.contentLength].flatMap { Int($0) } ?? 0
        guard length <= WebhookLimits.bodyBytesMax else { return refuse(413, "the body is too large") }
        let signature = WebhookSignature(request.headers)
        guard signature.isThere else { return deny("the request is not signed") }
        guard let secret = secret() else { return refuse(503, "the secret of this webhook cannot be read") }
        let body: CheckedBody
        do throws(Refusal) {
            body = try await check(request, length: length, secret: secret)
        } catch {
            return refuse(error.status, error.text)
        }
        guard signature.isRight(digest: body.digest, secret: secret) else {
            return deny("the signature is wrong")
        }
        let mayLook = state.withLock { state in
            if body.isLarge { state.large.giveBack() }
            return state.looks.take()
        }
        // Whoever used the bucket up was signed, too: a look that was rightly asked for has just been made.
        guard mayLook else { return refuse(429, "too many requests: this one is not needed") }
        state.withLock { $0.counts.accepted += 1 }
        // To ask twice for the same look is to ask once, so an old request that comes again does no harm.
        look()
        return response(202, "looking")
    }

    private struct CheckedBody {
        var digest: String
        var isLarge: Bool
    }

    private struct Refusal: Error {
        var status: Int
        var text: String
    }

    /// A small body is always looked at, so that nobody without the secret can mute whoever has it. Of large
    /// ones, which cost more than the request itself, no more than the bucket has.
    private func check(
        _ request: Request, length: Int, secret: [UInt8]
    ) async throws(Refusal) -> CheckedBody {
        var code = MessageAuthenticationCode(key: secret)
        var (bytes, isLarge) = (0, false)
        if length > WebhookLimits.smallBodyBytes {
            try takeLarge()
            isLarge = true
        }
        do {
            for try await part in request.body {
                bytes += part.readableBytes
                guard bytes <= WebhookLimits.bodyBytesMax else {
                    throw Refusal(status: 413, text: "the body is too large")
                }
                if !isLarge, bytes > WebhookLimits.smallBodyBytes {
                    try takeLarge()
                    isLarge = true
                }
                code.update(Array(part.readableBytesView))
            }
        } catch let refusal as Refusal {
            throw refusal
        } catch {
            throw Refusal(status: 400, text: "the body broke off")
        }
        return CheckedBody(digest: code.finish(), isLarge: isLarge)
    }

    private func takeLarge() throws(Refusal) {
        guard state.withLock({ $0.large.take() }) else {
            throw Refusal(status: 429, text: "too many large requests: this one was not looked at")
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
    /// A push of some twenty commits; its signature is checked whoever else asks.
    static let smallBodyBytes = 128 << 10
    static let connectionsMax = 32
    static let idleMax = Duration.seconds(15)
    /// A forge delivers a hook within some ten seconds, or gives it up.
    static let connectionMax = Duration.seconds(30)
    static let burstMax = 20
    static let perSecond = 5.0
}
