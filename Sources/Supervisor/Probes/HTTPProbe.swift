import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import Reconciler
import Synchronization

/// Passes if a GET is answered with a status from 200 to 399. Redirects are not followed, bodies not read.
final class HTTPProbe: Sendable {
    /// Made with the first probe: a host without HTTP probes has none of its threads.
    private let client = Mutex<HTTPClient?>(nil)
    private static let headersBytesMax = 64 << 10

    deinit {
        // An agent that is dropped without a shutdown; the client insists on one.
        client.withLock { $0 }?.shutdown { _ in }
    }

    func check(port: UInt16, path: String, timeout: Duration) async -> ProbeOutcome {
        let target = ":\(port)\(path.hasPrefix("/") ? path : "/\(path)")"
        var request = HTTPClientRequest(url: "http://127.0.0.1\(target)")
        request.headers.add(name: "User-Agent", value: "plumb-probe")
        // A kept connection would answer for a server that no longer accepts.
        request.headers.add(name: "Connection", value: "close")
        do {
            let response = try await shared().execute(request, timeout: .nanoseconds(timeout.nanoseconds))
            let code = response.status.code
            let detail = "HTTP \(code) from \(target)"
            return (200..<400).contains(code) ? .passed(detail) : .failed(detail)
        } catch let error as HTTPClientError where error == .deadlineExceeded || error == .connectTimeout {
            return .failed("no answer from \(target) within \(timeout)")
        } catch {
            return .failed("\(target): \(Self.words(error))")
        }
    }

    func shutdown() async {
        let made = client.withLock { client in
            let made = client
            client = nil
            return made
        }
        try? await made?.shutdown()
    }

    private func shared() -> HTTPClient {
        client.withLock { client in
            if let client { return client }
            var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
            configuration.httpVersion = .http1Only
            configuration.networkFrameworkWaitForConnectivity = false
            configuration.connectionPool.retryConnectionEstablishment = false
            let made = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
            client = made
            return made
        }
    }

    private static func words(_ error: any Error) -> String {
        let text = "\(error)"
        if text.contains("ECONNREFUSED") || text.contains("Connection refused") {
            return "connection refused"
        }
        return String(text.prefix(200))
    }
}
