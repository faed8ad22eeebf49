/// What is answered instead of what was asked for (RFC 9457).
package struct ProblemDocument: Codable, Sendable, Hashable {
    package static let contentType = "application/problem+json"

    package var type: String
    package var title: String
    package var status: Int
    /// One sentence for this very request: what is wrong, and what to do.
    package var detail: String
    /// Stable, for programs.
    package var code: String
    /// Of a request to change something: where it is declared, `instances/web.yaml:4`.
    package var declaredAt: String?
    /// What to edit and to commit instead.
    package var edit: String?

    package init(status: Int, code: String, title: String, detail: String) {
        type = "urn:plumb:problem:\(code)"
        self.title = title
        self.status = status
        self.detail = detail
        self.code = code
    }
}

/// `/readyz`.
package struct ReadinessDocument: Codable, Sendable, Hashable {
    package var apiVersion: String
    package var kind: String
    package var ready: Bool
    /// Why it is not; empty if it is.
    package var reasons: [String]

    init(reasons: [String]) {
        apiVersion = WireFormat.apiVersion
        kind = "Readiness"
        ready = reasons.isEmpty
        self.reasons = reasons
    }
}
