import Manifests

/// Which of an Instance's outdated replicas may be stopped now.
struct RolloutWindow {
    /// The replicas that may be replaced now.
    var admitted: Set<SlotID> = []
    /// Why the others wait.
    var detail = ""
    /// When waiting can end by itself.
    var wakeAt: Instant?
    /// No start before every outdated run is gone (`recreate`).
    var holdsStarts = false

    init(
        _ items: [Assessment.Item], _ remembered: InstanceMemory, _ applied: InstanceMemory.Applied,
        _ observed: Observed, at now: Instant
    ) {
        let outdated = items.compactMap { item -> ObservedRun? in
            switch item.need {
            case .replace(let run, _): run
            case .update(let run, _, let cause) where !cause.isCure: run
            default: nil
            }
        }
        let policy = applied.desired.spec.update
        if policy.strategy == .recreate {
            admitted = Set(outdated.map(\.slot))
            holdsStarts = items.contains { item in
                guard let run = observed.runs[item.slot] else { return false }
                return run.key != applied.desired.key
            }
            return
        }
        // What does not serve is replaced first, and takes nothing of what may be missing. A run that the
        // agent has just come back to may well serve: it waits until its probes have spoken.
        // Of what has failed this is only true of one that was ready when it was last seen.
        let isBack = applied.rollback != nil
        admitted = Set(
            outdated.filter { run in
                !run.isServing && (!run.isUndetermined || isBack && run.isGated && run.readyBefore == nil)
            }.map(\.slot))
        // A replica that ended well as the wanted spec is all that it was meant to be.
        let wanted = items.filter { item in
            item.slot.replica.index < applied.desired.target
                && remembered.replicas[item.slot.replica.index]?.completed != applied.desired.key
        }
        let missing = unavailable(wanted, applied, observed, at: now)
        var room = policy.maxUnavailable - missing
        if let rollout = remembered.activeRollout, let most = rollout.canariesMax(policy, at: now) {
            // What is being stopped for it counts as well.
            let touched = rollout.replicas.keys.count { $0 < applied.desired.target }
            room = min(room, most - touched)
            if touched >= most, rollout.failure == nil {
                holdText(rollout, policy, most, at: now)
            }
        }
        if let failure = remembered.activeRollout?.failure {
            // What serves is not given up for a spec that has failed.
            detail = "the rollout failed, and goes no further: \(failure.message)"
            return
        }
        for run in outdated where run.isServing && room > 0 {
            admitted.insert(run.slot)
            room -= 1
        }
        if !detail.isEmpty { return }
        detail =
            "\(missing) of \(applied.desired.target) unavailable, at most \(policy.maxUnavailable) at a time"
    }

    private mutating func holdText(
        _ rollout: Rollout, _ policy: UpdatePolicy, _ count: Int, at now: Instant
    ) {
        let noun = count == 1 ? "canary" : "canaries"
        guard let canary = policy.canary, let end = rollout.holdEnd(canary) else {
            detail = "\(count) \(noun) must be healthy first"
            return
        }
        wakeAt = end
        detail = "\(count) \(noun) held for another \((end - now).rough)"
    }

    /// Replicas that do not serve now: not running, not ready, or not yet ready for `minHealthyTime` as the
    /// new spec.
    private mutating func unavailable(
        _ items: [Assessment.Item], _ applied: InstanceMemory.Applied, _ observed: Observed, at now: Instant
    ) -> Int {
        var count = 0
        for item in items {
            guard let run = observed.runs[item.slot],
                let proven = run.proven(after: applied.desired.spec.update.minHealthyTime)
            else {
                count += 1
                continue
            }
            if run.isOf(applied.desired) && proven > now {
                count += 1
                wakeAt = min(wakeAt ?? proven, proven)
            }
        }
        return count
    }
}
