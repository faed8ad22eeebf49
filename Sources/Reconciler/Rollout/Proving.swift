import Manifests

/// What has been in health for long enough is what a failure leads back to.
extension World {
    /// Specs that were in health long enough become last known good.
    mutating func promote(at moment: Moment) {
        for (name, remembered) in memory.instances {
            guard let due = remembered.promotionDue(of: name, observed: observed), due <= moment.instant,
                let applied = remembered.inForce
            else { continue }
            let spec = applied.desired.spec
            memory.instances[name]?.becomesGood(
                spec,
                KnownGood(nonce: applied.desired.nonce, revision: applied.startRevision, at: moment.wall))
            let text = "\(name): \(spec.specHash) has proved itself, and is last known good"
            if let rollout = remembered.activeRollout {
                memory.instances[name]?.rollout = nil
                noteRollout(.rolloutDone, rollout, name, moment, text)
            } else {
                note(
                    EventRecord(
                        kind: .rolloutDone, time: moment.wall, instance: name,
                        revision: applied.specRevision, message: text))
            }
            markDirty(name)
        }
    }

    /// What was overtaken before it had proved itself, and went on running because the new spec cannot begin,
    /// proves itself all the same: it is what a failure leads back to.
    mutating func promoteOvertaken(_ name: String, at moment: Moment) {
        guard let remembered = memory.instances[name],
            let (run, due) = remembered.overtakenDue(of: name, observed: observed), due <= moment.instant
        else { return }
        var spec = run.spec
        spec.process.portOffset = nil
        memory.instances[name]?.becomesGood(
            spec, KnownGood(nonce: run.nonce, revision: run.revision, at: moment.wall))
        markDirty(name)
        note(
            EventRecord(
                kind: .rolloutDone, time: moment.wall, instance: name, revision: run.revision,
                message: "\(name): \(spec.specHash) has proved itself, and is last known good; "
                    + "the spec that is to follow has not begun"))
    }
}

extension InstanceMemory {
    fileprivate mutating func becomesGood(_ spec: InstanceSpec, _ facts: KnownGood) {
        lastKnownGood.removeAll { $0.specHash == spec.specHash }
        lastKnownGood.insert(spec, at: 0)
        lastKnownGood = Array(lastKnownGood.prefix(Self.lastKnownGoodMax))
        goodFacts = goodFacts?.filter { hash, _ in lastKnownGood.contains { $0.specHash.hex == hash } }
        goodFacts = goodFacts ?? [:]
        goodFacts?[spec.specHash.hex] = facts
    }

    /// When what every replica runs becomes last known good, though another spec is wanted by now. nil: it
    /// is that already, failed here, or is not all that runs.
    func overtakenDue(of name: String, observed: Observed) -> (run: ObservedRun, at: Instant)? {
        guard let desired = applied?.desired, desired.target > 0, activeRollout != nil,
            let first = observed.runs[slot(of: ReplicaID(instance: name, index: 0))],
            first.spec.specHash != desired.spec.specHash, first.spec.profile == .keepalive,
            lastKnownGood.first?.specHash != first.spec.specHash, !isQuarantined(first.spec.specHash)
        else { return nil }
        return health(of: first.spec, first.key, desired.target, observed).map { (first, $0) }
    }

    /// Since when every replica has been in health as this spec for as long as proves it; nil: one is not.
    /// One that ended well as it has done its part; one that runs there must be.
    private func health(
        of spec: InstanceSpec, _ key: RunKey, _ target: Int, _ observed: Observed
    ) -> Instant? {
        let time = max(spec.update.minHealthyTime, spec.restart.backoff.resetAfter)
        var latest: Instant?
        for index in 0..<target {
            if replicas[index]?.completed == key { continue }
            guard let run = observed.runs[slot(of: ReplicaID(instance: spec.name, index: index))],
                run.spec.specHash == spec.specHash, run.isConfirmed, let proven = run.proven(after: time)
            else { return nil }
            latest = max(latest ?? proven, proven)
        }
        return latest
    }

    /// When the spec in force becomes last known good, if all stays as it is: every replica runs it and has
    /// been ready for the longer of `minHealthyTime` and `resetAfter`. nil where it is that already, or is
    /// not on its way.
    func promotionDue(of name: String, observed: Observed) -> Instant? {
        // What is not to run here is most of what there is; it is told by the first look.
        guard let applied, applied.desired.target > 0, applied.desired.spec.profile == .keepalive,
            let desired = inForce?.desired, desired.spec.profile == .keepalive,
            lastKnownGood.first?.specHash != desired.spec.specHash
        else { return nil }
        return health(of: desired.spec, desired.key, desired.target, observed)
    }
}
