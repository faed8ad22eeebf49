import Manifests

extension World {
    /// A revision became the desired state. What is suspended stays as it was.
    package mutating func accept(_ desired: Desired, at moment: Moment) {
        let revision = desired.revision
        for name in desired.instances.keys.sorted() {
            guard let new = desired.instances[name] else { continue }
            accept(new, revision: revision)
        }
        for name in memory.instances.keys.sorted() where desired.instances[name] == nil {
            withdraw(name, revision: revision)
        }
        self.desired = desired
        note(
            EventRecord(
                kind: .revisionAccepted, time: moment.wall, revision: revision,
                message: "\(revision.short) by \(revision.author) is the desired state: \(revision.subject)"))
    }

    private mutating func accept(_ new: DesiredInstance, revision: Revision) {
        let name = new.name
        var remembered = memory.instances[name] ?? InstanceMemory()
        guard var applied = remembered.applied else {
            if new.suspend { return }
            let cause = Cause(reason: .newInstance, place: new.place, revision: revision)
            remembered.applied = InstanceMemory.Applied(
                desired: new, startRevision: revision, specRevision: revision, scaleRevision: revision,
                startCause: cause, specCause: cause, scaleCause: cause)
            remembered.removal = nil
            memory.instances[name] = remembered
            markDirty(name)
            return
        }
        if new.suspend {
            // Everything but the fact that it is suspended waits until that is lifted.
            if applied.desired.suspend { return }
            applied.desired.suspend = true
        } else {
            let changes = fieldChanges(from: applied.desired, to: new)
            if applied.desired.key != new.key {
                applied.startRevision = revision
                applied.startCause = cause(.changed, changes, [.restart], new, revision)
            }
            if applied.desired.spec.specHash != new.spec.specHash || applied.desired.nonce != new.nonce {
                applied.specRevision = revision
                applied.specCause = cause(.changed, changes, [.live, .reload], new, revision)
                for index in remembered.replicas.keys { remembered.replicas[index]?.restart.rearm() }
            }
            if applied.desired.target != new.target {
                applied.scaleRevision = revision
                applied.scaleCause = cause(.scaled, changes, [.scale], new, revision)
            }
            if changes.isEmpty && applied.desired.places == new.places { return }
            applied.desired = new
        }
        remembered.applied = applied
        memory.instances[name] = remembered
        markDirty(name)
    }

    private func cause(
        _ reason: Cause.Reason, _ changes: [FieldChange], _ effects: [FieldChange.Effect],
        _ new: DesiredInstance,
        _ revision: Revision
    ) -> Cause {
        let relevant = changes.filter { effects.contains($0.effect) }
        return Cause(
            reason: reason, changes: relevant, place: relevant.first?.place ?? new.place, revision: revision)
    }

    /// It is declared no longer. Completed oneshots stay remembered, so that declaring one again repeats nothing.
    private mutating func withdraw(_ name: String, revision: Revision) {
        guard var remembered = memory.instances[name], let applied = remembered.applied else { return }
        remembered.applied = nil
        remembered.removal = Cause(reason: .removed, place: applied.desired.place, revision: revision)
        memory.instances[name] = remembered
        markDirty(name)
        forgetIfGone(name)
    }

    /// Drops the memory of an Instance that is declared no longer, has no run, and completed nothing.
    mutating func forgetIfGone(_ name: String) {
        guard let remembered = memory.instances[name], remembered.applied == nil else { return }
        if remembered.replicas.values.contains(where: { $0.completed != nil }) { return }
        let indices = remembered.replicas.keys
        let lives = indices.contains { observed.runs[SlotID(instance: name, index: $0)] != nil }
        if lives { return }
        if observed.runs.keys.contains(where: { $0.instance == name }) { return }
        memory.instances[name] = nil
        markDirty(name)
    }
}
