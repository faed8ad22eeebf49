import Manifests

extension Planner {
    /// How long after a look at what a failed spec takes from the host the next one follows: mending the host
    /// lifts its quarantine.
    static let inputsPeriod = Duration.seconds(30)

    /// What a rollout, or a spec that failed, needs beside its replicas: checks, and the next moment at which
    /// it is to be looked at.
    mutating func planRollout(_ name: String, _ remembered: InstanceMemory) {
        if let at = remembered.promotionDue(of: name, observed: observed), at > now { wake(at) }
        if let at = remembered.overtakenDue(of: name, observed: observed)?.at, at > now { wake(at) }
        if observed.stopping { return }
        if let rollout = remembered.activeRollout, let desired = remembered.applied?.desired,
            desired.target > 0
        {
            let review = RolloutReview(rollout, remembered, observed, at: now)
            if let at = review.wakeAt, at > now { wake(at) }
            if let at = review.tickDue(desired.spec.update), at > now { wake(at) }
            if let good = remembered.fallback { check(good) }
        }
        if let rolledBack = remembered.activeRollback { lookAtInputs(rolledBack, remembered) }
    }

    /// Package, user and secrets of the last known good spec are looked at before anything is stopped for the
    /// new one, and again as long as they are not well.
    private mutating func check(_ spec: InstanceSpec) {
        switch observed.preparations[spec.specHash] {
        case .ready, .underway: break
        case .failed(_, _, let retryAt) where retryAt > now: wake(retryAt)
        case .failed, nil: prepare(spec)
        }
    }

    /// Only a failure says that the way back is barred; the rollout does not wait for that to change, or a
    /// fix would.
    mutating func isFallbackChecked(_ slot: SlotID) -> Bool {
        guard let remembered = memory.instances[slot.instance], remembered.activeRollout != nil,
            let good = remembered.fallback
        else { return true }
        switch observed.preparations[good.specHash] {
        case .ready, .failed: return true
        case .underway, nil:
            wait(slot, .preparing, until: nil)
            return false
        }
    }

    private mutating func lookAtInputs(_ rolledBack: RolledBack, _ remembered: InstanceMemory) {
        guard let failed = remembered.applied?.desired.spec, remembered.applied?.desired.suspend != true,
            remembered.quarantine?.first(where: { $0.specHash == failed.specHash })?.inputs != nil
        else { return }
        if let seen = observed.inputs?[failed.specHash], seen.at + Self.inputsPeriod > now {
            return wake(seen.at + Self.inputsPeriod)
        }
        if observed.preparations[failed.specHash] != .underway { prepare(failed) }
    }

    /// What a replica ran before, where the new spec cannot begin (a secret is missing, a dependency was
    /// rolled back, canaries are held, the whole new set is not healthy) and the run of the old one has
    /// ended: it stays what it was until it can.
    mutating func standIn(for slot: SlotID, _ applied: InstanceMemory.Applied) -> InstanceSpec? {
        guard let remembered = memory.instances[slot.instance], let rollout = remembered.activeRollout
        else { return nil }
        if remembered.replicas[slot.replica.index]?.lastKey == nil, let good = remembered.fallback {
            // One that is new is no canary where there are enough of them: it begins as what the others are.
            return holdsBack(rollout, from: slot, applied) && !isKnownMissing(good) ? good : nil
        }
        guard let old = remembered.standIn(slot.replica.index, applied) else { return nil }
        guard isHeldBack(rollout, slot, old, applied) else { return nil }
        // What it waits for may be there by the time that it can begin.
        check(applied.desired.spec)
        return old
    }

    private func isHeldBack(
        _ rollout: Rollout, _ slot: SlotID, _ old: InstanceSpec, _ applied: InstanceMemory.Applied
    ) -> Bool {
        let own = memory.instances[slot.instance]?.replicas[slot.replica.index]
        // Its successor is not healthy yet: what may be bad is not all that the replica has.
        let isFollowed = memory.instances[slot.instance]?.successor(slot.replica.index) != nil
        if applied.desired.spec.update.isBlueGreen || isFollowed, own?.restart.gaveUp == nil { return true }
        if holdsBack(rollout, from: slot, applied), !isKnownMissing(old) { return true }
        if case .failed(_, _, let retryAt) = observed.preparations[applied.desired.spec.specHash],
            retryAt > now
        {
            return true
        }
        return gate.unmet(applied, changed: true) != nil
    }

    /// The new spec has all the canaries that it may have: whatever else ends meanwhile is not one more.
    private func holdsBack(
        _ rollout: Rollout, from slot: SlotID, _ applied: InstanceMemory.Applied
    ) -> Bool {
        guard rollout.replicas[slot.replica.index] == nil,
            let most = rollout.canariesMax(applied.desired.spec.update, at: now)
        else { return false }
        return rollout.canaries(of: applied.desired.target) >= most
    }

    private func isKnownMissing(_ spec: InstanceSpec) -> Bool {
        if case .failed = observed.preparations[spec.specHash] { true } else { false }
    }

    /// Its exits count as those of any run: backoff, and an end of it.
    mutating func planStandIn(_ old: InstanceSpec, _ slot: SlotID, _ applied: InstanceMemory.Applied) {
        guard let remembered = memory.instances[slot.instance] else { return }
        let own = remembered.replicas[slot.replica.index] ?? ReplicaMemory()
        let facts = remembered.goodFacts?[old.specHash.hex]
        let last = own.lastKey ?? RunKey(start: old.startHash, nonce: facts?.nonce ?? applied.desired.nonce)
        if case .failed(_, _, let retryAt) = observed.preparations[applied.desired.spec.specHash],
            retryAt > now
        {
            wake(retryAt)
        }
        if let gaveUp = own.restart.gaveUp, gaveUp.key == last {
            return wait(slot, .gaveUp(gaveUp), until: nil)
        }
        if let until = own.restart.backoffUntil, until > now {
            return wait(slot, .backoff(until: until, failures: own.restart.failures), until: until)
        }
        guard isPrepared(slot, old) else { return }
        if let unmet = gate.unmet(applied, changed: false) { return wait(slot, unmet, until: nil) }
        let revision = facts?.revision ?? applied.startRevision
        let missing = Cause(reason: .missing, place: applied.desired.place, revision: revision)
        let cause: Cause? =
            switch own.lastStop?.reason {
            case .scaled: applied.scaleCause
            case .some: own.lastStop
            case nil where own.lastKey == nil: own.wanted ?? applied.scaleCause
            case nil: own.isEnded ? own.lastExit.map { Cause(reason: .exited($0)) } : nil
            }
        start(
            StartAction(
                slot: slot, spec: old, nonce: last.nonce, revision: revision,
                dependsOn: applied.desired.dependsOn,
                cause: cause ?? missing))
    }
}
