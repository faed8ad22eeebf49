/// Where a replica is in its life.
package enum Phase: String, Sendable, Hashable, Codable, CaseIterable {
    case created = "Created"
    case configured = "Configured"
    case starting = "Starting"
    case running = "Running"
    case stopping = "Stopping"
    case stopped = "Stopped"
    case crashed = "Crashed"
    case failed = "Failed"
    case succeeded = "Succeeded"
    case unknown = "Unknown"
}

/// Is it well? Apart from sync, which says whether it is what git declares.
package enum HealthStatus: String, Sendable, Hashable, Codable, CaseIterable {
    case healthy, degraded, unhealthy, failed, recovering, unknown
}

/// One replica as it is shown: derived from the state, never stored.
package struct ReplicaStatus: Sendable {
    package var replica: ReplicaID
    package var phase: Phase
    package var health: HealthStatus
    /// What runs is what is declared.
    package var synced: Bool
    package var ready: Bool
    package var run: ObservedRun?
    package var restarts: Int
    package var lastExit: ExitReport?
    /// Why it is not simply running and ready; "" if it is.
    package var reason: String
    /// A run in its other slot; nil: there is none.
    package var beside: BesideStatus?
}

/// A run beside a replica's own.
package struct BesideStatus: Sendable {
    package var run: ObservedRun
    /// It is to take the replica's place; false: it has had it, and ends.
    package var isSuccessor: Bool

    package var phase: Phase {
        switch run.phase {
        case .starting: .starting
        case .running: .running
        case .stopping: .stopping
        case .unknown: .unknown
        }
    }
}

/// One Instance as it is shown.
package struct InstanceStatus: Sendable {
    package var name: String
    /// nil: it is declared no longer, and its last runs are ending.
    package var desired: DesiredInstance?
    package var health: HealthStatus
    package var synced: Bool
    package var readyCount: Int
    package var replicas: [ReplicaStatus]
    /// The worst replica's reason.
    package var reason: String
}
