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
        admitted.subtract(startingBeside(remembered, applied, outdated, at: now))
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

    /// Replicas that came back as the old spec because there are canaries enough: they are given the time
    /// that a new one has, rather than taken for unwell.
    private mutating func startingBeside(
        _ remembered: InstanceMemory, _ applied: InstanceMemory.Applied, _ outdated: [ObservedRun],
        at now: Instant
    ) -> Set<SlotID> {
        let policy = applied.desired.spec.update
        guard let rollout = remembered.activeRollout, let most = rollout.canariesMax(policy, at: now),
            rollout.replicas.keys.count(where: { $0 < applied.desired.target }) >= most
        else { return [] }
        var starting: Set<SlotID> = []
        for run in outdated where run.readySince == nil && run.longestReady == .zero && !run.livenessFailed {
            let due = run.claimedAt + run.spec.update.healthyDeadline
            guard due > now, rollout.replicas[run.slot.replica.index] == nil else { continue }
            starting.insert(run.slot)
            wakeAt = min(wakeAt ?? due, due)
        }
        return starting
    }

    private mutating func holdText(
        _ rollout: Rollout, _ policy: UpdatePolicy, _ count: Int, at now: Instant
    ) {
        let noun = count == 1 ? "canary" : "canaries"
        guard let canary = policy.canary, let end = rollout.holdEnd(canary) else {
            detail = "\(count) \(noun) must be healthy first"
            return
        }
        wakeAt = min(wakeAt ?? end, end)
        detail = "\(count) \(noun) held for another \((end - now).rough)"
    }

    /// Replicas that do not serve now: not running, not ready, or not yet ready for `minHealthyTime` as the
    /// new spec, by every probe that it has.
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
            guard run.isOf(applied.desired) else { continue }
            if proven > now || !run.isConfirmed { count += 1 }
            if proven > now { wakeAt = min(wakeAt ?? proven, proven) }
        }
        return count
    }
}
