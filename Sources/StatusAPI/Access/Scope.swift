/// What a token has to allow for a route to be answered.
package enum Scope: String, Sendable, Hashable, CaseIterable {
    /// Nobody is asked: liveness, and the page that then asks with a token of its user.
    case open
    /// What is declared, what runs, and why.
    case status
    /// What workloads write, and their command lines.
    case logs
    case metrics
}
