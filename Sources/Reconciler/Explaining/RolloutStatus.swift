import Manifests

/// A rollout, or what became of it, as it is shown.
package struct RolloutStatus: Sendable {
    package enum State: String, Sendable {
        /// Nothing is touched yet.
        case pending = "Pending"
        case progressing = "Progressing"
        /// Every replica is healthy; it is not last known good yet.
        case proving = "Proving"
        /// It failed, and is left to the restart policy.
        case failed = "Failed"
        case rolledBack = "RolledBack"
    }
    package var state: State
    package var specHash: SpecHash
    package var revision: Revision
    package var changes: [FieldChange]
    package var healthyCount: Int
    package var target: Int
    package var exits: Int
    package var startedWall: WallTime?
    /// When it will have failed, or proved itself, if nothing else happens.
    package var dueAt: Instant?
    package var failure: RolloutFailure?
    /// The last known good spec, to which a failure leads or has led.
    package var good: InstanceSpec?
    package var goodRevision: Revision?
    /// Why there is no way back, where there should be one.
    package var obstacle: String?
    /// What brings it further.
    package var remedy: String
}

extension InstanceMemory {
    /// Why the last known good spec cannot be had, though the declared one is not proven; nil: it can, or
    /// there is none.
    package func rollbackObstacle(in observed: Observed) -> String? {
        guard activeRollout != nil, let good = fallback,
            case .failed(let failure, _, _) = observed.preparations[good.specHash]
        else { return nil }
        return "\(failure.message); \(failure.remedy)"
    }
}

extension AgentState {
    /// nil: what is declared has proved itself, or was never anything else.
    package func rolloutStatus(_ name: String) -> RolloutStatus? {
        guard let remembered = memory.instances[name], let desired = remembered.applied?.desired else {
            return nil
        }
        if let rolledBack = remembered.activeRollback { return status(rolledBack, remembered, desired) }
        guard let rollout = remembered.activeRollout, desired.target > 0 else { return nil }
        let review = RolloutReview(rollout, remembered, observed, at: now)
        let failure = rollout.failure
        let state: RolloutStatus.State =
            if failure != nil {
                .failed
            } else if !rollout.clock.isRunning {
                .pending
            } else {
                review.isReplaced && review.target > 0 ? .proving : .progressing
            }
        let due = state == .proving ? remembered.promotionDue(of: name, observed: observed) : review.wakeAt
        return RolloutStatus(
            state: state, specHash: rollout.specHash, revision: rollout.revision, changes: rollout.changes,
            healthyCount: review.healthyCount, target: review.target, exits: rollout.exits,
            startedWall: rollout.startedWall, dueAt: state == .pending ? nil : due, failure: failure,
            good: remembered.fallback,
            goodRevision: remembered.fallback.flatMap { remembered.goodFacts?[$0.specHash.hex]?.revision },
            obstacle: remembered.rollbackObstacle(in: observed),
            remedy: remedy(state, remembered, desired))
    }

    private func status(
        _ rolledBack: RolledBack, _ remembered: InstanceMemory, _ desired: DesiredInstance
    ) -> RolloutStatus {
        let good = remembered.spec(rolledBack.good)
        let healthy = (0..<desired.target).count { index in
            let run = observed.runs[remembered.slot(of: ReplicaID(instance: desired.name, index: index))]
            return run?.isServing == true && run?.spec.specHash == rolledBack.good
        }
        let host =
            remembered.quarantine?.first { $0.specHash == rolledBack.specHash }?.inputs != nil
            ? ", mend what it takes from this host," : ""
        return RolloutStatus(
            state: .rolledBack, specHash: rolledBack.specHash, revision: rolledBack.revision,
            changes: rolledBack.changes, healthyCount: healthy, target: desired.target, exits: 0,
            startedWall: rolledBack.at, dueAt: nil, failure: rolledBack.failure, good: good,
            goodRevision: rolledBack.goodRevision, obstacle: nil,
            remedy: "commit a fix\(host) or `plumb retry \(desired.name)`")
    }

    private func remedy(
        _ state: RolloutStatus.State, _ remembered: InstanceMemory, _ desired: DesiredInstance
    ) -> String {
        switch state {
        case .pending:
            let waits = waiting.first { $0.replica.instance == desired.name }
            return waits?.reason.text(now: now) ?? "it begins with the next replica"
        case .progressing, .proving:
            return remembered.fallback == nil
                ? "no spec has proved itself yet: a failure is left to the restart policy"
                : desired.spec.update.isRollbackAutomatic
                    ? "a failure leads back to the last known good spec"
                    : "a failure is left to the restart policy (rollback.automatic: false)"
        case .failed:
            return "commit a fix, or `plumb retry \(desired.name)`"
        case .rolledBack: return ""
        }
    }
}

extension RolledBack {
    /// The one line that status shows of it.
    package var text: String {
        "rolled back to \(goodRevision.short): what \(revision.short) by \(revision.author) changes failed: "
            + failure.message
    }
}

extension RolloutStatus {
    /// `main@3f2a9c1: 1 of 3 healthy, 2 exits`, as status shows it.
    package func text(now: Instant) -> String {
        var parts = ["\(healthyCount) of \(target) healthy"]
        if exits > 0 { parts.append("\(exits) exit\(exits == 1 ? "" : "s")") }
        if let dueAt, dueAt > now {
            parts.append(
                state == .proving
                    ? "last known good in \((dueAt - now).rough)" : "next deadline in \((dueAt - now).rough)")
        }
        return "rollout of \(revision.short) \(state.rawValue): " + parts.joined(separator: ", ")
    }
}
