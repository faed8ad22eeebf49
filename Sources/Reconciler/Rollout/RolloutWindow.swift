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

    init(_ items: [Assessment.Item], _ applied: InstanceMemory.Applied, _ observed: Observed, at now: Instant)
    {
        let outdated = items.compactMap { item -> ObservedRun? in
            if case .replace(let run, _) = item.need { run } else { nil }
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
        // What is not ready serves nobody: it is replaced first, and takes nothing of what may be missing.
        admitted = Set(outdated.filter { !$0.isReady }.map(\.slot))
        let missing = unavailable(items, applied, observed, at: now)
        var room = policy.maxUnavailable - missing
        for run in outdated where run.isReady && room > 0 {
            admitted.insert(run.slot)
            room -= 1
        }
        detail =
            "\(missing) of \(applied.desired.target) unavailable, at most \(policy.maxUnavailable) at a time"
    }

    /// Replicas that do not serve now: not running, not ready, or not yet ready for `minHealthyTime` as the new spec.
    private mutating func unavailable(
        _ items: [Assessment.Item], _ applied: InstanceMemory.Applied, _ observed: Observed, at now: Instant
    ) -> Int {
        var count = 0
        for item in items where item.slot.replica.index < applied.desired.target {
            guard let run = observed.runs[item.slot], let since = run.readySince, run.phase == .running else {
                count += 1
                continue
            }
            let proven = since + applied.desired.spec.update.minHealthyTime
            if run.key == applied.desired.key && proven > now {
                count += 1
                wakeAt = min(wakeAt ?? proven, proven)
            }
        }
        return count
    }
}
