package import Reconciler

/// The way of the declared spec, until it has proved itself; or what became of it.
package struct RolloutDocument: Codable, Sendable, Hashable {
    /// `Pending`, `Progressing`, `Proving`, `Failed`, `RolledBack`.
    package var state: String
    package var specHash: String
    package var revision: RevisionDocument
    /// `spec.config.fps 20 → 30`.
    package var changes: [String]
    package var healthyReplicas: Int
    package var desiredReplicas: Int
    package var exits: Int
    package var startedAt: Timestamp?
    /// When it fails, or has proved itself, if nothing else happens.
    package var dueAt: Timestamp?
    package var failure: RolloutFailureDocument?
    /// The spec to which a failure leads or has led; nil: none has proved itself yet.
    package var lastKnownGood: KnownGoodDocument?
    /// Why there is no way back, where there should be one.
    package var obstacle: String?
    package var remedy: String
    /// All of it in one line.
    package var message: String

    package init(_ status: RolloutStatus, in state: AgentState) {
        self.state = status.state.rawValue
        specHash = status.specHash.hex
        revision = RevisionDocument(status.revision)
        changes = status.changes.map(\.text)
        healthyReplicas = status.healthyCount
        desiredReplicas = status.target
        exits = status.exits
        startedAt = status.startedWall.map(Timestamp.init)
        dueAt = status.dueAt.map { Timestamp(state.wall(of: $0)) }
        failure = status.failure.map(RolloutFailureDocument.init)
        lastKnownGood = status.good.map {
            KnownGoodDocument(
                specHash: $0.specHash.hex, unit: $0.unit, revision: status.goodRevision?.short)
        }
        obstacle = status.obstacle
        remedy = status.remedy
        message = status.text(now: state.now)
    }
}

package struct RolloutFailureDocument: Codable, Sendable, Hashable {
    /// `HealthyDeadline`, `ProgressDeadline`, `Exits`, `Unhealthy`, `GaveUp`, `CannotStart`.
    package var reason: String
    package var message: String
    package var replica: String?
    package var runId: String?
    package var exit: ExitDocument?
    package var probe: String?
    /// The last lines that the run wrote to stderr.
    package var stderr: [String]?

    init(_ failure: RolloutFailure) {
        reason = failure.reason
        message = failure.message
        replica = failure.replica?.description
        runId = failure.run?.text
        exit = failure.exit.map(ExitDocument.init)
        probe = failure.probe
        stderr = failure.errors
    }
}

package struct KnownGoodDocument: Codable, Sendable, Hashable {
    package var specHash: String
    package var unit: String
    /// `main@3f2a9c1`.
    package var revision: String?
}
