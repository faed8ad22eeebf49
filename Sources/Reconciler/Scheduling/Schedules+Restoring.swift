/// A slot of a Schedule's run, as it was found when the agent came back.
package struct FoundScheduledRun: Sendable {
    package var run: RunID
    package var slot: SlotID
    /// What was kept beside the slot; nil: it cannot be read.
    package var record: ScheduledRun?
    package var state: AdoptedRun.State

    package init(run: RunID, slot: SlotID, record: ScheduledRun?, state: AdoptedRun.State) {
        self.run = run
        self.slot = slot
        self.record = record
        self.state = state
    }
}

/// What an agent that came back has to do at once.
package struct ScheduleAdoption: Sendable {
    /// Their ends are known, or are by now: their keepers may go once that is durable.
    package var acknowledged: [RunID] = []
    /// A stop was asked for before, and may never have come to the keeper.
    package var stops: [ScheduledStop] = []
    /// Runs that go on, with the Schedules that they are of.
    package var live: [RunID] = []
}

extension Schedules {
    package init(memory: [String: ScheduleMemory], isSameBoot: Bool) {
        self.init()
        self.memory = memory
        for (name, known) in memory {
            for item in known.state.active { if let process = item.process { runs[process.run] = name } }
            for closing in known.state.closing { runs[closing.run] = name }
            if !isSameBoot { forgetInstants(name) }
        }
    }

    private mutating func forgetInstants(_ name: String) {
        for index in memory[name]?.state.active.indices ?? 0..<0 {
            memory[name]?.state.active[index].notBefore = nil
            memory[name]?.state.active[index].process?.startedAt = nil
        }
        if memory[name]?.state.active.isEmpty == false { mark(name) }
    }

    /// Takes up every run that an earlier agent left, and gives up those that are not there.
    ///
    /// - Parameter isRebuilt: the memory was lost, so that nobody knows which ends were told before.
    package mutating func adopt(
        _ found: [FoundScheduledRun], isSameBoot: Bool, isRebuilt: Bool, at moment: Moment,
        in around: ScheduleSurroundings
    ) -> ScheduleAdoption {
        var adoption = ScheduleAdoption()
        for run in found { adopt(run, isRebuilt, &adoption, at: moment, in: around) }
        let present = Set(found.map(\.run))
        for name in memory.keys.sorted() {
            turn(name, at: moment, in: around) { $0.giveUp(allBut: present, isSameBoot: isSameBoot) }
            touch(name)
        }
        return adoption
    }

    private mutating func adopt(
        _ found: FoundScheduledRun, _ isRebuilt: Bool, _ adoption: inout ScheduleAdoption, at moment: Moment,
        in around: ScheduleSurroundings
    ) {
        let isKnown = runs[found.run].map { memory[$0]?.index(of: found.run) != nil } ?? false
        if !isKnown {
            if case .exited = found.state, !isRebuilt { return adoption.acknowledged.append(found.run) }
            guard remember(found, at: moment) else { return }
        }
        guard let name = runs[found.run] else { return }
        turn(name, at: moment, in: around) { turn in
            switch found.state {
            case .live(let identity):
                adoption.live.append(found.run)
                turn.started(found.run, at: identity.startedAt, wall: identity.startedWall)
                guard let index = turn.index(of: found.run), turn.memory.state.active[index].ending != nil
                else { return }
                adoption.stops.append(ScheduledStop(run: found.run, policy: turn.stopPolicy))
            case .exited(let exit):
                adoption.acknowledged.append(found.run)
                if exit.wasNeverHandedOver { turn.takeBack(found.run) } else { turn.ended(found.run, exit) }
            case .unknown(let reason): turn.unknown(found.run, reason)
            }
        }
    }

    /// A run of which the memory knows nothing. False: nothing at all is known of it.
    private mutating func remember(_ found: FoundScheduledRun, at moment: Moment) -> Bool {
        guard let name = DesiredSchedule.schedule(ofOwner: found.slot.instance), var record = found.record
        else {
            return false
        }
        record.state = .starting
        var item = ActiveRun(record: record)
        if record.attempts.last?.run != found.run {
            item.record.attempts.append(ScheduledRun.Attempt(run: found.run))
        }
        item.process = ActiveRun.Process(run: found.run, slot: found.slot)
        if memory[name] == nil {
            var state = ScheduleState(cursor: moment.wall, nonce: "")
            state.withdrawnAt = moment.wall
            memory[name] = ScheduleMemory(state: state)
        }
        memory[name]?.state.active.append(item)
        runs[found.run] = name
        mark(name, isDeclared: true)
        return true
    }
}

extension ScheduleMemory {
    fileprivate func index(of run: RunID) -> Int? { state.active.firstIndex { $0.process?.run == run } }
}

extension ScheduleTurn {
    /// Its process cannot be proven: it is left alone, and keeps its place.
    mutating func unknown(_ run: RunID, _ reason: String) {
        guard let index = index(of: run) else { return }
        state.active[index].process?.isUnproven = true
        state.active[index].record.message = "left alone: \(reason)"
        state.active[index].record.recorded = now
        save(memory.state.active[index].record)
    }

    /// What was claimed and has no slot. In the same boot nothing can have executed without one.
    mutating func giveUp(allBut present: Set<RunID>, isSameBoot: Bool) {
        for item in memory.state.active where !item.record.state.isOver {
            guard let process = item.process else {
                if item.record.state == .starting { giveUpAction(item) }
                continue
            }
            if present.contains(process.run) { continue }
            if !isSameBoot {
                lost(
                    process.run, RunReason.neverStarted,
                    "the host was started anew between its claim and what is known of its start")
            } else if item.record.attempts.last?.started == nil {
                takeBack(process.run)
            } else {
                lost(process.run, RunReason.claimUnproven, "its slot is gone: nobody can say how it ended")
            }
        }
        forgetOver()
    }

    private mutating func giveUpAction(_ item: ActiveRun) {
        guard let index = memory.state.active.firstIndex(where: { $0.record.id == item.record.id }) else {
            return
        }
        over(
            index, .lost, RunReason.claimUnproven,
            "the agent ended between its claim and its word that the signal was sent")
    }
}
