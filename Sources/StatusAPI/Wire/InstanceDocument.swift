import Manifests
package import Reconciler

/// One Instance: is it what git says (`sync`), and is it well (`health`).
package struct InstanceDocument: Codable, Sendable, Hashable {
    package enum Sync: String, Codable, Sendable { case synced = "Synced", outOfSync = "OutOfSync" }

    package var name: String
    /// `web@1.4.2`; of what runs, where it is declared no longer.
    package var unit: String
    package var sync: Sync
    package var health: String
    /// `2/2`.
    package var ready: String
    package var readyReplicas: Int
    package var desiredReplicas: Int
    package var suspended: Bool
    /// Why it is not simply running and ready; "" if it is.
    package var reason: String
    package var labels: [String: String]
    /// `instances/web.yaml:4`; nil where it is declared no longer.
    package var declaredAt: String?
    package var replicas: [ReplicaDocument]
    /// The declared spec's way while it has not proved itself; nil from an agent that knows none.
    package var rollout: RolloutDocument?
    /// Of what is declared: how it is updated, what it waits for, and where it serves. All of them are nil
    /// where it is declared no longer, or from an agent that does not tell.
    package var strategy: String?
    package var dependsOn: [DependencyDocument]?
    package var endpoints: [DeclaredEndpointDocument]?
    package var specHash: String?

    package init(_ status: InstanceStatus, usage: [RunID: RunUsage] = [:], in state: AgentState) {
        let desired = status.desired
        let running = status.replicas.lazy.compactMap(\.run).first
        name = status.name
        unit = desired?.spec.unit ?? running?.spec.unit ?? ""
        sync = status.synced ? .synced : .outOfSync
        health = status.health.rawValue
        readyReplicas = status.readyCount
        desiredReplicas = desired?.target ?? 0
        ready = "\(readyReplicas)/\(desiredReplicas)"
        suspended = desired?.suspend ?? false
        reason = status.reason
        labels = desired?.labels ?? [:]
        declaredAt = desired?.place.short
        replicas = status.replicas.map { replica in
            let used = replica.run.flatMap { usage[$0.id] }
            return ReplicaDocument(replica, spec: desired?.spec, usage: used, in: state)
        }
        rollout = state.rolloutStatus(status.name).map { RolloutDocument($0, in: state) }
        strategy = desired?.spec.update.strategyName
        dependsOn = desired?.dependsOn.map(DependencyDocument.init)
        endpoints = desired.map(DeclaredEndpointDocument.all)
        specHash = desired?.spec.specHash.hex
    }
}

package struct ReplicaDocument: Codable, Sendable, Hashable {
    /// `web/0`.
    package var name: String
    package var index: Int
    package var phase: String
    package var health: String
    package var synced: Bool
    package var ready: Bool
    package var pid: Int32?
    package var runId: String?
    /// The revision that brought what runs: `main@3f2a9c1`.
    package var revision: String?
    package var startedAt: Timestamp?
    /// Restarts after exits that nobody asked for, in total.
    package var restarts: Int
    package var reason: String
    package var lastExit: ExitDocument?
    /// What is not as declared: `LimitsDegraded`, `Stale`, …; nil from an agent that does not look.
    package var findings: [FindingDocument]?
    /// Bytes of its output that are in no log; nil: none.
    package var lostLogBytes: UInt64?
    /// What the program says of itself (sd_notify STATUS=); nil where it has said nothing.
    package var statusText: String?
    /// What is odd about how it says it; nil where nothing is.
    package var notifyNote: String?
    /// Descriptors that it has stored for its next run; nil: none.
    package var storedDescriptors: Int?
    /// An endpoint's name → its port in this replica.
    package var ports: [String: UInt16]
    /// Those of them that Plumb opened and holds; nil: none.
    package var heldPorts: [String]?
    /// Declared limits of what runs: `memory` → `64Mi`.
    package var limits: [String: String]?
    /// Only where one Instance is asked for: it has to be read from the kernel.
    package var usage: UsageDocument?
    /// Where its run is, if that is its second slot: `web/0.2`, as logs and events name it.
    package var slot: String?
    /// A run in its other slot; nil: there is none.
    package var beside: BesideDocument?
    /// Only where replicas are listed apart from their Instances.
    package var instance: String?
    package var unit: String?
    package var node: String?

    package init(
        _ status: ReplicaStatus, spec: InstanceSpec?, usage used: RunUsage? = nil, in state: AgentState
    ) {
        let run = status.run
        name = status.replica.description
        index = status.replica.index
        phase = status.phase.rawValue
        health = status.health.rawValue
        synced = status.synced
        ready = status.ready
        pid = run?.identity?.pid
        runId = run?.id.text
        revision = run?.revision.short
        startedAt = run?.identity.map { Timestamp(state.startedWall(of: $0)) }
        restarts = status.restarts
        reason = status.reason
        lastExit = status.lastExit.map(ExitDocument.init)
        findings = (run?.findings ?? []).map(FindingDocument.init)
        lostLogBytes = run.flatMap { $0.lostLogBytes > 0 ? $0.lostLogBytes : nil }
        statusText = run?.notice.flatMap { $0.status.isEmpty ? nil : $0.status }
        notifyNote = run?.notice?.oddities
        storedDescriptors = run?.notice?.storedDescriptors
        ports = [:]
        for endpoint in (run?.spec ?? spec)?.process.endpoints ?? [] {
            ports[endpoint.name] = endpoint.port(index: index)
        }
        let held = (run?.spec ?? spec)?.process.endpoints.filter { $0.listen == true }.map(\.name) ?? []
        heldPorts = held.isEmpty ? nil : held.sorted()
        let declared = (run?.spec.resources).map(\.declaredLimits) ?? []
        limits = Dictionary(declared.map { ($0.field, $0.value) }, uniquingKeysWith: { first, _ in first })
        usage = used.map(UsageDocument.init)
        slot = run.flatMap { $0.slot.isSecond ? $0.slot.description : nil }
        beside = status.beside.map(BesideDocument.init)
    }
}

/// A run beside a replica's own, during a rollout with `maxSurge` or `blueGreen`.
package struct BesideDocument: Codable, Sendable, Hashable {
    /// `web/0.2`.
    package var slot: String
    /// `successor`: it is to take the replica's place; `leaving`: it has had it.
    package var role: String
    package var phase: String
    package var ready: Bool
    package var pid: Int32?
    package var runId: String
    package var revision: String
    package var ports: [String: UInt16]
    /// What a probe saw last; nil: none has said anything.
    package var detail: String?

    package init(_ status: BesideStatus) {
        let run = status.run
        slot = run.slot.description
        role = status.isSuccessor ? "successor" : "leaving"
        phase = status.phase.rawValue
        ready = run.isReady
        pid = run.identity?.pid
        runId = run.id.text
        revision = run.revision.short
        ports = [:]
        for endpoint in run.spec.process.endpoints {
            ports[endpoint.name] = endpoint.port(index: run.slot.replica.index)
        }
        detail = run.probeDetail
    }
}

/// Something about a replica that is not as declared.
package struct FindingDocument: Codable, Sendable, Hashable {
    package var type: String
    package var reason: String
    package var message: String

    package init(_ finding: RunFinding) {
        type = finding.kind.rawValue
        reason = finding.reason
        message = finding.message
    }
}

package struct ExitDocument: Codable, Sendable, Hashable {
    /// `exit code 1`, `killed by SIGKILL (out of memory)`.
    package var text: String
    package var code: Int32?
    package var signal: Int32?
    package var at: Timestamp

    package init(_ exit: ExitReport) {
        text = exit.text
        at = Timestamp(exit.endedWall)
        switch exit.cause {
        case .exited(let number): code = number
        case .signaled(let number, _): signal = number
        case .startFailed, .keeperLost, .rebooted: break
        }
    }
}

/// Something that is not done yet, and why.
package struct WaitingDocument: Codable, Sendable, Hashable {
    /// `web/0`.
    package var replica: String
    /// One word: `Backoff`, `Dependency`, …
    package var reason: String
    package var message: String
    /// When it goes on by itself, where that is known.
    package var until: Timestamp?

    package init(_ waiting: Waiting, in state: AgentState) {
        replica = waiting.replica.description
        reason = waiting.reason.word
        message = waiting.reason.text(now: state.now)
        switch waiting.reason {
        case .backoff(let instant, _), .host(_, let instant): until = Timestamp(state.wall(of: instant))
        default: break
        }
    }
}

/// `/v1/instances/{name}`.
package struct InstanceDetailDocument: Codable, Sendable {
    package var apiVersion: String
    package var kind: String
    package var node: String
    package var instance: InstanceDocument
    package var waiting: [WaitingDocument]

    package init(_ status: InstanceStatus, usage: [RunID: RunUsage] = [:], in state: AgentState) {
        apiVersion = WireFormat.apiVersion
        kind = "Instance"
        node = state.node.name
        instance = InstanceDocument(status, usage: usage, in: state)
        waiting = state.waiting.filter { $0.replica.instance == status.name }
            .map { WaitingDocument($0, in: state) }
    }
}
