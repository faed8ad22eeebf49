import Manifests

extension AgentState {
    /// Every Instance that is declared for this node or still has runs, sorted by name.
    package func instanceStatuses() -> [InstanceStatus] {
        let waits = Dictionary(
            waiting.map { ($0.replica, $0.reason) }, uniquingKeysWith: { first, _ in first })
        var runs: [String: [ObservedRun]] = [:]
        for run in observed.runs.values { runs[run.slot.instance, default: []].append(run) }
        var names = Set(runs.keys)
        for (name, desired) in desired?.instances ?? [:] where desired.assigned { names.insert(name) }
        return names.sorted().map { status($0, runs[$0] ?? [], waits) }
    }

    package func instanceStatus(_ name: String) -> InstanceStatus? {
        let waits = Dictionary(
            waiting.map { ($0.replica, $0.reason) }, uniquingKeysWith: { first, _ in first })
        let runs = observed.runs.values.filter { $0.slot.instance == name }
        guard !runs.isEmpty || desired?.instances[name]?.assigned == true else { return nil }
        return status(name, runs, waits)
    }

    private func status(
        _ name: String, _ runs: [ObservedRun], _ waits: [ReplicaID: Waiting.Reason]
    ) -> InstanceStatus {
        let remembered = memory.instances[name]
        let desired = desired?.instances[name]
        let declared = desired.map { $0.assigned ? $0.replicas : 0 } ?? 0
        let count = max(declared, (runs.map(\.slot.replica.index).max() ?? -1) + 1)
        let bySlot = Dictionary(runs.map { ($0.slot, $0) }, uniquingKeysWith: { first, _ in first })
        let replicas = (0..<count).map { index in
            let replica = ReplicaID(instance: name, index: index)
            let slot = remembered?.slot(of: replica) ?? SlotID(replica: replica)
            return ReplicaStatusMaker(
                slot: slot, desired: desired, run: bySlot[slot], memory: remembered?.replicas[index],
                waiting: waits[slot.replica], isKnown: isReady, now: now
            ).make(beside: bySlot[slot.other], isSuccessor: remembered?.isSuccessor(slot.other) ?? false)
        }
        let reasons = replicas.filter { !$0.reason.isEmpty }
        let why = reasons.max { $0.health.severity < $1.health.severity }?.reason ?? ""
        let suspended = desired?.suspend == true && remembered?.applied == nil
        return InstanceStatus(
            name: name, desired: desired,
            health: HealthRules.instance(replicas.map { ($0.health, $0.ready) }),
            synced: desired != nil && !suspended && replicas.allSatisfy(\.synced),
            readyCount: replicas.count(where: \.ready), replicas: replicas,
            reason: suspended
                ? Waiting.Reason.suspended.text(now: now)
                : remembered?.activeRollback?.text ?? why)
    }
}

extension HealthStatus {
    /// Worst last.
    package var severity: Int {
        switch self {
        case .healthy: 0
        case .recovering: 1
        case .degraded: 2
        case .unknown: 3
        case .unhealthy: 4
        case .failed: 5
        }
    }
}

/// Derives one replica's phase and health from what is known of it.
private struct ReplicaStatusMaker {
    let slot: SlotID
    let desired: DesiredInstance?
    let run: ObservedRun?
    let memory: ReplicaMemory?
    let waiting: Waiting.Reason?
    /// False while runs are still being taken up: that one is not seen proves nothing.
    let isKnown: Bool
    let now: Instant

    func make(beside: ObservedRun?, isSuccessor: Bool) -> ReplicaStatus {
        let (phase, health, reason) = run.map(live) ?? absent()
        return ReplicaStatus(
            replica: slot.replica, phase: phase, health: health, synced: synced, ready: ready(phase),
            run: run, restarts: memory?.restarts ?? 0, lastExit: memory?.lastExit, reason: reason,
            beside: beside.map { BesideStatus(run: $0, isSuccessor: isSuccessor) })
    }

    private var isWanted: Bool { (desired?.target ?? 0) > slot.replica.index }

    private var synced: Bool {
        guard let desired, isWanted else { return run == nil }
        if let run { return run.key == desired.key && run.spec.specHash == desired.spec.specHash }
        return memory?.completed == desired.key
    }

    /// A oneshot that succeeded counts as ready: it is all that it was meant to be.
    private func ready(_ phase: Phase) -> Bool { run?.isReady ?? (phase == .succeeded) }

    private func live(_ run: ObservedRun) -> (Phase, HealthStatus, String) {
        let text = waiting?.text(now: now) ?? ""
        switch run.phase {
        case .unknown(let reason): return (.unknown, .unknown, reason)
        case .stopping:
            return (.stopping, .recovering, stopping(run))
        case .starting: return (.starting, .recovering, text.isEmpty ? "starting" : text)
        case .running: break
        }
        if run.livenessFailed { return (.running, .unhealthy, run.probeDetail ?? "liveness probe failed") }
        if run.isReady || run.spec.profile == .oneshot {
            let (health, reason) = HealthRules.serving(run, memory, at: now)
            return (.running, health, reason.isEmpty ? text : reason)
        }
        let detail = run.probeDetail ?? "no probe has answered yet"
        let deadline = run.spec.update.healthyDeadline
        if now - (run.identity?.startedAt ?? run.claimedAt) > deadline && run.readiness == nil {
            return (.running, .unhealthy, "not ready within healthyDeadline \(deadline.declared): \(detail)")
        }
        if run.spec.health.startup != nil && run.startup != true { return (.starting, .recovering, detail) }
        let health: HealthStatus = run.readiness == nil ? .recovering : .unhealthy
        return (.running, health, detail)
    }

    /// What a stop is at, as far as the time tells it.
    private func stopping(_ run: ObservedRun) -> String {
        var text = "stopping"
        if let drain = run.spec.stop.drain, let since = run.stoppingSince, since + drain > now {
            text = "draining for another \((since + drain - now).rough), not ready, then stopping"
        }
        return run.stopCause.map { "\(text): \($0.text)" } ?? text
    }

    private func absent() -> (Phase, HealthStatus, String) {
        guard isKnown else {
            return (.unknown, .unknown, "not known yet: the agent is taking up what runs")
        }
        let text = waiting?.text(now: now) ?? ""
        guard let desired, isWanted else { return (.stopped, .healthy, "") }
        if memory?.completed == desired.key {
            let profile = desired.spec.profile
            return (profile == .oneshot ? .succeeded : .stopped, .healthy, "")
        }
        switch waiting {
        case .gaveUp: return (.failed, .failed, withLastExit(text))
        case .backoff: return (.crashed, .unhealthy, withLastExit(text))
        case .host: return (.created, .unhealthy, text)
        case .dependency, .rollout: return (.configured, .recovering, text)
        default: return (.created, .recovering, text)
        }
    }

    private func withLastExit(_ text: String) -> String {
        guard let exit = memory?.lastExit else { return text }
        return "\(exit.text); \(text)"
    }
}
