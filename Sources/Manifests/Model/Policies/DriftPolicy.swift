/// What follows when a run is no longer what was started: its program was replaced on disk, or the live
/// process differs from its spec.
package enum DriftPolicy: String, Sendable, Hashable, Codable, CaseIterable {
    /// It is said, and nothing is touched.
    case report
    /// It is put right: limits are written again, anything else is a restart.
    case heal
}
