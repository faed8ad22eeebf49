import Manifests

extension World {
    /// A start is about to be performed: from now on the slot is taken.
    package mutating func starting(_ action: StartAction, as id: RunID, at moment: Moment) {
        let run = ObservedRun(
            id: id, slot: action.slot, spec: action.spec, nonce: action.nonce, revision: action.revision,
            dependsOn: action.dependsOn, claimedAt: moment.instant, startCause: action.cause)
        insert(run)
        let slot = action.slot
        memory.instances[slot.instance]?.expect(slot, because: action.cause)
        countCureBeside(slot, action.cause, at: moment)
        var own = remembered(slot) ?? ReplicaMemory()
        own.portOffset = action.spec.process.portOffset
        if let last = own.lastKey, last != run.key { own.restart.rearm() }
        own.lastRun = id
        own.lastKey = run.key
        own.lastStop = nil
        own.wanted = nil
        own.isEnded = false
        own.restart.backoffUntil = nil
        remember(slot, own)
        touch(run, begins: true, at: moment)
        let isSuccessor = memory.instances[slot.instance]?.isSuccessor(slot) == true
        let what = isSuccessor ? "starts beside \(slot.other)" : "starts"
        note(event(.starting, run, moment, cause: action.cause, "\(slot) \(what): \(action.cause.text)"))
    }

    /// A stop is about to be asked for.
    package mutating func stopping(_ action: StopAction, at moment: Moment) {
        change(action.run) { run in
            run.phase = .stopping
            run.stopCause = action.cause
            run.stoppingSince = moment.instant
        }
        if let run = run(action.run) {
            // Remembered before it is asked for: if the agent dies now, the end that follows has its reason.
            var own = remembered(run.slot) ?? ReplicaMemory()
            own.lastRun = run.id
            own.lastKey = run.key
            own.lastStop = action.cause
            own.countCure(action.cause, of: run, at: moment.instant)
            remember(run.slot, own)
            let isOwn = memory.instances[run.slot.instance]?.isOwn(run.slot) == true
            if isOwn, action.cause.reason == .changed { touch(run, begins: false, at: moment) }
            note(
                event(.stopping, run, moment, cause: action.cause, "\(run.slot) stops: \(action.cause.text)"))
        }
    }

    /// Live or reload fields are about to be applied.
    package mutating func updating(_ action: UpdateAction, at moment: Moment) {
        change(action.run) { run in
            let before = run.spec.health
            run.spec = action.spec
            run.forgetVerdicts(of: before)
            run.expectVerdicts(after: before)
            run.updateReadiness(at: moment.instant)
            guard !action.cause.isCure else { return }
            run.changedAt = moment.instant
            // What is to be healed of it is looked at once more, as the spec that it has now.
            if run.driftedSince != nil { run.driftChanged = moment.instant }
        }
        if let run = run(action.run) {
            if !action.cause.isCure { touch(run, begins: true, at: moment) }
            if case .drifted = action.cause.reason { cured(run, action.cause, at: moment) }
            let kind: EventRecord.Kind = action.reload ? .reloaded : .updated
            let what = action.reload ? "reloads" : "is changed live"
            note(event(kind, run, moment, cause: action.cause, "\(run.slot) \(what): \(action.cause.text)"))
        }
    }

    /// Something is done for the rollout of what the Instance is to run.
    private mutating func touch(_ run: ObservedRun, begins: Bool, at moment: Moment) {
        let name = run.slot.instance
        guard let rollout = memory.instances[name]?.activeRollout,
            !begins || run.spec.specHash == rollout.specHash
        else { return }
        if !rollout.clock.isRunning {
            noteRollout(
                .rolloutStarted, rollout, name, moment,
                "\(name): the rollout of \(rollout.specHash) begins: \(noteworthy(rollout).text)")
        }
        memory.instances[name]?.rollout?.touch(run.slot.replica.index, begins: begins, at: moment)
        markDirty(name)
    }

    package mutating func started(_ id: RunID, _ identity: RunIdentity, at moment: Moment) {
        let known = change(id) { run in
            run.identity = identity
            if run.phase == .starting { run.phase = .running }
            run.updateReadiness(at: moment.instant)
        }
        guard known, let run = run(id) else { return }
        rememberReadiness(run)
        note(event(.started, run, moment, "\(run.slot) runs with pid \(identity.pid)"))
        hostAgreed(to: run.spec, at: moment)
        if run.isReady && run.spec.health.readiness == nil {
            note(event(.ready, run, moment, "\(run.slot) is ready"))
        }
    }

    package mutating func probeChanged(
        _ id: RunID, _ kind: ProbeKind, passing: Bool, detail: String, at moment: Moment
    ) {
        let before = run(id)?.isReady ?? false
        let known = change(id) { run in
            run.probeDetail = detail
            run.faltering?[kind.rawValue] = nil
            run.answered(kind)
            switch kind {
            case .startup: run.startup = passing
            case .readiness: run.readiness = passing
            case .liveness: run.livenessFailed = !passing
            }
            run.updateReadiness(at: moment.instant)
        }
        guard known, let run = run(id) else { return }
        if kind == .startup, passing { rememberStarted(run) }
        guard run.isReady != before else { return }
        rememberReadiness(run)
        if run.isReady { forgetRetry(run.slot) }
        let word = run.isReady ? "is ready" : "is not ready"
        note(event(run.isReady ? .ready : .unready, run, moment, "\(run.slot) \(word): \(detail)"))
    }

    /// Nothing is left to try again: it has become ready by itself.
    private mutating func forgetRetry(_ slot: SlotID) {
        guard var own = remembered(slot), own.wanted?.isRetry == true
        else { return }
        own.wanted = nil
        remember(slot, own)
    }

    /// The stop goes on with its next step.
    package mutating func stopStepFailed(_ id: RunID, _ message: String, at moment: Moment) {
        guard let run = run(id) else { return }
        note(event(.stopStepFailed, run, moment, "\(run.slot): \(message); the next step follows"))
    }

    /// A restart of the agent must not ask again whether it has started.
    private mutating func rememberStarted(_ run: ObservedRun) {
        var own = remembered(run.slot) ?? ReplicaMemory()
        guard own.lastRun == run.id, own.startedUp != run.id else { return }
        own.startedUp = run.id
        remember(run.slot, own)
    }

    private static let falterPause = Duration.seconds(60)

    /// A probe that passed has failed, and not yet often enough to count; nil: it passes again.
    package mutating func probeFaltered(
        _ id: RunID, _ kind: ProbeKind, detail: String?, at moment: Moment
    ) {
        let known = change(id) { run in
            // Before it was ready for the first time failing is what probes do.
            if let detail, run.readySince == nil { run.probeDetail = detail }
            var faltering = run.faltering ?? [:]
            faltering[kind.rawValue] = detail
            run.faltering = faltering.isEmpty ? nil : faltering
        }
        guard known, let run = run(id), let detail, run.isReady else { return }
        if let noted = run.falterNotedAt, moment.instant - noted < Self.falterPause { return }
        change(id) { $0.falterNotedAt = moment.instant }
        note(event(.probeFailing, run, moment, "\(run.slot): the \(kind.rawValue) probe fails: \(detail)"))
    }

    package mutating func notified(_ id: RunID, _ notice: RunNotice) {
        change(id) { $0.notice = notice }
    }

    package mutating func lostLog(_ id: RunID, bytes: UInt64) {
        change(id) { $0.lostLogBytes = bytes }
    }

    /// What an adopted run has behind it was told by an earlier agent.
    package mutating func memoryKills(_ id: RunID, total: UInt64, at moment: Moment) {
        guard let known = run(id) else { return }
        let before = known.memoryKills ?? (known.adopted ? total : 0)
        change(id) { $0.memoryKills = total }
        guard total > before else { return }
        let count = total - before == 1 ? "a process" : "\(total - before) processes"
        let text = "\(known.slot): the kernel killed \(count) of its tree for want of memory, \(total) in all"
        note(event(.found, known, moment, text))
    }

    /// Its process cannot be proven: it is left alone.
    package mutating func unknown(_ id: RunID, reason: String, at moment: Moment) {
        change(id) { $0.phase = .unknown(reason: reason) }
        if let run = run(id) { note(event(.unknown, run, moment, "\(run.slot) is left alone: \(reason)")) }
    }

    /// A run is over. `randomness`, 0…1, spreads its backoff.
    package mutating func exited(_ id: RunID, _ exit: ExitReport, at moment: Moment, randomness: Double) {
        guard let run = remove(id) else { return }
        let slot = run.slot
        var own = remembered(slot) ?? ReplicaMemory()
        own.lastExit = exit
        own.lastRun = id
        own.lastKey = run.key
        own.lastStop = run.stopCause
        own.isEnded = true
        let kind: EventRecord.Kind = exit.cause == .keeperLost ? .keeperLost : .exited
        let text = "\(slot) ended: \(exit.text)\(lost(exit.lostLogBytes))"
        note(event(kind, run, moment, cause: run.stopCause, text))
        // One that was asked to end did not finish its work, whatever it says, unless it ended before that.
        let isOwnEnd = !run.wasAskedToEnd || run.ended(before: run.stoppingSince, exit)
        let didItsWork = exit.isSuccess && run.spec.profile == .oneshot && isOwnEnd
        if !run.wasAskedToEnd { own.wanted = nil }
        // The end of a run that is not wanted any more says nothing of its successor, which is tried at once.
        if !run.wasAskedToEnd { count(run, exit, didItsWork: didItsWork, at: moment) }
        if didItsWork || !run.wasAskedToEnd && isWanted(run) {
            let response = own.restart.exited(
                run.ended(exit, at: moment.instant), at: moment.instant, randomness: randomness)
            follow(response, run, &own, moment)
        }
        remember(slot, own)
        leave(slot, run)
        forgetIfGone(slot.instance)
    }

    /// An exit of a run that is rolled out counts against its spec, unless it ended as it was meant to.
    private mutating func count(
        _ run: ObservedRun, _ exit: ExitReport, didItsWork: Bool, at moment: Moment
    ) {
        let name = run.slot.instance
        guard memory.instances[name]?.activeRollout?.specHash == run.spec.specHash, !didItsWork,
            !exit.wasNeverHandedOver
        else { return }
        let isOver = exit.isSuccess && run.spec.restart.policy != .always && run.stopCause == nil
        if isOver { return }
        let isItsFault = exit.cause != .rebooted && exit.cause != .keeperLost
        memory.instances[name]?.rollout?.ended(run, exit, isItsFault: isItsFault, at: moment.instant)
    }

    /// The replica is to run, as the same spec and nonce.
    private func isWanted(_ run: ObservedRun) -> Bool {
        guard let remembered = memory.instances[run.slot.instance], let desired = remembered.inForce?.desired,
            remembered.isOwn(run.slot) || remembered.isSuccessor(run.slot)
        else { return false }
        return (desired.key == run.key || isWantedStill(run)) && !observed.stopping
            && run.slot.replica.index < desired.target
    }

    /// It is what the replica was before a rollout that has not reached it, and may be what it has to go on
    /// with.
    private func isWantedStill(_ run: ObservedRun) -> Bool {
        guard let remembered = memory.instances[run.slot.instance], let rollout = remembered.activeRollout
        else { return false }
        let index = run.slot.replica.index
        return (rollout.replicas[index]?.begun == nil || remembered.successor(index) != nil)
            && remembered.lastKnownGood.contains { $0.startHash == run.spec.startHash }
    }

    private mutating func follow(
        _ response: ExitResponse, _ run: ObservedRun, _ own: inout ReplicaMemory, _ moment: Moment
    ) {
        switch response {
        case .completed:
            own.completed = run.key
            note(event(.succeeded, run, moment, "\(run.slot) succeeded and does not run again"))
        case .giveUp(let reason):
            note(event(.gaveUp, run, moment, "\(run.slot) is not started again: \(reason)"))
        case .restart(let at):
            own.restarts += 1
            let delay = at - moment.instant
            if delay > .zero {
                let text =
                    "\(run.slot) is started again in \(delay.rough): failure \(own.restart.failures) in a row"
                note(event(.backoff, run, moment, text))
            }
        }
    }

    /// The Supervisor could not start it: the claim is taken back, and the host is looked at again later.
    package mutating func startRefused(
        _ id: RunID, _ failure: HostFailure, retryAt: Instant, at moment: Moment
    ) {
        guard let run = remove(id) else { return }
        refused(run.spec, failure, retryAt: retryAt, at: moment.instant)
        var own = remembered(run.slot) ?? ReplicaMemory()
        // What was asked to end meanwhile, or is another spec by now, begins for another reason.
        let isAsWanted = memory.instances[run.slot.instance]?.inForce?.desired.key == run.key
        own.wanted = run.stopCause == nil && isAsWanted ? run.startCause : nil
        // A first start is still one; a restart stays a restart, which waits for less.
        if run.startCause.revision != nil { own.lastKey = nil }
        remember(run.slot, own)
        // What the host refuses is not late: it gets its whole time once it begins.
        let name = run.slot.instance
        if !failure.isOfRevision, memory.instances[name]?.activeRollout?.specHash == run.spec.specHash {
            memory.instances[name]?.rollout?.replicas[run.slot.replica.index]?.begun = nil
        }
        forgetIfGone(name)
        note(event(.startRefused, run, moment, "\(run.slot) cannot start on this host: \(failure.message)"))
    }

    mutating func remember(_ slot: SlotID, _ own: ReplicaMemory) {
        memory.instances[slot.instance, default: InstanceMemory()].remember(slot, own)
        markDirty(slot.instance)
    }

    func event(
        _ kind: EventRecord.Kind, _ run: ObservedRun, _ moment: Moment, cause: Cause? = nil, _ message: String
    ) -> EventRecord {
        EventRecord(
            kind: kind, time: moment.wall, replica: run.slot.replica, run: run.id,
            revision: cause?.revision ?? run.revision, cause: cause, message: message)
    }
}
