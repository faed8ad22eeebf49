import Manifests
import Reconciler

extension AgentLoop {
    /// Takes up what an earlier agent left: memory, the accepted snapshot, every run.
    func open() async throws {
        let remembered = try await store.load()
        let moment = clock.now()
        world.memory = remembered.memory
        if remembered.bootID != clock.bootID { world.forgetInstants() }
        world.resumeClocks(at: moment.instant)
        schedules = Schedules(
            memory: remembered.schedules, isSameBoot: remembered.bootID == clock.bootID)
        recorder = HistoryRecorder(
            bootID: clock.bootID, open: remembered.openSpecs, trace: remembered.trace)
        recorder.resume(remembered.memory, at: moment)
        note(.agentStarted, "agent \(PlumbVersion.current) started on \(settings.node.name)")
        openGates(remembered, at: moment)
        if let rebuilt = remembered.rebuilt { storeRebuilt(rebuilt, at: moment) }
        if let accepted = remembered.accepted { await restore(accepted, at: moment) }
        // Taking up runs may wait for the zygote of the agent before: until then nothing is known of them.
        conditions.set(
            .ready, false, reason: "Adopting",
            message:
                "the runs of the agent before this one are being taken up; what they do is not known yet",
            at: moment.wall)
        // First slots come first: where nothing is remembered of either, that is the replica's own.
        let all = try await runs.open()
        let found = all.filter { !$0.slot.isSecond } + all.filter(\.slot.isSecond)
        if let reason = holdsOneshots, world.desired != nil { world.holdOneshots(reason: reason) }
        for run in found where DesiredSchedule.schedule(ofOwner: run.slot.instance) == nil {
            adopt(run, at: moment)
        }
        adoptScheduled(
            found.filter { DesiredSchedule.schedule(ofOwner: $0.slot.instance) != nil }, remembered,
            at: moment)
        if remembered.rebuilt != nil { world.recallGood(at: moment) }
        claimAnew(known: Set(remembered.openRuns), at: moment)
        closeLostClaims(remembered.openRuns, found: Set(found.map(\.run)), at: moment)
        batch.bootID = clock.bootID
        packagesMayBeUnneeded(at: moment)
        updateConditions(at: moment)
    }

    private func storeRebuilt(_ reason: String, at moment: Moment) {
        holdsOneshots = reason
        conditions.set(
            .storeRebuilt, true, reason: "StoreLost",
            message: "\(reason); oneshots are held because it is not known which of them ran", at: moment.wall
        )
        note(.storeRebuilt, "memory is lost: \(reason)")
    }

    /// Runs that live and that the store does not know: it was lost while they went on.
    private func claimAnew(known: Set<RunID>, at moment: Moment) {
        for run in world.observed.runs.values.sorted(by: { $0.slot < $1.slot }) where !known.contains(run.id)
        {
            batch.claims.append(
                RunClaimed(
                    run: run.id, slot: run.slot, spec: run.spec, nonce: run.nonce, revision: run.revision,
                    claimedWall: run.identity?.startedWall ?? moment.wall, bootID: clock.bootID))
        }
    }

    /// The desired state of last time, so that an agent without its repository goes on.
    private func restore(_ accepted: AcceptedSource, at moment: Moment) async {
        source.accepted = accepted.revision
        source.acceptedAt = accepted.acceptedAt
        storedContent = SourceContent(encoded: accepted.content)
        reader.source.accepted(accepted.revision.id)
        guard let content = storedContent, let snapshot = await snapshot(of: content, accepted, at: moment)
        else {
            conditions.set(
                .sourceStale, true, reason: "AcceptedUnreadable",
                message: "the stored snapshot of \(accepted.revision.short) cannot be read by this version; "
                    + "what runs goes on until the repository is read",
                at: moment.wall)
            return
        }
        // Under the settings of then: other ones are a change like a commit, and go through the gates.
        let node = acceptedNode(accepted)
        let desired = resolver.resolve(snapshot, revision: accepted.revision, node: node)
        world.restore(desired, at: moment)
        schedules.accept(desired, at: moment, in: surroundings())
        if node != settings.node { consider(accepted.revision, snapshot, content, at: moment) }
        // That was what is stored, not what is in the repository below the path of now.
        isAcceptedRead = false
    }

    private func snapshot(
        of content: SourceContent, _ accepted: AcceptedSource, at moment: Moment
    ) async -> Snapshot? {
        if let snapshot = await reader.restore(content) { return snapshot }
        guard let snapshot = await reader.restoreWithoutSchedules(content) else { return nil }
        conditions.set(
            .sourceStale, true, reason: "SchedulesUnreadable",
            message:
                "a Schedule of \(accepted.revision.short) is none by the rules of this version; what runs "
                + "goes on, and no Schedule fires until a revision is accepted: plumb validate says why",
            at: moment.wall)
        return snapshot
    }

    private func adopt(_ found: AdoptedRun, at moment: Moment) {
        guard let memo = RunMemo.decode(found.memo) else {
            if !adoptNameless(found, at: moment) { nameless.append(found) }
            return
        }
        var run = ObservedRun(
            id: found.run, slot: found.slot, spec: memo.spec, nonce: memo.nonce, revision: memo.revision,
            dependsOn: memo.dependsOn, claimedAt: memo.claimedAt, startCause: memo.cause)
        run.changedAt = memo.changedAt
        // A stop that was asked for before the agent died is still the reason of the end.
        let own = world.remembered(found.slot)
        if own?.lastRun == found.run { run.stopCause = own?.lastStop }
        switch found.state {
        case .live(let identity):
            // A stop that was asked for may be under way: the run counts as gone already, or a rolling update
            // would take the next replica beside it. It is asked for once more, in case it never was.
            run.phase = run.stopCause == nil ? .running : .stopping
            run.identity = identity
            if own?.startedUp == found.run { run.startup = true }
            world.adopted(run, at: moment)
            takeUp(run)
        case .exited(let exit):
            if own?.lastRun == found.run && own?.isEnded == true {
                // Its end was stored; only the keeper's record was still there.
                ended.append(found.run)
                return
            }
            if exit.wasNeverHandedOver {
                // Its claim is taken back: counted as a failure, it could use up the replica's last retry.
                batch.exits.append((found.run, exit))
                ended.append(found.run)
                return
            }
            world.adopted(run, ended: exit, at: moment)
            exited(found.run, exit, at: moment)
        case .unknown(let reason):
            run.phase = .unknown(reason: reason)
            world.adopted(run, at: moment)
        }
    }

    private func takeUp(_ run: ObservedRun) {
        let runs = runs
        updating[run.id] = Task {
            if run.phase == .stopping {
                await runs.stop(run.id, policy: run.spec.stop)
            } else {
                await runs.resume(
                    run.id, spec: run.spec, revision: run.revision.id, isStartupPassed: run.startup == true)
            }
        }
    }

    /// A run whose record is lost or cannot be read: known by its slot alone, so it is left as it is. False:
    /// nothing that was accepted so far speaks of it.
    private func adoptNameless(_ found: AdoptedRun, at moment: Moment) -> Bool {
        var reason = "its record cannot be read"
        switch found.state {
        case .exited(let exit):
            batch.exits.append((found.run, exit))
            ended.append(found.run)
            return true
        case .unknown(let why): reason = why
        case .live: break
        }
        guard let applied = world.memory.instances[found.slot.instance]?.applied else {
            note(.unknown, "\(found.slot) runs, and nothing is known of it: left alone: \(reason)")
            return false
        }
        let run = ObservedRun(
            id: found.run, slot: found.slot, spec: applied.desired.spec, nonce: applied.desired.nonce,
            revision: applied.startRevision, phase: .unknown(reason: reason),
            claimedAt: moment.instant, startCause: applied.startCause)
        world.adopted(run, at: moment)
        note(.unknown, "\(found.slot) is left alone: \(reason)", instance: found.slot.instance)
        return true
    }

    /// Once what is accepted speaks of their slots, before anything is started in them.
    func adoptNameless(at moment: Moment) {
        nameless.removeAll { found in
            world.memory.instances[found.slot.instance]?.applied != nil && adoptNameless(found, at: moment)
        }
    }

    /// Claims that never became a process: an earlier agent died between the claim and the start.
    private func closeLostClaims(_ open: [RunID], found: Set<RunID>, at moment: Moment) {
        for run in open where !found.contains(run) {
            let cause = ExitReport.Cause.startFailed(
                step: "claim", errno: 0,
                message: "the agent ended before it was started, or its slot was lost")
            batch.exits.append((run, ExitReport(cause: cause, endedWall: moment.wall)))
        }
    }
}
