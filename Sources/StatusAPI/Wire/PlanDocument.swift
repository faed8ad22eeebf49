import Manifests
package import Reconciler

/// `/v1/plan`: what is being done and waited for, and why.
package struct PlanDocument: Codable, Sendable {
    package var apiVersion: String
    package var kind: String
    package var node: String
    package var observedAt: Timestamp
    /// The accepted revision, which all this is to make true.
    package var revision: RevisionDocument?
    package var summary: PlanSummaryDocument
    /// All of it in one line.
    package var message: String
    /// When something changes by itself next, as far as that is known.
    package var nextChangeAt: Timestamp?
    package var doing: [PlanActionDocument]
    package var waiting: [PlanWaitDocument]
    /// A revision that is not part of the plan until somebody approves it.
    package var held: HeldDocument?

    package init(_ state: AgentState) {
        apiVersion = WireFormat.apiVersion
        kind = "Plan"
        node = state.node.name
        observedAt = Timestamp(state.nowWall)
        revision = state.source.accepted.map { RevisionDocument($0, acceptedAt: state.source.acceptedAt) }
        doing = PlanActionDocument.all(in: state)
        waiting = state.waiting.map { PlanWaitDocument($0, in: state) }
        summary = PlanSummaryDocument(doing: doing.count, waiting: waiting.count)
        nextChangeAt = waiting.compactMap(\.until).min()
        held = state.gates.memory.held.map(HeldDocument.init)
        var parts: [String] = []
        if !state.isReady { parts.append("runs are being adopted, and no plan is made yet") }
        if !doing.isEmpty { parts.append("\(doing.count) under way") }
        if !waiting.isEmpty { parts.append("\(waiting.count) waiting") }
        if let held { parts.append("\(held.revision.short) is held") }
        message = parts.isEmpty ? "nothing to do: what runs is what is to run" : parts.joined(separator: ", ")
    }
}

package struct PlanSummaryDocument: Codable, Sendable, Hashable {
    package var doing: Int
    package var waiting: Int
}

/// Something that is under way.
package struct PlanActionDocument: Codable, Sendable, Hashable {
    /// `start`, `stop` or `prepare`.
    package var action: String
    package var instance: String
    /// `web/0`; nil for what is done once for an Instance.
    package var replica: String?
    package var runId: String?
    package var unit: String
    package var since: Timestamp?
    package var message: String
    package var cause: CauseDocument?

    static func all(in state: AgentState) -> [PlanActionDocument] {
        let runs = state.observed.runs.values.sorted { $0.slot < $1.slot }
        return preparing(in: state) + runs.compactMap { PlanActionDocument($0, in: state) }
    }

    private init?(_ run: ObservedRun, in state: AgentState) {
        instance = run.slot.instance
        replica = run.slot.replica.description
        runId = run.id.text
        unit = run.spec.unit
        switch run.phase {
        case .starting:
            action = "start"
            since = Timestamp(state.wall(of: run.claimedAt))
            cause = CauseDocument(run.startCause)
            message = "\(run.slot) is being started: \(run.startCause.text)"
        case .stopping:
            action = "stop"
            since = run.stoppingSince.map { Timestamp(state.wall(of: $0)) }
            cause = run.stopCause.map(CauseDocument.init)
            message = "\(run.slot) is being stopped" + (run.stopCause.map { ": \($0.text)" } ?? "")
        case .running, .unknown: return nil
        }
    }

    /// What a spec takes from the host is looked at before anything is touched for it.
    private static func preparing(in state: AgentState) -> [PlanActionDocument] {
        let wanted = state.desired?.instances.values.sorted { $0.name < $1.name } ?? []
        return wanted.filter { state.observed.preparations[$0.spec.specHash] == .underway }.map { desired in
            PlanActionDocument(preparing: desired)
        }
    }

    private init(preparing desired: DesiredInstance) {
        action = "prepare"
        instance = desired.name
        unit = desired.spec.unit
        message = "package, user and secrets of \(desired.name) are being checked"
    }
}

/// Something that is not done yet, with what ends the wait.
package struct PlanWaitDocument: Codable, Sendable, Hashable {
    package var instance: String
    /// `web/0`.
    package var replica: String
    /// One word: `Backoff`, `Dependency`, …
    package var reason: String
    package var message: String
    /// When it goes on by itself, where that is known.
    package var until: Timestamp?
    /// What ends it: by itself, or what somebody has to do.
    package var lift: String
    /// In a row, of a backoff.
    package var failures: Int?
    package var dependency: DependencyDocument?
    /// Instances that have to stop first.
    package var dependents: [String]?
    /// Of a host that cannot: `secret-missing`, …
    package var failureCode: String?

    init(_ waiting: Waiting, in state: AgentState) {
        let plain = WaitingDocument(waiting, in: state)
        instance = waiting.replica.instance
        replica = plain.replica
        reason = plain.reason
        message = plain.message
        until = plain.until
        lift = waiting.reason.lift(now: state.now)
        switch waiting.reason {
        case .backoff(_, let count): failures = count
        case .dependency(let name, let condition, _):
            dependency = DependencyDocument(Dependency(instance: name, condition: condition))
        case .dependents(let names): dependents = names
        case .host(let failure, _): failureCode = failure.code
        default: break
        }
    }
}
