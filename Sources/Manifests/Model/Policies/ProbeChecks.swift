/// What an http check asks and expects, beyond its port and path.
package struct HTTPProbeOptions: Sendable, Hashable, Codable {
    package enum Scheme: String, Sendable, Hashable, Codable, CaseIterable { case http, https }
    package enum Method: String, Sendable, Hashable, Codable, CaseIterable {
        case get = "GET"
        case head = "HEAD"
    }

    package var scheme: Scheme?
    package var method: Method?
    /// The address that is connected to; nil is 127.0.0.1.
    package var host: String?
    package var headers: [String: String]?
    /// nil: 200 to 399.
    package var status: [StatusRange]?
    package var body: BodyMatch?
    package var tls: ProbeTLS?

    package init(
        scheme: Scheme? = nil, method: Method? = nil, host: String? = nil, headers: [String: String]? = nil,
        status: [StatusRange]? = nil, body: BodyMatch? = nil, tls: ProbeTLS? = nil
    ) {
        self.scheme = scheme
        self.method = method
        self.host = host
        self.headers = headers
        self.status = status
        self.body = body
        self.tls = tls
    }
}

/// `200`, or `200-399`; both ends are within.
package struct StatusRange: Sendable, Hashable, Codable, CustomStringConvertible {
    package var first: Int
    package var last: Int

    /// nil for what is no range of 100 to 599.
    package init?(_ text: String) {
        let parts = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.allSatisfy({ $0.utf8.count == 3 }), let first = Int(parts[0]),
            let last = Int(parts[parts.count - 1]), first <= last, first >= 100, last <= 599
        else { return nil }
        self.first = first
        self.last = last
    }

    package func contains(_ code: Int) -> Bool { first <= code && code <= last }

    package var description: String { first == last ? "\(first)" : "\(first)-\(last)" }
}

/// What the beginning of an answer's body must hold: all that is set.
package struct BodyMatch: Sendable, Hashable, Codable {
    package var contains: String?
    /// A POSIX extended regular expression.
    package var matches: String?

    package init(contains: String? = nil, matches: String? = nil) {
        self.contains = contains
        self.matches = matches
    }
}

/// How a probe trusts the server that it talks to over TLS.
package struct ProbeTLS: Sendable, Hashable, Codable {
    /// nil: it does verify.
    package var verify: Bool?
    /// Certificates in PEM that are trusted instead of the host's: absolute, or relative to the package.
    package var caFile: String?
    /// The name that is asked for, and that the certificate must have; nil: the address.
    package var serverName: String?

    package init(verify: Bool? = nil, caFile: String? = nil, serverName: String? = nil) {
        self.verify = verify
        self.caFile = caFile
        self.serverName = serverName
    }
}

extension Probe.Check {
    /// The endpoint that it asks; nil for one that asks none.
    package var endpoint: String? {
        switch self {
        case .tcp(let port), .http(let port, _, _), .grpc(let port, _, _): port
        case .exec, .heartbeat: nil
        }
    }

    /// As the declaration calls it.
    package var kind: String {
        switch self {
        case .tcp: "tcp"
        case .http: "http"
        case .exec: "exec"
        case .grpc: "grpc"
        case .heartbeat: "heartbeat"
        }
    }
}

extension Probe {
    /// How long a liveness heartbeat may be away where nothing else is declared.
    package static let watchdogUsual = Duration.seconds(30)
}
