import HTTPTypes
import HummingbirdCore
import Synchronization

/// Who asks, and what is allowed.
struct Admission: Sendable, Hashable {
    var scopes: Set<Scope>
    /// A token's name or an address, for bounds.
    var client: String
    /// It came with this one.
    var token: AccessToken?
    /// It came with a token, or over the local socket.
    var isKnown: Bool
    /// From this very host.
    var isLoopback = false

    static let local = Admission(
        scopes: Set(Scope.allCases), client: "the local socket", isKnown: true)
}

/// What stands before every route of the TCP socket: the host that is asked for, the token, and the rate.
final class Access: Sendable {
    private let rules: AccessRules
    private let tokens: TokenKeeper
    private let limiter: Mutex<RateLimiter>

    /// A wrong token costs as much as so many requests.
    private static let wrongTokenCost = 20.0

    init(_ rules: AccessRules, _ tokens: TokenKeeper? = nil) {
        self.rules = rules
        self.tokens = tokens ?? TokenKeeper(rules.tokens)
        limiter = Mutex(RateLimiter(rules.rate))
    }

    func admit(_ request: Request, from peer: Peer) throws(Refusal) -> Admission {
        try checkHost(request.head.authority, peer)
        let now = ContinuousClock.now
        let known: AccessToken?
        switch ShownToken(request.headers[.authorization]) {
        case .none: known = nil
        case .bearer(let text):
            known = tokens.tokens.find(text)
            if known == nil { throw wrong(peer, now) }
        case .unusable: throw wrong(peer, now)
        }
        let client = known.map { "token \($0.name)" } ?? peer.key
        if let seconds = limiter.withLock({ $0.take(from: client, at: now) }) {
            throw .tooManyRequests(client, seconds)
        }
        let scopes = known?.scopes ?? (peer.isLoopback ? rules.anonymous : [])
        return Admission(
            scopes: scopes.union([.open]), client: client, token: known, isKnown: known != nil,
            isLoopback: peer.isLoopback)
    }

    /// Whether what was admitted once would be admitted now.
    func stillAdmits(_ token: AccessToken, _ scopes: Set<Scope>) -> Bool { tokens.allows(token, scopes) }

    private func wrong(_ peer: Peer, _ now: ContinuousClock.Instant) -> Refusal {
        if let seconds = limiter.withLock({ $0.take(Self.wrongTokenCost, from: peer.key, at: now) }) {
            return .tooManyRequests(peer.key, seconds)
        }
        return .badToken
    }

    /// A page in a browser can make its own name point to this host, and would then read what is served here.
    /// Its requests carry that name. A plain address is nobody's name.
    private func checkHost(_ authority: String?, _ peer: Peer) throws(Refusal) {
        guard let authority, !authority.isEmpty else { throw .misdirected(nil) }
        var host = Substring(authority)
        if let colon = host.lastIndex(of: ":"), host[host.index(after: colon)...].allSatisfy(\.isNumber) {
            host = host[..<colon]
        }
        var name = host.lowercased()
        if name.hasSuffix(".") { name.removeLast() }
        if ListenAddress.loopback(name) != nil || rules.hosts.contains(name) { return }
        let plain = name.hasPrefix("[") && name.hasSuffix("]") ? String(name.dropFirst().dropLast()) : name
        guard plain == peer.arrivedAt else { throw .misdirected(authority) }
    }
}

extension Refusal {
    /// Something is asked for that this visitor may not see.
    static func scope(_ scope: Scope, isKnown: Bool, isLoopback: Bool = false) -> Refusal {
        guard !isKnown else {
            return Refusal(
                problem: ProblemDocument(
                    status: 403, code: "scope", title: "Not allowed",
                    detail: "the token does not allow '\(scope.rawValue)': add it to the scopes of the token "
                        + "under status.tokens in agent.yaml"))
        }
        var refusal = Refusal(
            problem: ProblemDocument(
                status: 401, code: "no-token", title: "A token is needed",
                detail:
                    "'\(scope.rawValue)' is answered to a token alone: send Authorization: Bearer with one "
                    + "that `plumb token` made, or ask on the local socket"
                    + (isLoopback ? "; \(loopback(scope))" : "")))
        refusal.challenge = "Bearer"
        return refusal
    }

    /// Who is on this very host may wonder.
    private static func loopback(_ scope: Scope) -> String {
        scope == .logs
            ? "what workloads write is answered to nobody else, not on the loopback address either"
            : "the loopback address needs one too once status.tokens are set: status.anonymous: "
                + "[\(scope.rawValue)] in agent.yaml opens it again"
    }

    static var badToken: Refusal {
        var refusal = Refusal(
            problem: ProblemDocument(
                status: 401, code: "bad-token", title: "Not a token of this agent",
                detail: "what Authorization says is no token that this agent knows: write Bearer and a token "
                    + "whose hash stands under status.tokens in agent.yaml"))
        refusal.challenge = "Bearer error=\"invalid_token\""
        return refusal
    }

    static func tooManyRequests(_ client: String, _ seconds: Int) -> Refusal {
        var refusal = Refusal(
            problem: ProblemDocument(
                status: 429, code: "too-many-requests", title: "Too many requests",
                detail: "\(client) asks too often: wait for \(seconds) s, and rather follow /v1/stream than "
                    + "ask again and again"))
        refusal.retryAfter = seconds
        return refusal
    }
}
