import Manifests

/// Runs that begin beside those which they are to replace, and the moment at which they take their place.
extension World {
    /// Replicas change over to successors that are healthy; with `blueGreen` all of them at once. What lost
    /// its own run meanwhile, and has no proven spec to go on with, has its successor for it.
    mutating func changeOver(_ name: String, at moment: Moment) {
        guard let remembered = memory.instances[name], let applied = remembered.inForce, !observed.stopping
        else { return }
        takeBack(name, remembered, applied.desired, at: moment.instant)
        guard let remembered = memory.instances[name] else { return }
        dropUnwanted(name, remembered, applied)
        guard let remembered = memory.instances[name], remembered.activeRollout?.failure == nil else {
            return
        }
        let desired = applied.desired
        let waiting = (0..<desired.target).filter { remembered.successor($0) != nil }
        guard !waiting.isEmpty else { return }
        let isAllHealthy =
            desired.spec.update.isBlueGreen
            && (0..<desired.target).allSatisfy {
                isHealthy(ReplicaID(instance: name, index: $0), desired, remembered, at: moment.instant)
            }
        for index in waiting {
            let replica = ReplicaID(instance: name, index: index)
            let leaves = observed.runs[remembered.slot(of: replica)] != nil
            let isWell =
                desired.spec.update.isBlueGreen
                ? isAllHealthy : isHealthy(replica, desired, remembered, at: moment.instant)
            let isDue = isWell || !leaves && remembered.standIn(index, applied) == nil
            guard isDue else { continue }
            memory.instances[name]?.promote(index, leaves: leaves)
            markDirty(name)
        }
    }

    /// What is wanted of the replica has been healthy for long enough, wherever it runs.
    private func isHealthy(
        _ replica: ReplicaID, _ desired: DesiredInstance, _ remembered: InstanceMemory, at now: Instant
    ) -> Bool {
        let slot = remembered.wantedSlot(of: replica)
        if remembered.remembered(slot)?.completed == desired.key { return true }
        guard let run = observed.runs[slot], run.isOf(desired),
            let proven = run.proven(after: desired.spec.update.minHealthyTime)
        else { return false }
        return proven <= now && run.isConfirmed
    }

    /// A replica changed over to a run that is well no longer, and what it had before still is, and was never
    /// asked to end: the agent went, or its keeper was silent, at just that moment. It is what the replica
    /// has, as before.
    private mutating func takeBack(
        _ name: String, _ remembered: InstanceMemory, _ desired: DesiredInstance, at now: Instant
    ) {
        guard remembered.activeRollout != nil else { return }
        for (index, place) in remembered.places ?? [:] where index < desired.target {
            guard let beside = place.beside, !beside.isSuccessor,
                remembered.replicas[index]?.completed != desired.key
            else { continue }
            let own = remembered.slot(of: ReplicaID(instance: name, index: index))
            guard let before = observed.runs[own.other], before.phase == .running, before.stopCause == nil,
                before.isServing || before.isUndetermined
            else { continue }
            let proven = observed.runs[own]?.proven(after: desired.spec.update.minHealthyTime)
            if let proven, proven <= now { continue }
            memory.instances[name]?.takeBack(index)
            markDirty(name)
        }
    }

    /// Successors that do not run, and that nothing waits for any more.
    private mutating func dropUnwanted(
        _ name: String, _ remembered: InstanceMemory, _ applied: InstanceMemory.Applied
    ) {
        for index in (remembered.places ?? [:]).keys {
            guard let successor = remembered.successor(index) else { continue }
            let own = remembered.slot(of: ReplicaID(instance: name, index: index))
            guard observed.runs[own.other] == nil else { continue }
            let isAsWanted =
                observed.runs[own]?.key == applied.desired.key && !successor.cause.isCure
                && !successor.cause.isScheduled
            let isNew = successor.memory.lastKey == applied.desired.key && index < applied.desired.target
            if isAsWanted || !isNew || !applied.desired.spec.update.overlaps {
                memory.instances[name]?.forgetBeside(index)
                markDirty(name)
            }
        }
    }

    /// A run beside its replica's own is over: only what is to be started again is remembered.
    mutating func leave(_ slot: SlotID, _ run: ObservedRun) {
        guard let remembered = memory.instances[slot.instance], !remembered.isOwn(slot) else { return }
        let desired = remembered.inForce?.desired
        let isWanted =
            desired?.key == run.key && slot.replica.index < desired?.target ?? 0 && !run.wasAskedToEnd
        if remembered.isSuccessor(slot) && isWanted { return }
        memory.instances[slot.instance]?.forgetBeside(slot.replica.index)
        markDirty(slot.instance)
    }

    /// A run of which nothing is remembered, and that is alone, is its replica's own.
    mutating func settle(_ run: ObservedRun) {
        let (name, index) = (run.slot.instance, run.slot.replica.index)
        guard run.slot.isSecond, observed.runs[run.slot.other] == nil,
            memory.instances[name]?.places?[index] == nil
        else { return }
        var remembered = memory.instances[name] ?? InstanceMemory()
        remembered.places = remembered.places ?? [:]
        remembered.places?[index] = ReplicaPlace(isSecond: true)
        memory.instances[name] = remembered
        markDirty(name)
    }

    /// A cure counts from its beginning: by its end the run that needed it is another slot's.
    mutating func countCureBeside(_ slot: SlotID, _ cause: Cause, at moment: Moment) {
        guard cause.isCure, memory.instances[slot.instance]?.isSuccessor(slot) == true,
            let own = observed.runs[slot.other]
        else { return }
        memory.instances[slot.instance]?.replicas[slot.replica.index]?.countCure(
            cause, of: own, at: moment.instant)
        markDirty(slot.instance)
    }
}

extension InstanceMemory {
    /// What a replica that has lost its run goes on with, while what is wanted has not taken its place: the
    /// spec that it had, if that was last known good.
    func standIn(_ index: Int, _ applied: Applied) -> InstanceSpec? {
        guard let rollout = activeRollout,
            rollout.replicas[index]?.begun == nil || successor(index) != nil,
            let own = replicas[index], let last = own.lastKey,
            last != applied.desired.key, own.completed != last, !own.wasWithdrawn,
            let old = lastKnownGood.first(where: { $0.startHash == last.start }),
            old.profile == .keepalive
        else { return nil }
        return old
    }
}

extension ReplicaMemory {
    /// Its last run ended because it was declared no longer; what is declared since is another one.
    fileprivate var wasWithdrawn: Bool { lastStop?.reason == .removed }
}
