import Manifests

extension World {
    /// A revision became the desired state. What is suspended stays as it was.
    package mutating func accept(_ desired: Desired, at moment: Moment, quietly: Bool = false) {
        let revision = desired.revision
        // In the order of their names, for the history; nearly all are as they were.
        let news = desired.instances.filter { name, new in
            memory.instances[name].map { !$0.isSettled(as: new) } ?? true
        }
        for (_, new) in news.sorted(by: { $0.key < $1.key }) { accept(new, revision: revision, at: moment) }
        for name in memory.instances.keys.filter({ desired.instances[$0] == nil }).sorted() {
            withdraw(name, revision: revision, at: moment.wall)
        }
        withdrawForgotten(desired)
        forgetLongWithdrawn()
        self.desired = desired
        if quietly { return }
        note(
            EventRecord(
                kind: .revisionAccepted, time: moment.wall, revision: revision,
                message: "\(revision.short) by \(revision.byline) is the desired state: \(revision.subject)"))
    }

    private mutating func accept(_ new: DesiredInstance, revision: Revision, at moment: Moment) {
        let name = new.name
        guard var remembered = memory.instances[name], let applied = remembered.applied else {
            if !new.suspend { acceptFirst(new, revision: revision) }
            return
        }
        if new.suspend { return hold(new, applied, revision: revision) }
        let changes = fieldChanges(from: applied.desired, to: new)
        if changes.isEmpty && applied.desired.places == new.places && remembered.held == nil {
            // The same, read anew: from now on it is recognised at one look.
            memory.instances[name]?.applied?.desired = new
            return
        }
        remembered.apply(new, changes, revision)
        memory.instances[name] = remembered
        markDirty(name)
        guard applied.desired.spec.specHash != new.spec.specHash else { return }
        // What leads back is looked at before anything is stopped.
        if let good = remembered.fallback?.specHash, observed.preparations[good] != .underway {
            observed.preparations[good] = nil
        }
        if let rolledBack = remembered.activeRollback {
            note(
                EventRecord(
                    kind: .rolledBack, time: moment.wall, instance: name, revision: revision,
                    message: "\(name) goes on with its last known good spec: \(rolledBack.specHash) failed "
                        + "here before, and is not tried again: \(rolledBack.failure.message)"))
        }
    }

    private mutating func acceptFirst(_ new: DesiredInstance, revision: Revision) {
        var remembered = memory.instances[new.name] ?? InstanceMemory()
        let cause = Cause(reason: .newInstance, place: new.place, revision: revision)
        remembered.applied = InstanceMemory.Applied(
            desired: new, startRevision: revision, specRevision: revision, scaleRevision: revision,
            startCause: cause, specCause: cause, scaleCause: cause)
        remembered.removal = nil
        remembered.withdrawnAt = nil
        if let good = remembered.lastKnownGood.first, good.specHash != new.spec.specHash {
            let changes = fieldChanges(from: good, to: new.spec).filter { $0.effect != .none }
            remembered.beginRollout(changes: changes, revision: revision)
        }
        // Its last runs may be ending still; what they did is of no weight for one that is declared anew.
        remembered.changeEveryMemory { own in
            own.restart.rearm()
            own.wanted = nil
        }
        memory.instances[new.name] = remembered
        markDirty(new.name)
    }

    /// Everything but the fact that it is suspended waits until that is lifted.
    private mutating func hold(
        _ new: DesiredInstance, _ applied: InstanceMemory.Applied, revision: Revision
    ) {
        let changes = fieldChanges(from: applied.desired, to: new).filter { $0.effect != .none }
        let known = memory.instances[new.name]?.held
        if applied.desired.suspend && known?.changes ?? [] == changes && known?.reason != .removed { return }
        memory.instances[new.name]?.applied?.desired.suspend = true
        memory.instances[new.name]?.held =
            changes.isEmpty
            ? nil
            : Cause(reason: .changed, changes: changes, place: changes.first?.place, revision: revision)
        markDirty(new.name)
    }

    /// It is declared no longer. Completed oneshots stay remembered, so that declaring one again repeats
    /// nothing.
    private mutating func withdraw(_ name: String, revision: Revision, at time: WallTime) {
        guard var remembered = memory.instances[name], let applied = remembered.applied else { return }
        let cause = Cause(reason: .removed, place: applied.desired.place, revision: revision)
        if applied.desired.suspend || applied.desired.prune == .protect {
            // Deleting the file must not delete the protection: it is lifted first, and deleted then.
            if remembered.held?.reason == .removed { return }
            remembered.held = cause
        } else {
            remembered.applied = nil
            remembered.removal = cause
            remembered.withdrawnAt = time
        }
        memory.instances[name] = remembered
        markDirty(name)
        forgetIfGone(name)
    }

    /// Runs of which nothing is remembered (the Store was lost) and that this revision does not declare.
    private mutating func withdrawForgotten(_ desired: Desired) {
        for name in Set(observed.runs.keys.map(\.instance)) where desired.instances[name] == nil {
            let remembered = memory.instances[name] ?? InstanceMemory()
            guard remembered.applied == nil && remembered.removal == nil else { continue }
            memory.instances[name] = remembered
            memory.instances[name]?.removal = Cause(reason: .removed, revision: desired.revision)
            markDirty(name)
        }
    }

    /// Of what completed and is declared no longer the newest are kept: a name that comes back after so many
    /// others runs again.
    private mutating func forgetLongWithdrawn() {
        let live = Set(observed.runs.keys.map(\.instance))
        var withdrawn: [String: InstanceMemory] = [:]
        for (name, remembered) in memory.instances where remembered.applied == nil && !live.contains(name) {
            withdrawn[name] = remembered
        }
        guard withdrawn.count > InstanceMemory.withdrawnMax else { return }
        let oldestFirst = withdrawn.sorted { a, b in
            let (x, y) = (a.value.withdrawnAt?.nanoseconds ?? 0, b.value.withdrawnAt?.nanoseconds ?? 0)
            return (x, a.key) < (y, b.key)
        }
        for (name, _) in oldestFirst.prefix(withdrawn.count - InstanceMemory.withdrawnMax) {
            memory.instances[name] = nil
            markDirty(name)
        }
    }

    /// Drops the memory of an Instance that is declared no longer, has no run, and completed nothing.
    mutating func forgetIfGone(_ name: String) {
        guard let remembered = memory.instances[name], remembered.applied == nil else { return }
        if remembered.replicas.values.contains(where: { $0.completed != nil }) { return }
        if observed.runs.keys.contains(where: { $0.instance == name }) { return }
        memory.instances[name] = nil
        markDirty(name)
    }
}

extension InstanceMemory {
    /// Accepting this changes nothing of it.
    fileprivate func isSettled(as new: DesiredInstance) -> Bool {
        guard let applied, held == nil, !new.suspend else { return false }
        return applied.desired == new
    }

    /// Takes over what is wanted now, and notes for each kind of change what brought it.
    fileprivate mutating func apply(
        _ new: DesiredInstance, _ changes: [FieldChange], _ revision: Revision
    ) {
        guard var next = applied else { return }
        let old = next.desired
        held = nil
        func cause(_ reason: Cause.Reason, _ effects: Set<FieldChange.Effect>) -> Cause {
            let relevant = changes.filter { effects.contains($0.effect) }
            return Cause(
                reason: reason, changes: relevant, place: relevant.first?.place ?? new.place,
                revision: revision)
        }
        if old.key != new.key {
            next.startRevision = revision
            next.startCause = cause(.changed, [.restart])
        }
        if old.spec.specHash != new.spec.specHash || old.nonce != new.nonce {
            next.specRevision = revision
            next.specCause = cause(.changed, [.live, .reload])
            rearm(wantedBy: old.key == new.key ? next.specCause : nil)
        }
        let isRollout = old.spec.specHash != new.spec.specHash
        if old.target != new.target {
            next.scaleRevision = revision
            next.scaleCause = cause(.scaled, [.scale])
            for index in old.target..<max(old.target, new.target) {
                replicas[index, default: ReplicaMemory()].restart.rearm()
                replicas[index]?.wanted = next.scaleCause
            }
        }
        next.desired = new
        applied = next
        if isRollout {
            beginRollout(
                changes: changes.filter { $0.effect != .none && $0.effect != .scale }, revision: revision)
        }
    }

    /// Whatever failed gets another chance. `cause` is what gives it, if not a new start hash or nonce.
    private mutating func rearm(wantedBy cause: Cause?) {
        changeEveryMemory { own in
            let waits = own.restart.gaveUp != nil || own.restart.backoffUntil != nil
            own.restart.rearm()
            own.heal = nil
            if let cause {
                if waits { own.wanted = cause }
            } else {
                own.wanted = nil
            }
        }
    }
}
