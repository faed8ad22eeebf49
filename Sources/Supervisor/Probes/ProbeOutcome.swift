/// What one probe saw.
struct ProbeOutcome: Sendable, Equatable {
    var passed: Bool
    /// For people: `HTTP 503 from :8080/healthz`.
    var detail: String
    /// False: nothing was asked, for the host could not; that says nothing of the run.
    var wasAsked = true

    static func passed(_ detail: String) -> ProbeOutcome { ProbeOutcome(passed: true, detail: detail) }
    static func failed(_ detail: String) -> ProbeOutcome { ProbeOutcome(passed: false, detail: detail) }
    static func unasked(_ why: String) -> ProbeOutcome {
        ProbeOutcome(
            passed: false, detail: "it could not be asked, which counts for nothing: \(why)", wasAsked: false)
    }
}
