import Reconciler

/// `/v1/instances/{name}/why`: what led to how it is, from what was seen last back to the commit.
package struct WhyDocument: Codable, Sendable {
    package var apiVersion: String
    package var kind: String
    package var node: String
    package var observedAt: Timestamp
    package var instance: String
    package var unit: String
    package var sync: String
    package var health: String
    package var ready: String
    /// What of the agent stands between a commit and this Instance.
    package var conditions: [ConditionDocument]
    /// The worst first.
    package var replicas: [WhyReplicaDocument]

    init(_ why: Why, output: [RunID: [OutputLine]], in state: AgentState) {
        let shown = InstanceDocument(why.instance, in: state)
        apiVersion = WireFormat.apiVersion
        kind = "Why"
        node = state.node.name
        observedAt = Timestamp(state.nowWall)
        instance = shown.name
        unit = shown.unit
        sync = shown.sync.rawValue
        health = shown.health
        ready = shown.ready
        conditions = why.conditions.map(ConditionDocument.init)
        replicas = why.replicas.map { WhyReplicaDocument($0, output: output, in: state) }
    }
}

package struct WhyReplicaDocument: Codable, Sendable, Hashable {
    /// `web/0`.
    package var name: String
    package var phase: String
    package var health: String
    package var synced: Bool
    package var ready: Bool
    /// "" where it is simply running and ready.
    package var reason: String
    package var waiting: WhyWaitingDocument?
    /// The newest first; the change and the commit that began it are the last.
    package var steps: [WhyStepDocument]
    /// The run whose last output follows.
    package var outputOf: String?
    /// The oldest first; nil where it was not asked for on the local socket, or nothing ended badly.
    package var output: [OutputLineDocument]?

    init(_ replica: Why.Replica, output: [RunID: [OutputLine]], in state: AgentState) {
        let status = replica.status
        name = status.replica.description
        phase = status.phase.rawValue
        health = status.health.rawValue
        synced = status.synced
        ready = status.ready
        reason = status.reason
        waiting = replica.waiting.map { reason in
            let plain = WaitingDocument(Waiting(replica: status.replica, reason: reason), in: state)
            return WhyWaitingDocument(
                reason: plain.reason, message: plain.message, until: plain.until,
                lift: reason.lift(now: state.now))
        }
        steps = replica.steps.map(WhyStepDocument.init)
        outputOf = replica.telling?.text
        self.output = replica.telling.flatMap { output[$0] }.map { $0.map(OutputLineDocument.init) }
    }
}

package struct WhyWaitingDocument: Codable, Sendable, Hashable {
    package var reason: String
    package var message: String
    package var until: Timestamp?
    /// What ends it: by itself, or what somebody has to do.
    package var lift: String
}

package struct WhyStepDocument: Codable, Sendable, Hashable {
    /// `event`, `finding`, `change` or `commit`.
    package var kind: String
    package var time: Timestamp?
    /// Of an event: `exited`, `unready`, …
    package var event: String?
    package var text: String
    package var runId: String?
    package var change: ChangeDocument?
    package var revision: RevisionDocument?

    init(_ step: Why.Step) {
        kind = step.kind.rawValue
        time = step.time.map(Timestamp.init)
        event = step.event?.rawValue
        text = step.text
        runId = step.run?.text
        change = step.change.map(ChangeDocument.init)
        revision = step.revision.map { RevisionDocument($0) }
    }
}

/// A line that a run wrote.
package struct OutputLineDocument: Codable, Sendable, Hashable {
    package var stream: String
    package var time: Timestamp?
    package var text: String

    init(_ line: OutputLine) {
        stream = line.isError ? "stderr" : "stdout"
        time = line.time.map(Timestamp.init)
        text = line.text
    }
}
