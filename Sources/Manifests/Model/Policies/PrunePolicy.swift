/// What becomes of the runs of an Instance whose declaration is removed.
package enum PrunePolicy: String, Sendable, Hashable, Codable, CaseIterable {
    /// They are stopped.
    case allow
    /// They go on until it is declared again with `allow`, and removed then.
    case protect
}
