import Manifests

extension World {
    /// The accepted revision of an earlier agent: the desired state again, without a line in the history.
    /// Host settings may have changed meanwhile, so it is compared like any other.
    package mutating func restore(_ desired: Desired, at moment: Moment) {
        accept(desired, at: moment, quietly: true)
        // What was read back from the store is as wide as what was resolved, and equal: one of them is
        // enough, and from now on a look tells that they are the same.
        for (name, new) in desired.instances where memory.instances[name]?.applied?.desired == new {
            memory.instances[name]?.applied?.desired = new
        }
    }

    /// The store that knew which oneshots succeeded is lost: none of them runs until someone asks for it.
    package mutating func holdOneshots(reason: String) {
        for (name, remembered) in memory.instances {
            guard let wanted = remembered.applied?.desired, wanted.spec.profile == .oneshot else { continue }
            for index in 0..<max(wanted.target, 0) {
                let slot = SlotID(instance: name, index: index)
                if observed.runs[slot] != nil || remembered.replicas[index]?.lastRun != nil { continue }
                let held = GaveUp(key: wanted.key, reason: "held, \(reason)")
                let own = ReplicaMemory(restart: RestartState(gaveUp: held))
                memory.instances[name]?.replicas[index] = own
                markDirty(name)
            }
        }
    }

    /// The store that knew what had proved itself is lost. What has lived for longer than a spec takes to
    /// prove itself is taken for good: nothing else is left that a failure could lead back to. What was in
    /// quarantine is not known any more, and is tried once.
    package mutating func recallGood(at moment: Moment) {
        let instances = Dictionary(grouping: observed.runs.values) { $0.slot.instance }
        for (name, runs) in instances where memory.instances[name]?.lastKnownGood.isEmpty ?? true {
            guard let first = runs.min(by: { $0.slot < $1.slot }),
                runs.allSatisfy({
                    $0.spec.specHash == first.spec.specHash && $0.hasLived(at: moment.instant)
                })
            else { continue }
            var good = first.spec
            good.process.portOffset = nil
            memory.instances[name, default: InstanceMemory()].lastKnownGood = [good]
            memory.instances[name]?.goodFacts = [
                first.spec.specHash.hex: KnownGood(
                    nonce: first.nonce, revision: first.revision, at: moment.wall)
            ]
            markDirty(name)
        }
    }
}

extension ObservedRun {
    /// As its spec is now, for as long as a spec must be in health to be last known good.
    fileprivate func hasLived(at now: Instant) -> Bool {
        guard phase == .running, spec.profile == .keepalive, let identity else { return false }
        let time = max(
            spec.update.minHealthyTime, spec.update.healthyDeadline, spec.restart.backoff.resetAfter)
        return max(identity.startedAt, changedAt ?? identity.startedAt) + time <= now
    }
}
