import Reconciler

extension AgentLoop {
    /// Changes the world by one event. Nothing here waits.
    func apply(_ event: AgentEvent) {
        let moment = clock.now()
        switch event {
        case .revisionSeen(let revision): seen(revision)
        case .sourceUnreadable(let failure): unreadable(failure, at: moment)
        case .sourceReadable: sourceReadable(at: moment)
        case .sourceSilent(let failure): silent(failure, at: moment)
        case .revisionJudged(let revision, let verdict): judged(revision, verdict, at: moment)
        case .trustChanged: trustChanged()
        case .fetched(let failure): fetched(failure, at: moment)
        case .revisionRead(let reading): read(reading, at: moment)
        case .run(let event): apply(event, at: moment)
        case .prepared(let spec, let failure, let inputs):
            world.prepared(spec, failure, inputs: inputs, at: moment)
        case .errorsRead(let lines, let run, let instance): world.errorsRead(lines, of: run, in: instance)
        case .startRefused(let run, let failure): refused(run, failure, at: moment)
        case .updated: break
        case .updateFailed(let run, let failure): updateFailed(run, failure)
        case .notifying(let target, let trouble): notifying(target, trouble, at: moment)
        case .packagesCollected(let found): packagesCollected(found, at: moment)
        case .timerFired: timer = nil
        case .wallClockSet: clockSet()
        case .scheduleArchived(let run, let files): archived(run, files, at: moment)
        case .scheduleSignalled(let schedule, let record, let count):
            signalled(schedule, record, count, at: moment)
        case .scheduleHistoryExpired(let runs): batch.forgottenRuns += runs
        case .pathsChanged(let schedule, let detail):
            schedules.pathsChanged(schedule, detail: detail, at: moment)
        case .pathUnwatched(let schedule, let reason): schedules.unwatched[schedule] = reason
        case .commitDue: isRetryingCommit = false
        case .control(let request, let caller, let reply):
            replies.append((reply, control(request, by: caller, at: moment)))
        case .stopRequested(let keepRuns):
            stopMode = keepRuns ? .keepRuns : .stopRuns
            if !keepRuns { world.observed.stopping = true }
        }
    }

    private func apply(_ event: RunEvent, at moment: Moment) {
        if applyToSchedules(event, at: moment) { return }
        switch event {
        case .started(let run, let identity):
            world.started(run, identity, at: moment)
            batch.starts.append((run, identity))
        case .probeChanged(let run, let kind, let passing, let detail):
            world.probeChanged(run, kind, passing: passing, detail: detail, at: moment)
        case .probeFaltered(let run, let kind, let detail):
            world.probeFaltered(run, kind, detail: detail, at: moment)
        case .notified(let run, let notice): world.notified(run, notice)
        case .exited(let run, let exit): exited(run, exit, at: moment)
        case .stopStepFailed(let run, let message): world.stopStepFailed(run, message, at: moment)
        case .logLost(let run, let bytes): world.lostLog(run, bytes: bytes)
        case .memoryKills(let run, let total): world.memoryKills(run, total: total, at: moment)
        case .unknown(let run, let reason): world.unknown(run, reason: reason, at: moment)
        case .found(let run, let finding): world.found(run, finding, at: moment)
        case .unwatched(let reason): unwatched(reason, at: moment)
        }
    }

    private func notifying(_ target: String, _ trouble: String?, at moment: Moment) {
        notifyTroubles[target] = trouble
        guard !notifyTroubles.isEmpty else { return conditions.clear(.notifyFailing) }
        let all = notifyTroubles.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
        conditions.set(
            .notifyFailing, true, reason: "NotTold",
            message: all.joined(separator: "; ") + "; it is tried again by itself", at: moment.wall)
    }

    private func unwatched(_ reason: String?, at moment: Moment) {
        guard let reason else { return conditions.clear(.driftUnwatched) }
        conditions.set(.driftUnwatched, true, reason: "WatchLimit", message: reason, at: moment.wall)
    }

    func exited(_ run: RunID, _ exit: ExitReport, at moment: Moment) {
        if !exit.treeProvenEmpty {
            treeUnproven(world.run(run)?.slot.description ?? run.description, at: moment)
        }
        world.exited(run, exit, at: moment, randomness: clock.random())
        nameless.removeAll { $0.run == run }
        updating[run] = nil
        batch.exits.append((run, exit))
        ended.append(run)
    }

    func treeUnproven(_ name: String, at moment: Moment) {
        conditions.set(
            .treeUnproven, true, reason: "TreeUnproven",
            message: "something that \(name) forked may still be alive: no cgroup could prove its tree empty",
            at: moment.wall)
    }

    /// No process was made: the claim is closed, and the host is looked at again later.
    private func refused(_ run: RunID, _ failure: HostFailure, at moment: Moment) {
        if schedules.schedule(of: run) != nil {
            return schedules.refused(run, failure, at: moment, in: surroundings())
        }
        let attempts = world.run(run).map { world.failedAttempts($0.spec.specHash) } ?? 0
        let retryAt = moment.instant + World.hostRetry(attempts)
        world.startRefused(run, failure, retryAt: retryAt, at: moment)
        let cause = ExitReport.Cause.startFailed(step: "prepare", errno: 0, message: failure.message)
        batch.exits.append((run, ExitReport(cause: cause, endedWall: moment.wall)))
    }

    private func updateFailed(_ run: RunID, _ failure: HostFailure) {
        guard let known = world.run(run) else { return }
        note(
            .startRefused, "\(known.slot) could not be changed live: \(failure.message); \(failure.remedy)",
            instance: known.slot.instance)
    }
}
