import AsyncHTTPClient
import Glibc
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
        if let file = target.caFile, access(file, R_OK) != 0 {
            return .refused("caFile \(file) cannot be read: \(String(cString: strerror(errno)))")
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
            return .later("it cannot be reached: \(words(of: error))")
        }
    }

    /// What a library says, for people.
    private func words(of error: any Error) -> String {
        let text = "\(error)"
        let known = [
            ("ECONNREFUSED", "the connection is refused"), ("onnection refused", "the connection is refused"),
            ("onnection reset", "the connection was reset"),
            ("CERTIFICATE_VERIFY_FAILED", "its certificate is not trusted; see caFile"),
            ("unableToValidateCertificate", "its certificate is not trusted; see caFile"),
            ("failedToValidateHostname", "its certificate is of another name"),
            ("noSuchFilesystemObject", "there is no such file of certificates; see caFile"),
            ("deadlineExceeded", "it does not answer within \(limits.requestTime)"),
            ("connectTimeout", "it does not answer"), ("dns", "its name cannot be resolved"),
            ("remoteConnectionClosed", "it closed the connection without an answer"),
        ]
        return known.first { text.contains($0.0) }?.1 ?? String(text.prefix(NotifyLimits.wordsMax))
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
