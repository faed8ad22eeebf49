package import Reconciler

/// `/v1/status`: everything at a glance.
package struct StatusDocument: Codable, Sendable {
    package var apiVersion: String
    package var kind: String
    package var node: String
    package var nodeLabels: [String: String]
    package var version: String
    package var stateDir: String
    package var startedAt: Timestamp
    /// The moment that this document shows.
    package var observedAt: Timestamp
    package var ready: Bool
    package var source: SourceDocument
    package var conditions: [ConditionDocument]
    package var summary: SummaryDocument
    /// Sorted by name.
    package var instances: [InstanceDocument]
    package var waiting: [WaitingDocument]
    /// What holds a revision or would; nil from an agent that has no gates.
    package var gates: GatesDocument?
    /// nil: no Schedule is declared.
    package var schedules: ScheduleSummaryDocument?

    package init(_ state: AgentState, schedules: [ScheduleDocument] = []) {
        apiVersion = WireFormat.apiVersion
        kind = "Status"
        node = state.node.name
        nodeLabels = state.node.labels
        version = state.version
        stateDir = state.stateDir
        startedAt = Timestamp(state.startedWall)
        observedAt = Timestamp(state.nowWall)
        ready = state.isReady
        source = SourceDocument(state.source)
        conditions = state.conditions.map(ConditionDocument.init)
        instances = state.instanceStatuses().map { InstanceDocument($0, in: state) }
        summary = SummaryDocument(instances)
        waiting = state.waiting.map { WaitingDocument($0, in: state) }
        gates = GatesDocument(state.gates)
        self.schedules = ScheduleSummaryDocument(schedules)
    }
}

package struct SourceDocument: Codable, Sendable, Hashable {
    package var repository: String
    package var ref: String
    package var path: String
    package var accepted: RevisionDocument?
    /// The commit that the ref names now.
    package var seen: RevisionDocument?
    /// Why `seen` was not accepted.
    package var diagnostics: [String]
    /// When the mirror of a repository elsewhere last was what the remote is.
    package var fetchedAt: Timestamp?

    package init(_ source: SourceStatus) {
        repository = source.repository
        ref = source.ref
        path = source.path
        accepted = source.accepted.map { RevisionDocument($0, acceptedAt: source.acceptedAt) }
        seen = source.seen.map { RevisionDocument($0) }
        diagnostics = source.diagnostics
        fetchedAt = source.fetchedAt.map(Timestamp.init)
    }
}

package struct ConditionDocument: Codable, Sendable, Hashable {
    package var type: String
    package var status: Bool
    package var reason: String
    package var message: String
    package var since: Timestamp
    /// A commit's id in full.
    package var observedRevision: String?

    package init(_ condition: Condition) {
        type = condition.type.rawValue
        status = condition.status
        reason = condition.reason
        message = condition.message
        since = Timestamp(condition.since)
        observedRevision = condition.observedRevision?.hex
    }
}

package struct SummaryDocument: Codable, Sendable, Hashable {
    package var instances: Int
    package var synced: Int
    /// Replicas that are meant to run here.
    package var desired: Int
    /// Replicas that are shown, the ones that are ending included.
    package var replicas: Int
    package var ready: Int
    /// Phase or health → replicas; what no replica is in is left out.
    package var byPhase: [String: Int]
    package var byHealth: [String: Int]

    package init(_ all: [InstanceDocument]) {
        instances = all.count
        synced = all.count { $0.sync == .synced }
        desired = all.reduce(0) { $0 + $1.desiredReplicas }
        replicas = all.reduce(0) { $0 + $1.replicas.count }
        ready = all.reduce(0) { $0 + $1.readyReplicas }
        byPhase = [:]
        byHealth = [:]
        for replica in all.lazy.flatMap(\.replicas) {
            byPhase[replica.phase, default: 0] += 1
            byHealth[replica.health, default: 0] += 1
        }
    }
}
