import Manifests

/// Which of an Instance's outdated replicas may be stopped now, and beside which of them the next run may
/// begin.
struct RolloutWindow {
    /// The replicas that may be replaced now.
    var admitted: Set<SlotID> = []
    /// Runs beside which their successors may begin now.
    var succeeded: Set<SlotID> = []
    /// Successors that may begin anew now.
    private(set) var begins: Set<SlotID> = []
    /// Why the others wait.
    var detail = ""
    /// When waiting can end by itself.
    var wakeAt: Instant?
    /// No start before every outdated run is gone (`recreate`).
    var holdsStarts = false
    /// How the successors of runs are doing.
    private var progress: [SlotID: String] = [:]

    init(
        _ items: [Assessment.Item], _ remembered: InstanceMemory, _ applied: InstanceMemory.Applied,
        _ observed: Observed, at now: Instant
    ) {
        let target = applied.desired.target
        let own = items.filter { $0.slot.replica.index < target && remembered.isOwn($0.slot) }
        let outdated = own.compactMap(\.outdated)
        let policy = applied.desired.spec.update
        if policy.strategy == .recreate {
            admitted = Set(outdated.map(\.slot))
            holdsStarts = items.contains { item in
                guard let run = observed.runs[item.slot], !remembered.isSuccessor(item.slot) else {
                    return false
                }
                return run.key != applied.desired.key
            }
            return
        }
        // An earlier policy may have let more of them begin than this one does.
        let live = items.count { observed.runs[$0.slot] != nil } - own.count { observed.runs[$0.slot] != nil }
        let room = policy.isBlueGreen ? target : policy.maxSurge - live
        let successors = items.filter { remembered.isSuccessor($0.slot) }
        begins = Set(successors.filter(\.isStart).map(\.slot).prefix(max(room, 0)))
        for item in successors {
            progress[item.slot.other] = describe(item, observed.runs[item.slot], applied, at: now)
        }
        // What does not serve is replaced first, and takes nothing of what may be missing. A run that the
        // agent has just come back to may well serve: it waits until its probes have spoken.
        // Of what has failed this is only true of one that was ready when it was last seen.
        let isBack = applied.rollback != nil
        if !policy.isBlueGreen || isBack {
            admitted = Set(
                outdated.filter { run in
                    !run.isServing && remembered.successor(run.slot.replica.index) == nil
                        && (!run.isUndetermined || isBack && run.isGated && run.readyBefore == nil)
                }.map(\.slot))
        }
        admitted.subtract(startingBeside(remembered, applied, outdated, at: now))
        // A replica that ended well as the wanted spec is all that it was meant to be.
        let wanted = own.filter { item in
            remembered.replicas[item.slot.replica.index]?.completed != applied.desired.key
        }
        let missing = unavailable(wanted, applied, observed, at: now)
        var canaries = target
        if let rollout = remembered.activeRollout, let most = rollout.canariesMax(policy, at: now) {
            // What is being stopped for it counts as well.
            let touched = rollout.canaries(of: target)
            canaries = most - touched
            if touched >= most, rollout.failure == nil {
                holdText(rollout, policy, most, at: now)
            }
        }
        if let failure = remembered.activeRollout?.failure {
            // What serves is not given up for a spec that has failed.
            detail = "the rollout failed, and goes no further: \(failure.message)"
            return
        }
        let beside = items.count - own.count
        admit(outdated, items, remembered, policy, (missing, beside, canaries), observed)
        if !detail.isEmpty { return }
        detail = policy.pace(missing: missing, of: target)
    }

    /// Serving replicas, as many as may go or get a successor at once.
    private mutating func admit(
        _ outdated: [ObservedRun], _ items: [Assessment.Item], _ remembered: InstanceMemory,
        _ policy: UpdatePolicy, _ counts: (missing: Int, beside: Int, canaries: Int), _ observed: Observed
    ) {
        let live = Set(items.filter(\.isUpdate).map(\.slot))
        var canaries = counts.canaries
        var room = (policy.isBlueGreen ? 0 : policy.maxUnavailable) - counts.missing
        // A change that is applied to what runs takes nothing away, and takes turns all the same.
        var liveRoom = max(policy.maxUnavailable, 1) - counts.missing
        var surge = policy.isBlueGreen ? outdated.count : policy.maxSurge - counts.beside
        for run in outdated where !admitted.contains(run.slot) {
            let index = run.slot.replica.index
            if live.contains(run.slot) {
                guard run.isServing, liveRoom > 0, canaries > 0 else { continue }
                admitted.insert(run.slot)
                (room, liveRoom, canaries) = (room - 1, liveRoom - 1, canaries - 1)
                continue
            }
            guard run.isServing || policy.isBlueGreen && run.phase == .running,
                remembered.successor(index) == nil
            else { continue }
            let isTouched = remembered.activeRollout?.replicas[index] != nil
            guard canaries > 0 || isTouched && policy.overlaps else { continue }
            if surge > 0, observed.runs[run.slot.other] == nil {
                succeeded.insert(run.slot)
                surge -= 1
            } else if room > 0 {
                admitted.insert(run.slot)
                (room, liveRoom) = (room - 1, liveRoom - 1)
            } else {
                continue
            }
            if !isTouched || !policy.overlaps { canaries -= 1 }
        }
    }

    /// Why a run waits: for its successor, where it has one.
    func detail(of slot: SlotID) -> String { progress[slot] ?? detail }

    private mutating func describe(
        _ item: Assessment.Item, _ run: ObservedRun?, _ applied: InstanceMemory.Applied, at now: Instant
    ) -> String {
        let whose = "its successor in slot \(item.slot) must be healthy first"
        guard let run else {
            if case .wait(let reason, _) = item.need { return "\(whose): \(reason.text(now: now))" }
            return whose
        }
        guard let proven = run.proven(after: applied.desired.spec.update.minHealthyTime) else {
            return run.phase == .running ? run.probeDetail.map { "\(whose): \($0)" } ?? whose : whose
        }
        if proven <= now {
            return "its successor in slot \(item.slot) is healthy; all of the new set must be (blueGreen)"
        }
        wakeAt = min(wakeAt ?? proven, proven)
        return "\(whose): it must be ready for another \((proven - now).rough)"
    }

    /// Replicas that came back as the old spec because there are canaries enough: they are given the time
    /// that a new one has, rather than taken for unwell.
    private mutating func startingBeside(
        _ remembered: InstanceMemory, _ applied: InstanceMemory.Applied, _ outdated: [ObservedRun],
        at now: Instant
    ) -> Set<SlotID> {
        let policy = applied.desired.spec.update
        guard let rollout = remembered.activeRollout, let most = rollout.canariesMax(policy, at: now),
            rollout.canaries(of: applied.desired.target) >= most
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

extension Assessment.Item {
    /// The run, where it is not what is wanted.
    fileprivate var outdated: ObservedRun? {
        switch need {
        case .replace(let run, _): run
        case .update(let run, _, let cause) where !cause.isCure: run
        default: nil
        }
    }

    fileprivate var isUpdate: Bool { if case .update = need { true } else { false } }
    fileprivate var isStart: Bool { if case .start = need { true } else { false } }
}

extension UpdatePolicy {
    fileprivate func pace(missing: Int, of target: Int) -> String {
        if isBlueGreen { return "the whole new set begins beside the old one (blueGreen)" }
        let text = "\(missing) of \(target) unavailable, at most \(maxUnavailable) at a time"
        return maxSurge == 0 ? text : "\(text), at most \(maxSurge) beside them"
    }
}
