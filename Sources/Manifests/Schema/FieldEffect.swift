/// What changing a field does to what runs.
package enum FieldEffect: String, Sendable, Hashable, CaseIterable {
    /// No process is touched.
    case none
    /// Applied to the running process.
    case live
    /// The config file is rewritten and the program told to read it again.
    case reload
    /// The start hash differs: a rollout.
    case restart
    /// Slots come and go.
    case scale
    /// Of a Schedule: from its next firing on.
    case next

    /// One line for `plumb explain` and the reference page.
    package var explanation: String {
        switch self {
        case .none: "changing it touches no process"
        case .live: "changing it is applied to the running process"
        case .reload: "changing it rewrites the config file and signals the process"
        case .restart: "changing it restarts the process, by the Instance's update policy"
        case .scale: "changing it starts or stops replicas"
        case .next: "changing it counts from the next firing on; a run under way is left alone"
        }
    }
}
