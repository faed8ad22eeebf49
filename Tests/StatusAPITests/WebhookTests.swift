import Glibc
import HTTPTypes
import HummingbirdCore
import NIOCore
import Reconciler
import Synchronization
import Testing

@testable import StatusAPI

/// Who may say "look now", and that nothing else can be said.
@Suite struct WebhookTests {
    private final class Looks: Sendable {
        private let count = Mutex(0)
        var value: Int { count.withLock { $0 } }
        func add() { count.withLock { $0 += 1 } }
    }

    private let looks = Looks()
    private let responder: WebhookResponder
    private static let secret = Array("hook s3cret".utf8)
    private static let body = #"{"ref":"refs/heads/main"}"#

    init() {
        responder = WebhookResponder(secret: { Self.secret }, look: looks.add)
    }

    private static func signature(_ body: String = body, _ key: [UInt8] = secret) -> String {
        var code = MessageAuthenticationCode(key: key)
        code.update(Array(body.utf8))
        return code.finish()
    }

    private func post(
        _ headers: [(String, String)], body: String = body, method: HTTPRequest.Method = .post,
        to: WebhookResponder? = nil
    ) async throws -> Int {
        var fields = HTTPFields()
        for (name, value) in headers { fields[try #require(HTTPField.Name(name))] = value }
        let head = HTTPRequest(
            method: method, scheme: "http", authority: "h", path: "/", headerFields: fields)
        let request = Request(head: head, body: RequestBody(buffer: ByteBuffer(string: body)))
        return await (to ?? responder).answer(request).status.code
    }

    @Test("HMAC as RFC 4231 has it") func vectors() {
        var first = MessageAuthenticationCode(key: [UInt8](repeating: 0x0b, count: 20))
        first.update(Array("Hi ".utf8))
        first.update(Array("There".utf8))
        #expect(first.finish() == "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7")
        var long = MessageAuthenticationCode(key: [UInt8](repeating: 0xaa, count: 131))
        long.update(Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8))
        #expect(long.finish() == "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54")
    }

    @Test("GitHub, Gitea, Forgejo, GitLab and a plain HMAC are believed") func right() async throws {
        let proof = Self.signature()
        let hooks = [
            [("X-Hub-Signature-256", "sha256=\(proof)")], [("X-Gitea-Signature", proof)],
            [("X-Forgejo-Signature", proof)], [("X-Signature-256", "sha256=\(proof.uppercased())")],
            [("X-Gitlab-Token", "hook s3cret")],
            [("X-Gitea-Signature", proof), ("X-Hub-Signature-256", "sha256=\(proof)")],
        ]
        for (number, headers) in hooks.enumerated() {
            #expect(try await post(headers) == 202, "\(headers)")
            #expect(looks.value == number + 1)
        }
        // What comes a second time asks for one more look, and for nothing else.
        #expect(try await post(hooks[0]) == 202)
        #expect(responder.counts == WebhookCounts(accepted: 7))
    }

    @Test("what is not signed, or signed wrongly, is 401 and counted; nothing is looked at") func wrong()
        async throws
    {
        let other = Self.signature(Self.body, Array("another".utf8))
        let hooks = [
            [], [("X-Hub-Signature-256", "sha256=\(other)")], [("X-Hub-Signature-256", "sha256=")],
            [("X-Gitea-Signature", Self.signature("another body"))], [("X-Gitlab-Token", "hook s3cre")],
            [("X-Gitlab-Token", "")],
            // One right proof does not make up for a wrong one.
            [("X-Gitea-Signature", Self.signature()), ("X-Gitlab-Token", "wrong")],
        ]
        for headers in hooks { #expect(try await post(headers) == 401, "\(headers)") }
        #expect(looks.value == 0)
        #expect(responder.counts == WebhookCounts(unsigned: 7))
    }

    @Test("other methods, large bodies, a secret that cannot be read, and too many at once") func bounds()
        async throws
    {
        let headers = [("X-Gitlab-Token", "hook s3cret")]
        #expect(try await post(headers, method: .get) == 405)
        let large = String(repeating: "x", count: WebhookLimits.bodyBytesMax + 1)
        #expect(try await post(headers, body: large) == 413)
        let blind = WebhookResponder(secret: { nil }, look: looks.add)
        #expect(try await post(headers, to: blind) == 503)
        #expect(looks.value == 0)
        var codes: [Int] = []
        for _ in 0..<WebhookLimits.burstMax * 2 { codes.append(try await post(headers)) }
        #expect(codes.contains(429))
        #expect(looks.value < codes.count)
    }

    @Test("whoever has no secret cannot mute the forge, by small requests or large ones") func muting()
        async throws
    {
        let right = [("X-Hub-Signature-256", "sha256=\(Self.signature())")]
        for _ in 0..<WebhookLimits.burstMax * 5 {
            #expect(try await post([]) == 401)
            #expect(try await post([("X-Gitea-Signature", Self.signature("x"))]) == 401)
        }
        let large = String(repeating: "x", count: WebhookLimits.smallBodyBytes + 1)
        var codes: Set<Int> = []
        for _ in 0..<WebhookLimits.burstMax * 2 {
            codes.insert(try await post([("X-Gitea-Signature", Self.signature())], body: large))
        }
        #expect(codes == [401, 429], "large ones are not all looked at")
        #expect(try await post(right) == 202)
        #expect(looks.value == 1)
    }

    private static func connect(_ port: Int) throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port).bigEndian)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw ClientError(message: "errno \(errno)") }
        return descriptor
    }

    @Test("a connection that sends a byte now and then keeps its place for a while, and not for good")
    func drip() async throws {
        let ports = AsyncStream.makeStream(of: Int.self)
        let server = WebhookServer(
            listen: "127.0.0.1:0", secret: { Self.secret }, look: {}, connectionMax: .milliseconds(400),
            onListening: { ports.continuation.yield($0) })
        let running = Task { try await server.run() }
        defer { running.cancel() }
        let port = try #require(await ports.stream.first { _ in true })
        let descriptor = try Self.connect(port)
        defer { close(descriptor) }
        let head = "POST / HTTP/1.1\r\nHost: h\r\nX-Signature-256: 00\r\nContent-Length: 999999\r\n\r\n"
        #expect(Glibc.send(descriptor, head, head.utf8.count, Int32(MSG_NOSIGNAL)) > 0)
        let end = ContinuousClock.now + .seconds(60)
        var isEnded = false
        while !isEnded && ContinuousClock.now < end {
            isEnded = Glibc.send(descriptor, "x", 1, Int32(MSG_NOSIGNAL)) < 0
            try await Task.sleep(for: .milliseconds(20))
        }
        #expect(isEnded, "it was never idle, and still it is over")
    }
}
