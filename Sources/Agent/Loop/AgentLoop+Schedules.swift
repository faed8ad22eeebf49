import Manifests
import Reconciler

/// What the loop does for Schedules. All that is decided is in `Reconciler/Scheduling`.
extension AgentLoop {
    /// What decisions look at, as of now. Not to be kept: it holds copies of what changes.
    func surroundings() -> ScheduleSurroundings {
        let (clock, calendar) = (clock, calendar)
        let (observed, memory) = (world.observed, world.memory)
        var around = ScheduleSurroundings(
            times: { calendar.times(of: $0) }, window: { calendar.window(of: $0, at: $1) },
            isHostSuspended: gates.memory.suspension != nil, preparations: world.observed.preparations,
            unmet: { World.unmet($0, observed, memory) },
            readyRuns: { name in observed.readyRuns(of: name) },
            canRestart: { name in memory.instances[name]?.applied.map { $0.desired.target > 0 } ?? false },
            newID: { Self.newRun(clock) }, bootID: clock.bootID)
        around.zoneTrouble = { calendar.complaint(aboutZone: $0) }
        return around
    }

    private static func newRun(_ clock: any ClockPort) -> RunID {
        let milliseconds = UInt64(clamping: clock.now().wall.nanoseconds / 1_000_000)
        return RunID(
            milliseconds: milliseconds, randomness: UInt32(clock.random() * Double(UInt32.max)))
    }

    // MARK: - In each turn

    func lookAtSchedules(at moment: Moment) -> ScheduleOrders {
        switch stopMode {
        case .keepRuns: return ScheduleOrders()
        case .stopRuns: return schedules.stopAll(at: moment, in: surroundings())
        case nil: break
        }
        if calendar.zonesHaveChanged() { schedules.zonesChanged() }
        schedules.heard(world.happenings(), at: moment)
        let orders = schedules.look(at: moment, in: surroundings())
        for spec in orders.prepares { world.preparing(spec) }
        for restart in orders.restarts { world.restart(restart, at: moment) }
        return orders
    }

    /// What must be durable before anything is performed.
    func collectSchedules() {
        let changes = schedules.takeChanges()
        for name in changes.states.union(changes.declared).sorted() {
            batch.schedules.append(
                ScheduleRemembered(
                    schedule: name, memory: schedules.memory[name],
                    isDeclared: changes.declared.contains(name)))
        }
        batch.scheduledRuns += changes.records
        for event in changes.events { world.note(event) }
        meters.note(changes.observations)
        if !changes.declared.isEmpty { packagesMayBeUnneeded(at: clock.now()) }
        scheduleConditions(at: clock.now())
    }

    func perform(_ orders: ScheduleOrders, durable: Bool) {
        let (runs, mailbox, slotsFree) = (runs, mailbox, acknowledging)
        for stop in orders.stops { Task { await runs.stop(stop.run, policy: stop.policy) } }
        for spec in orders.prepares {
            Task {
                let failure = await runs.prepare(spec)
                mailbox.post(.prepared(spec, failure, inputs: await runs.inputs(of: spec)))
            }
        }
        for start in orders.starts { perform(start, durable: durable, after: slotsFree) }
        for order in orders.archives {
            Task {
                await slotsFree?.value
                mailbox.post(.scheduleArchived(order.run, await runs.archive(order)))
            }
        }
        for signal in orders.signals {
            Task {
                let count = durable ? await runs.signal(signal.runs, signal.signal) : nil
                mailbox.post(
                    .scheduleSignalled(schedule: signal.schedule, record: signal.record, count: count))
            }
        }
    }

    private func perform(_ start: ScheduledStart, durable: Bool, after slotsFree: Task<Void, Never>?) {
        let (runs, mailbox) = (runs, mailbox)
        // At most one run for one time: without its claim on disk nobody could say so after a crash.
        guard durable else { return mailbox.post(.startRefused(start.run, Self.unwritable)) }
        let memo = ScheduleRunMemo(scheduled: start.record).encoded()
        var request = RunRequest(
            run: start.run, slot: start.slot, spec: start.spec, revision: start.revision.id, memo: memo)
        request.scheduled = ScheduledLaunch(
            schedule: start.record.schedule, trigger: start.record.trigger, nominal: start.record.nominal,
            attempt: start.record.attempt)
        Task { [request] in
            await slotsFree?.value
            do throws(HostFailure) {
                try await runs.start(request)
            } catch {
                mailbox.post(.startRefused(request.run, error))
            }
        }
    }

    // MARK: - What happens

    /// True: the run is a Schedule's.
    func applyToSchedules(_ event: RunEvent, at moment: Moment) -> Bool {
        guard let run = event.run, let name = schedules.schedule(of: run) else { return false }
        switch event {
        case .started(_, let identity):
            schedules.started(run, identity, at: moment, in: surroundings())
        case .exited(_, let exit):
            if !exit.treeProvenEmpty { treeUnproven("a run of Schedule \(name)", at: moment) }
            schedules.ended(run, exit, at: moment, in: surroundings())
            ended.append(run)
        case .unknown(_, let reason): schedules.unknown(run, reason, at: moment, in: surroundings())
        case .probeChanged, .probeFaltered, .notified, .stopStepFailed, .logLost, .memoryKills, .found,
            .unwatched:
            break
        }
        return true
    }

    func archived(_ run: RunID, _ files: ArchivedFiles, at moment: Moment) {
        let name = schedules.schedule(of: run)
        schedules.archived(
            run, errors: files.errors, output: files.output, at: moment, in: surroundings())
        if let name { historyMayBeLong([name], at: moment.instant + Self.historyPause) }
    }

    func signalled(_ schedule: String, _ record: RunID, _ count: Int?, at moment: Moment) {
        schedules.signalled(schedule, record, count: count, at: moment, in: surroundings())
    }

    /// What waits on the boot's own clock for a time of day waits for too long or too short from now on.
    func clockSet() {
        timer?.task.cancel()
        timer = nil
    }

    private func scheduleConditions(at moment: Moment) {
        let troubles = schedules.troubles.merging(schedules.unwatched) { own, _ in own }
        guard let first = troubles.min(by: { $0.key < $1.key }) else {
            return conditions.clear(.schedulesBroken)
        }
        let more = troubles.count > 1 ? " (and \(troubles.count - 1) more Schedules)" : ""
        conditions.set(
            .schedulesBroken, true, reason: "CannotFire", message: "\(first.key): \(first.value)\(more)",
            at: moment.wall)
    }

    // MARK: - Coming back

    func adoptScheduled(_ found: [AdoptedRun], _ remembered: Remembered, at moment: Moment) {
        let isSameBoot = remembered.bootID == clock.bootID
        let adoption = schedules.adopt(
            found.map {
                FoundScheduledRun(
                    run: $0.run, slot: $0.slot, record: ScheduleRunMemo.decode($0.memo)?.scheduled,
                    state: $0.state)
            }, isSameBoot: isSameBoot, isRebuilt: remembered.rebuilt != nil, at: moment, in: surroundings())
        ended += adoption.acknowledged
        let runs = runs
        for stop in adoption.stops { Task { await runs.stop(stop.run, policy: stop.policy) } }
        for run in found where schedules.schedule(of: run.run) == nil {
            guard case .exited = run.state else {
                note(.unknown, "\(run.slot) runs, and nothing is known of it: left alone")
                continue
            }
        }
        historyDue = (moment.instant + Self.historyPause, [], true)
    }

    // MARK: - History

    static let historyPause = Duration.seconds(5)
    /// Lines grow old also where nothing happens.
    private static let historyInterval = Duration.seconds(6 * 3_600)

    private func historyMayBeLong(_ names: Set<String>, at due: Instant) {
        guard let known = historyDue else { return historyDue = (due, names, false) }
        historyDue = (min(known.at, due), known.names.union(names), known.isAll && due >= known.at)
    }

    /// Files go first, and then the lines that tell of them: whoever dies in between begins anew.
    func trimHistoryWhenDue(at moment: Moment) {
        guard let due = historyDue, due.at <= moment.instant, stopMode == nil else { return }
        historyDue = (moment.instant + Self.historyInterval, [], true)
        let policies = schedules.memory.compactMapValues { $0.declared?.schedule.history }
        let active = schedules.openRecords
        let (runs, store, mailbox) = (runs, store, mailbox)
        Task {
            let names =
                due.isAll ? (try? await store.schedulesInHistory()) ?? [] : due.names.sorted()
            for name in names {
                let policy = policies[name] ?? RunHistoryPolicy()
                let begin = WallTime(
                    nanoseconds: moment.wall.nanoseconds.subtractingReportingOverflow(
                        policy.maxAge.nanoseconds
                    ).partialValue)
                let expired =
                    ((try? await store.expiredRuns(
                        of: name, keep: policy.keep, keepFailed: policy.keepFailed, before: begin)) ?? [])
                    .filter { !active.contains($0.id) }
                guard !expired.isEmpty else { continue }
                await runs.removeFiles(of: name, runs: expired.flatMap { $0.attempts.map(\.run) })
                mailbox.post(.scheduleHistoryExpired(expired.map(\.id)))
            }
        }
    }
}

extension RunEvent {
    fileprivate var run: RunID? {
        switch self {
        case .started(let run, _), .probeChanged(let run, _, _, _), .probeFaltered(let run, _, _),
            .notified(let run, _), .exited(let run, _), .stopStepFailed(let run, _), .logLost(let run, _),
            .memoryKills(let run, _), .unknown(let run, _), .found(let run, _):
            run
        case .unwatched: nil
        }
    }
}
