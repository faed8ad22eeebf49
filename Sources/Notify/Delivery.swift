import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOSSL
import Reconciler

/// Sends one request, and says what came of it.
struct Delivery: Sendable {
    let target: ForgeTarget
    let node: String
    let client: HTTPClient
    let limits: NotifyLimits

    enum Outcome: Sendable, Equatable {
        case sent
        /// It may work later.
        case later(String)
        /// It will not work before somebody mends something.
        case refused(String)
    }

    static func client(for target: ForgeTarget) throws -> HTTPClient {
        var configuration = HTTPClient.Configuration()
        // A token must not follow a redirection to somebody else.
        configuration.redirectConfiguration = .disallow
        configuration.timeout.connect = .seconds(10)
        if let file = target.caFile {
            var tls = TLSConfiguration.makeClientConfiguration()
            tls.trustRoots = .file(file)
            configuration.tlsConfiguration = tls
        }
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    func send(_ report: CommitReport) async -> Outcome {
        let request: ForgeRequest
        do {
            request = try ForgeRequest(
                report, to: target, node: node, token: try target.tokenFile.map(SecretText.read),
                secret: try target.secretFile.map(SecretText.read))
        } catch let problem as SecretText.Problem {
            return .refused(problem.message)
        } catch {
            return .refused("the request cannot be made: \(error)")
        }
        var sending = HTTPClientRequest(url: request.url)
        sending.method = .POST
        for (name, value) in request.headers { sending.headers.add(name: name, value: value) }
        sending.body = .bytes(ByteBuffer(string: request.body))
        do {
            let answer = try await client.execute(
                sending, timeout: .nanoseconds(Int64(limits.requestTime / .nanoseconds(1))))
            _ = try? await answer.body.collect(upTo: NotifyLimits.answerBytesMax)
            return outcome(of: Int(answer.status.code))
        } catch {
            return .later("it cannot be reached: \(error)")
        }
    }

    private func outcome(of code: Int) -> Outcome {
        switch code {
        case 200..<300: .sent
        case 408, 425, 429, 500...: .later("it answers \(code)")
        case 401, 403:
            .refused("it answers \(code): the token may not set a commit's status there")
        case 404, 422:
            .refused(
                "it answers \(code): it knows no such repository or commit, or the token does not")
        default: .refused("it answers \(code)")
        }
    }
}
