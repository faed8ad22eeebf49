/// What one probe saw.
struct ProbeOutcome: Sendable, Equatable {
    var passed: Bool
    /// For people: `HTTP 503 from :8080/healthz`.
    var detail: String

    static func passed(_ detail: String) -> ProbeOutcome { ProbeOutcome(passed: true, detail: detail) }
    static func failed(_ detail: String) -> ProbeOutcome { ProbeOutcome(passed: false, detail: detail) }
}
