import AsyncHTTPClient
import Glibc
import Manifests
import NIOCore
import NIOHTTP1
import Reconciler

/// One question of an http check.
struct HTTPQuestion: Sendable {
    var port: UInt16
    var path: String
    var options: HTTPProbeOptions?
    /// Absolute; of the options' `tls`.
    var caFile: String?

    var isSecure: Bool { options?.scheme == .https }
}

/// Passes if the answer has the wanted status, and its beginning what is looked for. Redirects are not
/// followed: 3xx is an answer.
final class HTTPProbe: Sendable {
    private let clients = HTTPClients()

    /// The part of a body that is looked at.
    static let bodyBytesMax = 64 << 10

    func check(_ question: HTTPQuestion, timeout: Duration) async -> ProbeOutcome {
        let path = question.path.hasPrefix("/") ? question.path : "/\(question.path)"
        let target = (question.options?.host ?? "") + ":\(question.port)\(path)"
        return await within(timeout) { await self.ask(question, path, target, timeout) }
            ?? .failed("no answer from \(target) within \(timeout)")
    }

    private func ask(
        _ question: HTTPQuestion, _ path: String, _ target: String, _ timeout: Duration
    ) async -> ProbeOutcome {
        let (client, kind) = clients.borrow(for: question)
        defer { clients.giveBack(kind) }
        do {
            let request = Self.request(question, path)
            let response = try await client.execute(request, timeout: .nanoseconds(timeout.nanoseconds))
            let code = Int(response.status.code)
            let detail = "HTTP \(code) from \(target)"
            let isWanted = question.options?.status.map { $0.contains { $0.contains(code) } }
            guard isWanted ?? (200..<400).contains(code) else { return .failed(detail) }
            guard let wanted = question.options?.body else { return .passed(detail) }
            return try await Self.look(at: response.body, for: wanted, detail)
        } catch let error as HTTPClientError where error == .deadlineExceeded || error == .connectTimeout {
            return .failed("no answer from \(target) within \(timeout)")
        } catch {
            return .failed("\(target): \(NetworkWords.text(error))")
        }
    }

    private static func request(_ question: HTTPQuestion, _ path: String) -> HTTPClientRequest {
        let options = question.options
        let name = (question.isSecure ? options?.tls?.serverName : nil) ?? options?.host ?? "127.0.0.1"
        let authority = name.contains(":") ? "[\(name)]" : name
        let scheme = question.isSecure ? "https" : "http"
        var request = HTTPClientRequest(url: "\(scheme)://\(authority):\(question.port)\(path)")
        request.method = options?.method == .head ? .HEAD : .GET
        request.headers.add(name: "User-Agent", value: "plumb-probe")
        for (name, value) in options?.headers ?? [:] {
            request.headers.replaceOrAdd(name: name, value: value)
        }
        // A kept connection would answer for a server that no longer accepts.
        request.headers.replaceOrAdd(name: "Connection", value: "close")
        return request
    }

    private static func look(
        at body: HTTPClientResponse.Body, for wanted: BodyMatch, _ detail: String
    ) async throws -> ProbeOutcome {
        var bytes: [UInt8] = []
        for try await part in body {
            bytes += part.readableBytesView.prefix(bodyBytesMax - bytes.count)
            if bytes.count >= bodyBytesMax { break }
        }
        let text = String(decoding: bytes, as: UTF8.self)
        if let part = wanted.contains, !text.contains(part) {
            return .failed("\(detail): its body does not contain '\(part)'")
        }
        if let pattern = wanted.matches {
            guard let compiled = ExtendedPattern(pattern), compiled.matches(text) else {
                return .failed("\(detail): its body does not match '\(pattern)'")
            }
        }
        return .passed(detail)
    }

    func shutdown() async { await clients.shutdown() }
}

/// What `body` returns, or nil where it is not done in time; it is cancelled then.
func within<T: Sendable>(_ time: Duration, _ body: @escaping @Sendable () async -> T) async -> T? {
    await withTaskGroup(of: T?.self) { group in
        group.addTask { await body() }
        group.addTask {
            try? await Task.sleep(for: time)
            return nil
        }
        let first = await group.next() ?? nil
        group.cancelAll()
        return first
    }
}
