import Manifests

/// What was claimed, on its way to a process.
extension ScheduleTurn {
    mutating func startWaiting(_ schedule: DesiredSchedule) {
        var index = 0
        while index < memory.state.active.count {
            let item = memory.state.active[index]
            index += 1
            guard !item.record.state.isOver, item.process == nil, item.record.state != .starting else {
                continue
            }
            if isPastDeadline(item, schedule) {
                expire(index - 1, item)
            } else if isItsTurn(index - 1, schedule) {
                advance(index - 1, item, schedule)
            } else if let deadline = deadline(of: item, schedule) {
                wake(deadline.following)
            }
        }
        forgetOver()
    }

    /// Nothing that was claimed before it is in its way.
    private func isItsTurn(_ index: Int, _ schedule: DesiredSchedule) -> Bool {
        let active = memory.state.active
        if schedule.concurrency.policy == .allow {
            return active.count { $0.process != nil } < schedule.concurrency.max
        }
        return active[..<index].allSatisfy { $0.record.state.isOver }
            && active.allSatisfy { $0.process == nil }
    }

    /// A later attempt has no deadline: the first one kept it.
    private func deadline(of item: ActiveRun, _ schedule: DesiredSchedule) -> WallTime? {
        guard item.record.attempt == 1 else { return nil }
        let due = item.record.due ?? item.record.nominal
        if let deadline = schedule.startingDeadline { return due.shifted(by: deadline) }
        return item.waitingSince.map { $0.shifted(by: SchedulingBounds.waitMax) }
    }

    private func isPastDeadline(_ item: ActiveRun, _ schedule: DesiredSchedule) -> Bool {
        deadline(of: item, schedule).map { $0 < now } ?? false
    }

    private mutating func expire(_ index: Int, _ item: ActiveRun) {
        let why = item.record.reason ?? RunReason.deadlinePassed
        let what = item.record.message.map { ": \($0)" } ?? ""
        over(index, .missed, why, "it could not start in time\(what)")
    }

    private mutating func advance(_ index: Int, _ item: ActiveRun, _ schedule: DesiredSchedule) {
        if let until = item.notBefore, until > moment.instant { return wake(until) }
        if let bar = barred(schedule) {
            if let until = bar.until { wake(until) }
            return wait(index, bar.reason, "waits: \(bar.message)", bounded: false)
        }
        if let unmet = around.unmet(schedule.dependsOn) {
            return wait(index, RunReason.dependencyNotReady, unmet)
        }
        switch schedule.action {
        case .run(let spec, _):
            if isPrepared(index, spec.wrappedValue) { start(index, item, spec.wrappedValue) }
        case .signal(let instance, let signal): self.signal(index, instance, signal)
        case .restart(let instance): restart(index, instance, schedule)
        }
    }

    /// `bounded`: only for so long, where no deadline is declared.
    private mutating func wait(_ index: Int, _ reason: String, _ message: String, bounded: Bool = true) {
        said.isWaiting = true
        var item = memory.state.active[index]
        let before = item
        item.record.state = .waiting
        item.record.reason = reason
        item.record.message = message
        if bounded { item.waitingSince = item.waitingSince ?? now } else { item.waitingSince = nil }
        if let schedule, let deadline = deadline(of: item, schedule) { wake(deadline.following) }
        guard item != before else { return }
        item.record.recorded = now
        state.active[index] = item
        save(item.record)
    }

    private mutating func isPrepared(_ index: Int, _ spec: InstanceSpec) -> Bool {
        switch around.preparations[spec.specHash] {
        case .ready: return true
        case .failed(let failure, _, let retryAt):
            let reason = failure.code == "secret-missing" ? RunReason.secretMissing : RunReason.notReady
            wait(index, reason, "\(failure.message); \(failure.remedy)")
            if retryAt > moment.instant { wake(retryAt) } else { prepare(spec) }
        case .underway: said.isWaiting = true
        case nil:
            said.isWaiting = true
            prepare(spec)
        }
        return false
    }

    private mutating func prepare(_ spec: InstanceSpec) {
        guard !said.orders.prepares.contains(where: { $0.specHash == spec.specHash }) else { return }
        said.orders.prepares.append(spec)
    }

    /// So that a package is here and a missing secret is known before the time comes.
    mutating func prepareAhead(_ schedule: DesiredSchedule) {
        guard mayFire, case .run(let box, _) = schedule.action else { return }
        let spec = box.wrappedValue
        switch around.preparations[spec.specHash] {
        case nil: prepare(spec)
        case .failed(_, _, let retryAt):
            guard let next = said.next else { return }
            let ahead = next.due.shifted(by: .zero - SchedulingBounds.prepareAhead)
            if ahead > now { return wake(ahead) }
            if retryAt > moment.instant { wake(retryAt) } else { prepare(spec) }
        case .ready, .underway: break
        }
    }

    private mutating func start(_ index: Int, _ item: ActiveRun, _ spec: InstanceSpec) {
        guard let declared = memory.declared else { return }
        var item = item
        let isFirst = item.record.attempts.isEmpty && item.refusals == nil
        let id = isFirst ? item.record.id : around.newID()
        // An attempt that never became a process is made once more, not counted once more.
        if item.record.attempts.count >= item.record.attempt { item.record.attempts.removeLast() }
        item.record.attempts.append(ScheduledRun.Attempt(run: id))
        item.process = ActiveRun.Process(run: id, slot: freeSlot())
        item.record.state = .starting
        item.record.specHash = spec.specHash
        item.record.revision = declared.revision
        item.record.recorded = now
        if item.record.attempt == 1 { (item.record.reason, item.record.message) = (nil, nil) }
        item.notBefore = nil
        state.active[index] = item
        save(item.record)
        guard let process = item.process else { return }
        let due = item.record.due ?? item.record.nominal
        let lateness = max(now.elapsed(since: due), .zero)
        if item.record.attempt == 1, item.record.trigger == .time {
            said.observations.append(.started(schedule: name, lateness: lateness))
        }
        // Probes, restarts and ports are of what keeps running.
        var spec = spec
        spec.health = Health()
        said.orders.starts.append(
            ScheduledStart(
                run: id, slot: process.slot, spec: spec, revision: declared.revision, record: item.record,
                lateness: lateness))
    }

    private func freeSlot() -> SlotID {
        let owner = DesiredSchedule.owner(of: name)
        let taken = Set(
            memory.state.active.compactMap { $0.process?.slot.replica.index }
                + memory.state.closing.map(\.slot.replica.index))
        let index = (0...taken.count).first { !taken.contains($0) } ?? taken.count
        return SlotID(instance: owner, index: index)
    }

    // MARK: - What begins no process

    private mutating func signal(_ index: Int, _ instance: String, _ signal: Signal) {
        let runs = around.readyRuns(instance)
        guard !runs.isEmpty else {
            return over(
                index, .skipped, RunReason.noReplica, "no replica of \(instance) is ready on this host")
        }
        state.active[index].record.state = .starting
        let record = memory.state.active[index].record
        save(record)
        said.orders.signals.append(
            ScheduledSignal(schedule: name, record: record.id, runs: runs, signal: signal))
    }

    private mutating func restart(_ index: Int, _ instance: String, _ schedule: DesiredSchedule) {
        guard around.canRestart(instance) else {
            return over(index, .skipped, RunReason.noReplica, "\(instance) has no replica on this host")
        }
        let record = memory.state.active[index].record
        said.orders.restarts.append(
            ScheduledRestart(
                schedule: name, record: record.id, instance: instance, place: schedule.place,
                revision: record.revision))
        over(index, .succeeded, nil, "\(instance) is restarted, by its own update policy")
    }
}
