import Manifests

/// What ends: by itself, by a timeout, by what takes its place.
extension ScheduleTurn {
    /// What ran for longer than it may.
    mutating func endOverdue() {
        guard let timeout = schedule?.timeout else { return }
        for index in memory.state.active.indices {
            let item = memory.state.active[index]
            guard item.ending == nil, let started = item.process?.startedAt else { continue }
            let end = started + timeout
            if end <= moment.instant { self.end(index, .timedOut) } else { wake(end) }
        }
    }

    /// Asks a process to end, by the stop policy.
    mutating func end(_ index: Int, _ ending: ActiveRun.Ending) {
        guard let process = memory.state.active[index].process else { return }
        state.active[index].ending = ending
        state.active[index].record.state = .stopping
        state.active[index].record.recorded = now
        save(memory.state.active[index].record)
        said.orders.stops.append(ScheduledStop(run: process.run, policy: stopPolicy))
    }

    var stopPolicy: StopPolicy {
        guard case .run(let spec, _)? = schedule?.action else { return StopPolicy() }
        return spec.wrappedValue.stop
    }

    mutating func started(_ run: RunID, at instant: Instant, wall: WallTime) {
        guard let index = index(of: run) else { return }
        state.active[index].process?.startedAt = instant
        state.active[index].process?.isUnproven = nil
        state.active[index].refusals = nil
        let last = memory.state.active[index].record.attempts.count - 1
        if last >= 0 { state.active[index].record.attempts[last].started = wall }
        if memory.state.active[index].record.state == .starting {
            state.active[index].record.state = .running
        }
        state.active[index].record.recorded = now
        save(memory.state.active[index].record)
    }

    /// The host refused to start it: nothing ran.
    mutating func refused(_ run: RunID, _ failure: HostFailure, retryAt: Instant) {
        guard let index = index(of: run) else { return }
        state.active[index].process = nil
        if memory.state.active[index].ending != nil {
            return over(index, .replaced, RunReason.replaced, "a newer firing took its place before it began")
        }
        state.active[index].record.state = .waiting
        state.active[index].record.reason = RunReason.notReady
        state.active[index].record.message = "\(failure.message); \(failure.remedy)"
        state.active[index].record.recorded = now
        state.active[index].refusals = (memory.state.active[index].refusals ?? 0) + 1
        state.active[index].notBefore = retryAt
        state.active[index].waitingSince = memory.state.active[index].waitingSince ?? now
        save(memory.state.active[index].record)
        wake(retryAt)
    }

    /// An earlier agent claimed it and died before anything could execute: it is started now.
    mutating func takeBack(_ run: RunID) {
        guard let index = index(of: run) else { return }
        state.active[index].process = nil
        state.active[index].record.state = .waiting
        state.active[index].refusals = (memory.state.active[index].refusals ?? 0) + 1
    }

    /// What became of it cannot be told any more.
    mutating func lost(_ run: RunID, _ reason: String, _ message: String) {
        guard let index = index(of: run), let process = memory.state.active[index].process else { return }
        state.active[index].process = nil
        state.closing.append(
            ClosingSlot(run: run, slot: process.slot, record: memory.state.active[index].record.id))
        over(index, .lost, reason, message)
    }

    mutating func ended(_ run: RunID, _ exit: ExitReport) {
        guard let index = index(of: run), let process = memory.state.active[index].process else { return }
        let item = memory.state.active[index]
        state.active[index].process = nil
        let last = item.record.attempts.count - 1
        if last >= 0 {
            state.active[index].record.attempts[last].exit = exit
            state.active[index].record.attempts[last].ended = exit.endedWall
            if let started = exit.startedWall, item.record.attempts[last].started == nil {
                state.active[index].record.attempts[last].started = started
            }
        }
        state.closing.append(ClosingSlot(run: run, slot: process.slot, record: item.record.id))
        let (outcome, reason, message) = verdict(exit, item)
        if outcome == .failed || outcome == .timedOut, retry(index, reason, message) { return }
        over(index, outcome, reason, message)
    }

    private func verdict(
        _ exit: ExitReport, _ item: ActiveRun
    ) -> (ScheduledRun.State, String?, String?) {
        switch item.ending {
        case .timedOut?:
            let time = schedule?.timeout.map { " after \($0.rough)" } ?? ""
            return (.timedOut, RunReason.timedOut, "it was ended\(time): \(exit.text)")
        case .replaced?: return (.replaced, RunReason.replaced, "a newer firing took its place")
        case .stopped?: return (.stopped, RunReason.stopped, "the agent ended and took its runs along")
        case nil: break
        }
        switch exit.cause {
        case .exited(let code):
            let isGood = code == 0 || schedule?.successExitCodes.contains(code) == true
            return isGood
                ? (.succeeded, nil, code == 0 ? nil : exit.text) : (.failed, RunReason.exitCode, exit.text)
        case .signaled:
            return (.failed, exit.oomKilled ? RunReason.outOfMemory : RunReason.signaled, exit.text)
        case .startFailed: return (.failed, RunReason.startFailed, exit.text)
        case .keeperLost: return (.lost, RunReason.keeperLost, "nobody saw how it ended: \(exit.text)")
        case .rebooted:
            return (.lost, RunReason.rebooted, "nobody saw how it ended: the host was started anew")
        }
    }

    private mutating func retry(_ index: Int, _ reason: String?, _ message: String?) -> Bool {
        let item = memory.state.active[index]
        guard mayFire, let policy = schedule?.retries, item.record.attempt <= policy.max else { return false }
        let pause = policy.pause(after: item.record.attempt)
        state.active[index].record.attempt += 1
        state.active[index].record.state = .waiting
        state.active[index].record.reason = reason
        let next = "attempt \(item.record.attempt + 1) of \(policy.max + 1) follows in \(pause.rough)"
        state.active[index].record.message = (message.map { "\($0); " } ?? "") + next
        state.active[index].record.recorded = now
        state.active[index].ending = nil
        state.active[index].notBefore = moment.instant + pause
        save(memory.state.active[index].record)
        said.observations.append(.retried(schedule: name))
        wake(moment.instant + pause)
        return true
    }

    /// Where its claim led, once for all.
    mutating func over(_ index: Int, _ outcome: ScheduledRun.State, _ reason: String?, _ message: String?) {
        state.active[index].record.state = outcome
        state.active[index].record.reason = reason
        state.active[index].record.message = message
        state.active[index].record.recorded = now
        let record = memory.state.active[index].record
        state.last = record
        save(record)
        said.outcomes.append(outcome)
        said.observations.append(.over(schedule: name, outcome, count: 1))
        let word = outcome == .timedOut ? "timed out" : outcome.rawValue
        note(outcome.eventKind, record, "\(word)\(message.map { ": \($0)" } ?? "")")
        if outcome == .succeeded {
            state.failures = 0
            state.lastSuccess = record.ended ?? now
        } else if outcome.isFailure {
            state.failures = memory.state.failures + 1
        }
    }

    /// The files of an ended attempt are in its own directory.
    mutating func archived(_ run: RunID, errors: String?, output: [ScheduledRun.OutputFile]) {
        guard let index = memory.state.closing.firstIndex(where: { $0.run == run }) else { return }
        let closing = memory.state.closing[index]
        state.closing.remove(at: index)
        if let place = memory.state.active.firstIndex(where: { $0.record.id == closing.record }),
            memory.state.active[place].record.attempts.last?.run == run
        {
            state.active[place].record.errors = errors
            state.active[place].record.output = output
            state.active[place].record.recorded = now
            let record = memory.state.active[place].record
            if memory.state.last?.id == record.id { state.last = record }
            save(record)
        }
        forgetOver()
    }

    /// What is over and put away is in the history alone.
    mutating func forgetOver() {
        let open = Set(memory.state.closing.map(\.record))
        guard memory.state.active.contains(where: { $0.record.state.isOver && !open.contains($0.record.id) })
        else { return }
        state.active.removeAll { $0.record.state.isOver && !open.contains($0.record.id) }
    }

    /// The signal of an action was sent to so many runs.
    mutating func signalled(_ record: RunID, _ count: Int?) {
        guard let index = memory.state.active.firstIndex(where: { $0.record.id == record }),
            memory.state.active[index].record.state == .starting
        else { return }
        guard let count else {
            over(index, .failed, RunReason.notReady, "its claim could not be stored (condition StoreFailing)")
            return forgetOver()
        }
        over(index, .succeeded, nil, "sent to \(count == 1 ? "1 replica" : "\(count) replicas")")
        forgetOver()
    }

    func index(of run: RunID) -> Int? { memory.state.active.firstIndex { $0.process?.run == run } }
}

extension RetryPolicy {
    /// After so many attempts.
    func pause(after attempts: Int) -> Duration {
        var pause = min(initial, longest)
        for _ in 1..<Swift.max(attempts, 1) {
            if pause >= longest { break }
            pause = min(pause.scaled(by: factor), longest)
        }
        return pause
    }
}

extension ScheduledRun.State {
    var eventKind: EventRecord.Kind {
        switch self {
        case .succeeded: .scheduleSucceeded
        case .failed, .timedOut: .scheduleFailed
        case .lost: .scheduleLost
        case .missed, .skipped, .forbidden: .scheduleMissed
        case .queued, .waiting, .starting, .running, .stopping, .replaced, .stopped: .scheduleEnded
        }
    }
}
