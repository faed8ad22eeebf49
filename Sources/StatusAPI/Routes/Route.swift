import Reconciler

/// What can be asked for, with everything about it: dispatch, refusals and /openapi.json follow from it. The
/// table of all routes is `Route.all`.
struct Route: Sendable {
    /// Who may ask: everybody who reaches the endpoint, or only those who reach the local socket.
    enum Audience: Sendable { case everybody, localSocket }

    /// What an answer is made of.
    enum Produced: Sendable {
        /// One line of JSON; its schema is made of the type.
        case json(any (Decodable & Sendable).Type)
        /// Something else, with its media type.
        case text(String)
    }

    /// `/v1/instances/{name}`.
    var template: String
    var audience: Audience = .everybody
    var scope: Scope = .status
    /// One line, in the imperative.
    var summary: String = ""
    /// The query parameters that it takes, beside `pretty`, and the variable segments of the path.
    var parameters: [Parameter] = []
    var produces: Produced = .text("application/json")
    /// What else than a problem it may answer, by status.
    var otherwise: [Int: Produced] = [:]
    /// False: pages and their assets, of which /openapi.json does not tell.
    var isDocumented = true
    var answer: @Sendable (RouteRequest) async throws -> Payload

    /// A route of the local socket is there for tokens too where there is a scope for it.
    func isThere(for admission: Admission, isLocal: Bool) -> Bool {
        isLocal || audience == .everybody || (scope == .logs && admission.scopes.contains(.logs))
    }

    /// The values of the variable segments by their names; nil: the path is another route's.
    func match(_ path: [Substring]) -> [Substring: String]? {
        let pattern = template == "/" ? [""] : template.split(separator: "/")
        guard pattern.count == path.count else { return nil }
        var values: [Substring: String] = [:]
        for (expected, actual) in zip(pattern, path) {
            if expected.hasPrefix("{") {
                values[expected.dropFirst().dropLast()] = PercentCoding.decode(actual)
            } else if expected != actual {
                return nil
            }
        }
        return values
    }
}

/// A request as its route sees it.
struct RouteRequest: Sendable {
    var source: any StatusSource
    /// The path's variable segments.
    var segments: [Substring: String]
    var query: QueryParameters
    /// It came over the local socket.
    var isLocal = false
    /// What whoever asks is allowed.
    var scopes: Set<Scope> = [.open]
    /// They asked with a token.
    var isKnown = false
    /// Who asks, for bounds: a token's name, or an address.
    var client = ""
    var lastEventID: String?
    var accept: String?
    var serving: Serving?
    /// Whether who asks may still see what has such scopes.
    var isStillAdmitted: @Sendable (Set<Scope>) -> Bool = { _ in true }

    /// The segment `{name}`; "" where the route has none.
    var name: String { segments["name"] ?? "" }

    /// The agent's state; a loop that does not answer is a problem of its own.
    func state() async throws -> AgentState {
        let source = source
        return try await answered { await source.state() }
    }
}

/// An answer before it has headers.
struct Payload: Sendable {
    var status = 200
    var contentType = "application/json"
    var bytes: [UInt8]
    /// nil: nobody may keep it.
    var etag: String?
    /// Comes in place of the bytes, and goes on.
    var stream: StreamSession?
}

/// Thrown by a route that has something else to say.
struct Refusal: Error, Sendable {
    var problem: ProblemDocument
    /// The methods for `Allow`.
    var allow: String?
    /// What comes behind the request is not worth reading.
    var closes = false
    /// Seconds, for `Retry-After`.
    var retryAfter: Int?
    /// For `WWW-Authenticate`.
    var challenge: String?
}
