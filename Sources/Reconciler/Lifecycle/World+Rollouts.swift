import Manifests

extension World {
    /// Looks at every rollout: what has become healthy is noted, what has failed is rolled back, and what has
    /// proved itself becomes last known good. To be called before each plan.
    package mutating func advanceRollouts(at moment: Moment) {
        var names: [String] = []
        for (name, remembered) in memory.instances where remembered.rollout != nil || remembered.places != nil
        {
            names.append(name)
        }
        for name in names.sorted() {
            promoteOvertaken(name, at: moment)
            advance(name, at: moment)
            changeOver(name, at: moment)
        }
        promote(at: moment)
    }

    private mutating func advance(_ name: String, at moment: Moment) {
        guard let remembered = memory.instances[name], let rollout = remembered.activeRollout,
            let desired = remembered.applied?.desired, !observed.stopping
        else { return }
        let review = RolloutReview(
            rollout, remembered, observed, isBlocked: waitsForOthers(remembered), at: moment.instant)
        var next = review.rollout
        let isTickDue = review.tickDue(desired.spec.update).map { $0 <= moment.instant } ?? false
        let isStored = isTickDue || next.replicas != rollout.replicas
        // Marks are times of the clock: it is stored with them, or the next agent's would be behind them.
        if isStored { next.clock.tick(at: moment.instant) }
        if next != rollout {
            memory.instances[name]?.rollout = next
            if isStored { markDirty(name) }
        }
        finish(name, review, desired, at: moment)
        judge(name, review, desired, at: moment)
    }

    /// A replica that is down cannot be started: a dependency, or what the host has to have, is missing.
    private func waitsForOthers(_ remembered: InstanceMemory) -> Bool {
        guard let applied = remembered.applied else { return false }
        if case .failed(let failure, _, _) = observed.preparations[applied.desired.spec.specHash],
            !failure.isOfRevision
        {
            return true
        }
        return DependencyGate(observed: observed, memory: memory).unmet(applied, changed: false) != nil
    }

    /// One that cannot become last known good, or is it already, is over once every replica is as wanted.
    private mutating func finish(
        _ name: String, _ review: RolloutReview, _ desired: DesiredInstance, at moment: Moment
    ) {
        guard review.isReplaced, review.target > 0, let remembered = memory.instances[name] else { return }
        let hash = desired.spec.specHash
        let isProven = remembered.lastKnownGood.first?.specHash == hash
        let isCompleted = (0..<review.target).allSatisfy {
            remembered.replicas[$0]?.completed == desired.key
        }
        guard isProven || isCompleted else { return }
        memory.instances[name]?.rollout = nil
        markDirty(name)
        noteRollout(.rolloutDone, review.rollout, name, moment, "\(name): the rollout of \(hash) is done")
    }

    private mutating func judge(
        _ name: String, _ review: RolloutReview, _ desired: DesiredInstance, at moment: Moment
    ) {
        guard let remembered = memory.instances[name], remembered.rollout != nil,
            let good = remembered.fallback
        else { return }
        if let failure = review.failure ?? review.rollout.failure {
            if review.rollout.failure == nil { fail(name, failure, review, at: moment) }
            let canBeHad = observed.preparations[good.specHash] == .ready
            if canBeHad && desired.spec.update.isRollbackAutomatic {
                rollBack(name, failure, to: good, at: moment)
            } else {
                recover(name, review, failure)
            }
        }
    }

    private mutating func fail(
        _ name: String, _ failure: RolloutFailure, _ review: RolloutReview, at moment: Moment
    ) {
        memory.instances[name]?.rollout?.failure = failure
        markDirty(name)
        if failure.run != nil { errorsWanted.insert(name) }
        noteRollout(
            .rolloutFailed, review.rollout, name, moment,
            "\(name): the rollout of \(review.rollout.specHash) failed: \(failure.message)")
    }

    /// What failed and was left to the restart policy goes on once all of it that runs is healthy.
    private mutating func recover(_ name: String, _ review: RolloutReview, _ failure: RolloutFailure) {
        guard review.failure == nil || review.failure?.reason == "Exits", review.healthyCount > 0,
            let index = failure.replica?.index, review.rollout.replicas[index]?.isHealthy == true,
            review.rollout.failure != nil
        else { return }
        memory.instances[name]?.rollout?.failure = nil
        memory.instances[name]?.rollout?.exits = 0
        markDirty(name)
    }

    private mutating func rollBack(
        _ name: String, _ failure: RolloutFailure, to good: InstanceSpec, at moment: Moment
    ) {
        guard let rollout = memory.instances[name]?.rollout else { return }
        memory.instances[name]?.rollBack(failure, to: good, at: moment.wall)
        markDirty(name)
        let revision = memory.instances[name]?.rolledBack?.goodRevision.short ?? ""
        noteRollout(
            .rolledBack, rollout, name, moment,
            "\(name) is rolled back to \(good.unit) of \(revision): \(failure.message); "
                + "the failed spec \(rollout.specHash) is not tried again")
    }

    func noteworthy(_ rollout: Rollout) -> Cause {
        Cause(
            reason: .changed, changes: rollout.changes, place: rollout.changes.first?.place,
            revision: rollout.revision)
    }

    mutating func noteRollout(
        _ kind: EventRecord.Kind, _ rollout: Rollout, _ name: String, _ moment: Moment, _ message: String
    ) {
        note(
            EventRecord(
                kind: kind, time: moment.wall, instance: name, revision: rollout.revision,
                cause: noteworthy(rollout), message: message))
    }

    /// Another agent has taken over: what passed in between counts for no deadline.
    package mutating func resumeClocks(at now: Instant) {
        for (name, remembered) in memory.instances {
            if remembered.rollout != nil { memory.instances[name]?.rollout?.clock.resume(at: now) }
            let failure = remembered.rolledBack?.failure ?? remembered.rollout?.failure
            if let failure, failure.run != nil, failure.errors == nil { errorsWanted.insert(name) }
        }
    }

    /// The end of what failed runs wrote to stderr is wanted: Instance → run and slot. Each is told once.
    package mutating func takeErrorsWanted() -> [(instance: String, run: RunID, slot: SlotID)] {
        defer { errorsWanted = [] }
        return errorsWanted.sorted().compactMap { name in
            let remembered = memory.instances[name]
            let failure = remembered?.rolledBack?.failure ?? remembered?.rollout?.failure
            guard let run = failure?.run, let replica = failure?.replica else { return nil }
            return (name, run, SlotID(replica: replica, isSecond: failure?.isSecond ?? false))
        }
    }

    package mutating func errorsRead(_ lines: [String], of run: RunID, in name: String) {
        guard var remembered = memory.instances[name] else { return }
        let kept = Array(lines.suffix(RolloutFailure.errorLinesMax))
        if remembered.rollout?.failure?.run == run { remembered.rollout?.failure?.errors = kept }
        if remembered.rolledBack?.failure.run == run { remembered.rolledBack?.failure.errors = kept }
        for index in (remembered.quarantine ?? []).indices
        where remembered.quarantine?[index].failure.run == run {
            remembered.quarantine?[index].failure.errors = kept
        }
        memory.instances[name] = remembered
        markDirty(name)
    }

    /// What a spec takes from the host was looked at. Where it is no longer what a spec failed with, that
    /// spec is tried again.
    /// A host that lacks something is not mended: nothing is tried again for that.
    mutating func saw(inputs: String?, of spec: InstanceSpec, canStart: Bool, at moment: Moment) {
        observed.inputs = observed.inputs ?? [:]
        observed.inputs?[spec.specHash] = HostInputs(hash: inputs, at: moment.instant)
        if let rollout = memory.instances[spec.name]?.rollout, rollout.specHash == spec.specHash,
            rollout.inputs != inputs
        {
            memory.instances[spec.name]?.rollout?.inputs = inputs
            markDirty(spec.name)
        }
        guard canStart, let rolledBack = memory.instances[spec.name]?.activeRollback,
            rolledBack.specHash == spec.specHash,
            let known = memory.instances[spec.name]?.quarantine?.first(where: {
                $0.specHash == spec.specHash
            }), known.inputs != nil, known.inputs != inputs
        else { return }
        tryAgain(spec.name, why: "what it takes from the host has changed", at: moment)
    }

    package enum RetryAnswer: Sendable, Hashable {
        case tried(String)
        case unknown
        /// Nothing failed here, and nothing was given up.
        case nothing
    }

    /// `plumb retry`: whatever failed or was given up here is tried once more.
    package mutating func retry(_ name: String, by caller: Caller, at moment: Moment) -> RetryAnswer {
        guard let remembered = memory.instances[name], let wanted = remembered.applied?.desired else {
            return .unknown
        }
        let gaveUp = remembered.everyMemory.contains { $0.restart.gaveUp != nil || $0.heal != nil }
        let waits = remembered.everyMemory.contains { $0.restart.backoffUntil != nil }
        let failed = remembered.activeRollback != nil || remembered.rollout?.failure != nil
        guard failed || gaveUp || waits else { return .nothing }
        tryAgain(name, why: "\(caller.text) asked for it", caller: caller, at: moment)
        return .tried(
            "\(name) is tried again" + (failed ? ": \(wanted.spec.specHash) of \(wanted.spec.unit)" : ""))
    }

    private mutating func tryAgain(
        _ name: String, why: String, caller: Caller? = nil, at moment: Moment
    ) {
        guard var remembered = memory.instances[name], let applied = remembered.applied else { return }
        remembered.tryAgain()
        let cause = Cause(
            reason: .retried(why: why), place: applied.desired.place, revision: applied.specRevision)
        remembered.changeEveryMemory { own in
            let waits = own.restart.gaveUp != nil || own.restart.backoffUntil != nil
            own.restart.rearm()
            own.heal = nil
            if waits { own.wanted = cause }
        }
        for index in 0..<max(applied.desired.target, 0)
        where isUnwell(remembered.slot(of: ReplicaID(instance: name, index: index)), as: applied.desired) {
            remembered.replicas[index]?.wanted = cause
        }
        memory.instances[name] = remembered
        markDirty(name)
        var event = EventRecord(
            kind: .quarantineLifted, time: moment.wall, instance: name, revision: applied.specRevision,
            cause: cause, message: "\(name) is tried again: \(why)")
        event.caller = caller
        note(event)
    }

    /// It runs as what is declared, and does not serve: another try is another run.
    private func isUnwell(_ slot: SlotID, as desired: DesiredInstance) -> Bool {
        guard let run = observed.runs[slot], run.phase == .running, run.spec.profile == .keepalive else {
            return false
        }
        return run.isOf(desired) && !run.isServing && !run.isUndetermined
    }
}
