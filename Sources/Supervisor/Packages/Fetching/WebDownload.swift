import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOSSL

/// One download over https, from the address to the last byte. Bounded in time, size and redirections; ends
/// with its task.
struct WebDownload: Sendable {
    let settings: ArtifactSettings
    let url: String

    func run(into file: ArtifactFile) async throws -> ArtifactFile.Progress {
        let client = try client()
        do {
            let progress = try await withDeadline { try await download(client, into: file) }
            try? await client.shutdown()
            return progress
        } catch {
            // It waits for connections that are still being made, and nobody waits for those.
            client.shutdown { _ in }
            throw named(error)
        }
    }

    private struct Late: Error {}
    private struct Refused: Error { var failure: PreparationFailure }

    private func withDeadline(
        _ body: @escaping @Sendable () async throws -> ArtifactFile.Progress
    ) async throws -> ArtifactFile.Progress {
        try await withThrowingTaskGroup(of: ArtifactFile.Progress.self) { group in
            group.addTask(operation: body)
            group.addTask {
                try await Task.sleep(for: settings.timeout)
                throw Late()
            }
            defer { group.cancelAll() }
            guard let first = try await group.next() else { throw Late() }
            return first
        }
    }

    /// One for each download, so that it takes up whom the host trusts now.
    private func client() throws -> HTTPClient {
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        configuration.httpVersion = .http1Only
        configuration.timeout.connect = .seconds(10)
        // Between two pieces; the whole has a deadline of its own.
        configuration.timeout.read = .seconds(60)
        configuration.connectionPool.retryConnectionEstablishment = false
        if let caFile = settings.caFile {
            var tls = TLSConfiguration.makeClientConfiguration()
            do {
                tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(caFile))
            } catch {
                throw PreparationFailure(
                    code: "artifact-ca", message: "\(caFile), artifacts.ca, cannot be read as certificates",
                    remedy: "put certificates in PEM there", isTransient: true)
            }
            configuration.tlsConfiguration = tls
        }
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    private func download(_ client: HTTPClient, into file: ArtifactFile) async throws -> ArtifactFile.Progress
    {
        guard var address = FetchAddress(url) else { throw refuse("artifact-url", "it is no address") }
        for _ in 0...Self.redirectsMax {
            var request = HTTPClientRequest(url: address.text)
            request.headers.add(name: "User-Agent", value: "plumb")
            // Its bytes are what is declared, not what they could be unpacked to on the way.
            request.headers.add(name: "Accept-Encoding", value: "identity")
            if let value = try authorization(for: address) {
                request.headers.add(name: "Authorization", value: value)
            }
            let response = try await client.execute(request, deadline: .now() + .seconds(60))
            guard let next = try redirection(response, from: address) else {
                return try await take(response, into: file)
            }
            address = next
        }
        throw refuse("artifact-redirect", "it is redirected more than \(Self.redirectsMax) times")
    }

    private static let redirectsMax = 5

    private func redirection(
        _ response: HTTPClientResponse, from address: FetchAddress
    ) throws -> FetchAddress? {
        guard [301, 302, 303, 307, 308].contains(response.status.code) else { return nil }
        guard let location = response.headers.first(name: "Location"), let next = address.following(location)
        else { throw refuse("artifact-redirect", "it is redirected to nowhere") }
        guard next.isSecure || (!address.isSecure && next.isLoopback) else {
            throw refuse("artifact-redirect", "it is redirected to http, which nothing protects")
        }
        return next
    }

    private func take(
        _ response: HTTPClientResponse, into file: ArtifactFile
    ) async throws -> ArtifactFile.Progress {
        guard response.status == .ok else {
            throw refuse(
                "artifact-refused",
                "the server answers \(response.status.code) \(response.status.reasonPhrase.printable)")
        }
        let declared = response.headers.first(name: "Content-Length").flatMap { UInt64($0) }
        if let declared, declared > settings.bytesMax { throw ArtifactFile.TooLarge() }
        var progress = ArtifactFile.Progress()
        for try await piece in response.body {
            try Task.checkCancellation()
            try file.append(Array(piece.readableBytesView), to: &progress)
        }
        if let declared, declared != progress.count {
            throw refuse(
                "artifact-incomplete", "\(progress.count) of \(declared) bytes came, then the server hung up")
        }
        return progress
    }

    /// Only to whom the host's settings name, and never in the clear.
    private func authorization(for address: FetchAddress) throws(PreparationFailure) -> String? {
        guard address.isSecure,
            let credential = settings.credentials.first(where: { address.isAt($0.host) })
        else { return nil }
        switch credential.kind {
        case .bearer(let file): return "Bearer " + (try secret(file))
        case .basic(let user, let file):
            return "Basic " + Data("\(user):\(try secret(file))".utf8).base64EncodedString()
        }
    }

    private func secret(_ path: String) throws(PreparationFailure) -> String {
        let slash = path.lastIndex(of: "/") ?? path.startIndex
        let value: String
        do throws(PreparationFailure) {
            value = try SecretDirectory(path: String(path[..<slash])).read(
                file: String(path[path.index(after: slash)...]), for: "artifacts.credentials")
        } catch {
            throw PreparationFailure(
                code: "artifact-credentials", message: error.message, remedy: error.remedy, isTransient: true)
        }
        guard value.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) else {
            throw PreparationFailure(
                code: "artifact-credentials", message: "\(path) holds more than one line of plain text",
                remedy: "put the token alone there", isTransient: true)
        }
        return value
    }

    private func refuse(_ code: String, _ what: String) -> PreparationFailure {
        PreparationFailure(
            code: code, message: "\(url) cannot be fetched: \(what)",
            remedy: "mend the server, the address or artifacts.credentials; it is tried again by itself",
            isTransient: true)
    }

    /// Remedies of probes are no remedies here.
    private static func words(of error: any Error) -> String {
        let text = NetworkWords.text(error)
        guard let hint = text.range(of: " (set tls.") else { return text }
        return text[..<hint.lowerBound] + " (artifacts.ca of this host says whom to trust)"
    }

    private static let silences: [HTTPClientError] = [
        .deadlineExceeded, .connectTimeout, .getConnectionFromPoolTimeout,
    ]

    private func named(_ error: any Error) -> any Error {
        switch error {
        case is PreparationFailure, is SystemError, is ArtifactFile.TooLarge: return error
        case is Late:
            return refuse(
                "artifact-timeout", "it takes longer than \(settings.timeout.components.seconds) s")
        case let error as HTTPClientError where error == .readTimeout:
            return refuse("artifact-timeout", "the server sends nothing any more")
        case let error as HTTPClientError where Self.silences.contains(error):
            return refuse("artifact-timeout", "the server does not answer")
        default: return refuse("artifact-unreachable", Self.words(of: error))
        }
    }
}

/// An address of http or https, taken apart.
struct FetchAddress {
    let text: String
    let isSecure: Bool
    private let host: String
    private let port: Int

    init?(_ text: String) {
        guard let url = URL(string: text), let scheme = url.scheme?.lowercased(), let host = url.host(),
            scheme == "https" || scheme == "http", url.user() == nil
        else { return nil }
        self.text = text
        isSecure = scheme == "https"
        self.host = host.lowercased().trimmingCharacters(in: ["[", "]"])
        port = url.port ?? (isSecure ? 443 : 80)
    }

    var isLoopback: Bool { ["127.0.0.1", "::1", "localhost"].contains(host) }

    /// `host` or `host:port`.
    func isAt(_ place: String) -> Bool {
        let shown = host.contains(":") ? "[\(host)]" : host
        return place == "\(shown):\(port)" || (port == 443 && place == shown)
    }

    func following(_ location: String) -> FetchAddress? {
        guard let base = URL(string: text), let next = URL(string: location, relativeTo: base) else {
            return nil
        }
        return FetchAddress(next.absoluteURL.absoluteString)
    }
}
