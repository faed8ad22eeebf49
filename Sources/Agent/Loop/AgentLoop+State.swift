import Manifests
package import Reconciler

extension AgentLoop {
    /// Everything that can be shown, as of now.
    package func state() -> AgentState {
        let moment = clock.now()
        var state = AgentState(
            node: settings.node, version: PlumbVersion.current.description,
            stateDir: settings.stateDir, bootID: clock.bootID, startedWall: startedWall,
            isReady: isReady, source: source, conditions: conditions.list, desired: world.desired,
            observed: world.observed, memory: world.memory, waiting: waiting, now: moment.instant,
            nowWall: moment.wall,
            gates: GateStatus(
                settings: gates.settings, windows: calendar.windows(at: moment.wall), memory: gates.memory))
        state.address = settings.address
        state.schedules = schedules
        return state
    }

    /// - Parameter ofRuns: whether runs or memory are others than when this was last called.
    func updateConditions(at moment: Moment, ofRuns: Bool = true) {
        let behind = source.seen != nil && source.seen?.id != source.accepted?.id
        if ofRuns { rollbackConditions(at: moment) }
        let synced =
            source.accepted != nil && !behind && !conditions.isTrue(.sourceStale)
            && !conditions.isTrue(.held) && !conditions.isTrue(.rolledBack)
        let (reason, message): (String, String) =
            if source.accepted == nil {
                ("NothingAccepted", "no revision has been accepted yet")
            } else if conditions.isTrue(.sourceRewound) {
                (
                    "SourceRewound",
                    "\(source.accepted?.short ?? "") stays in force, though history was rewritten"
                )
            } else if conditions.isTrue(.invalid) {
                ("Invalid", "the newest revision is invalid; \(source.accepted?.short ?? "") stays in force")
            } else if let held = gates.memory.held {
                ("Held", "\(held.revision.short) is held; \(source.accepted?.short ?? "") stays in force")
            } else if behind && conditions.isTrue(.rejected) {
                (
                    "Rejected",
                    "the newest revision is rejected; \(source.accepted?.short ?? "") stays in force"
                )
            } else if behind && conditions.isTrue(.trustUnavailable) {
                (
                    "TrustUnavailable",
                    "the newest revision cannot be judged; \(source.accepted?.short ?? "") stays in force"
                )
            } else if conditions.isTrue(.sourceStale) {
                (
                    "SourceStale",
                    "the repository cannot be read; \(source.accepted?.short ?? "") stays in force"
                )
            } else if let wait = paced?.wait {
                ("Paced", wait.text(now: moment.instant))
            } else if behind {
                ("Reading", "\(source.seen?.short ?? "") is being read")
            } else if conditions.isTrue(.rolledBack) {
                (
                    "RolledBack",
                    "\(source.accepted?.short ?? "") is the desired state, and not all of it runs here"
                )
            } else {
                ("Accepted", "\(source.accepted?.short ?? "") is the desired state")
            }
        conditions.set(
            .synced, synced, reason: reason, message: message, at: moment.wall, revision: source.accepted?.id)
        let pending = waiting.count { $0.reason.isProgress }
        conditions.set(
            .progressing, pending > 0, reason: pending > 0 ? "Changing" : "Settled",
            message: pending > 0 ? "\(pending) replicas are on their way" : "nothing is on its way",
            at: moment.wall)
    }
}

extension AgentLoop {
    /// The last known good spec that runs, where the declared one was rolled back.
    package func specInPlace(of instance: String) -> SpecHash? {
        world.memory.instances[instance]?.activeRollback?.good
    }

    /// A rollback is no success: it stays visible until the declared spec runs, or another one is declared.
    private func rollbackConditions(at moment: Moment) {
        var (back, barred): ([String], [String]) = ([], [])
        for (name, remembered) in world.memory.instances {
            if let rolledBack = remembered.activeRollback { back.append("\(name) \(rolledBack.text)") }
            if let obstacle = remembered.rollbackObstacle(in: world.observed) {
                barred.append("\(name) has no way back: its last known good spec cannot be had: \(obstacle)")
            }
        }
        set(.rolledBack, "RolloutFailed", back, at: moment)
        set(.rollbackImpossible, "LastKnownGoodMissing", barred, at: moment)
    }

    private func set(_ kind: Condition.Kind, _ reason: String, _ messages: [String], at moment: Moment) {
        guard let first = messages.min() else { return conditions.clear(kind) }
        let more = messages.count > 1 ? " (and \(messages.count - 1) more Instances)" : ""
        conditions.set(
            kind, true, reason: reason, message: first + more, at: moment.wall, revision: source.accepted?.id)
    }
}

extension Waiting.Reason {
    /// Something will come of it by itself.
    fileprivate var isProgress: Bool {
        switch self {
        case .gaveUp, .suspended, .protected, .unknown, .drift(_, held: true): false
        case .drift(_, held: false): true
        case .backoff, .dependency, .rollout, .host, .preparing, .dependents, .stopping: true
        }
    }
}
