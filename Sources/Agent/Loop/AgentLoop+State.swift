import Manifests
package import Reconciler

extension AgentLoop {
    /// Everything that can be shown, as of now.
    package func state() -> AgentState {
        let moment = clock.now()
        return AgentState(
            node: settings.node, version: PlumbVersion.current.description,
            stateDir: settings.stateDir, bootID: clock.bootID, startedWall: startedWall,
            isReady: isReady, source: source, conditions: conditions.list, desired: world.desired,
            observed: world.observed, memory: world.memory, waiting: waiting, now: moment.instant,
            nowWall: moment.wall)
    }

    func updateConditions(at moment: Moment) {
        let behind = source.seen != nil && source.seen?.id != source.accepted?.id
        let synced = source.accepted != nil && !behind && !conditions.isTrue(.sourceStale)
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
            } else if conditions.isTrue(.sourceStale) {
                (
                    "SourceStale",
                    "the repository cannot be read; \(source.accepted?.short ?? "") stays in force"
                )
            } else if behind {
                ("Reading", "\(source.seen?.short ?? "") is being read")
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

extension Waiting.Reason {
    /// Something will come of it by itself.
    fileprivate var isProgress: Bool {
        switch self {
        case .gaveUp, .suspended, .unknown, .drift(_, held: true): false
        case .drift(_, held: false): true
        case .backoff, .dependency, .rollout, .host, .preparing, .dependents, .stopping: true
        }
    }
}
