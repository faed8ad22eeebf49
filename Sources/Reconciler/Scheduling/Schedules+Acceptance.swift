import Manifests

extension Schedules {
    /// A revision became the desired state, or the accepted one was taken up again.
    package mutating func accept(
        _ desired: Desired, at moment: Moment, in around: ScheduleSurroundings
    ) {
        let declared = desired.schedules ?? [:]
        for (name, new) in declared.sorted(by: { $0.key < $1.key }) {
            if memory[name]?.declared?.schedule == new, memory[name]?.state.withdrawnAt == nil { continue }
            accept(new, desired.revision, at: moment, in: around)
        }
        for name in memory.keys.sorted() where declared[name] == nil {
            withdraw(name, at: moment, in: around)
        }
        forgetLongWithdrawn()
    }

    private mutating func accept(
        _ new: DesiredSchedule, _ revision: Revision, at moment: Moment, in around: ScheduleSurroundings
    ) {
        let name = new.name
        defer {
            mark(name, isDeclared: true)
            touch(name)
        }
        guard let old = memory[name], let before = old.declared?.schedule, old.state.withdrawnAt == nil else {
            return acceptFirst(new, revision, at: moment)
        }
        turn(name, at: moment, in: around) { turn in
            turn.adopt(new, before, revision)
        }
    }

    private mutating func acceptFirst(_ new: DesiredSchedule, _ revision: Revision, at moment: Moment) {
        // What was under way when its memory was lost, or when it was declared no longer, goes on.
        var state = memory[new.name]?.state ?? ScheduleState(cursor: moment.wall, nonce: new.runNonce)
        state.cursor = moment.wall
        state.nonce = new.runNonce
        state.asked = []
        state.withdrawnAt = nil
        memory[new.name] = ScheduleMemory(
            declared: ScheduleMemory.Declared(schedule: new, revision: revision), state: state)
    }

    /// It is declared no longer: what runs goes on to its end, and nothing new begins.
    private mutating func withdraw(_ name: String, at moment: Moment, in around: ScheduleSurroundings) {
        guard memory[name]?.state.withdrawnAt == nil else { return }
        turn(name, at: moment, in: around) { turn in
            turn.dropWaiting(RunReason.removed, "the Schedule is declared no longer")
            turn.state.withdrawnAt = moment.wall
        }
        touch(name)
    }

    private mutating func forgetLongWithdrawn() {
        let withdrawn = memory.filter { $0.value.state.withdrawnAt != nil && $0.value.state.active.isEmpty }
        guard withdrawn.count > SchedulingBounds.withdrawnMax else { return }
        let oldestFirst = withdrawn.sorted { a, b in
            let (x, y) = (
                a.value.state.withdrawnAt?.nanoseconds ?? 0, b.value.state.withdrawnAt?.nanoseconds ?? 0
            )
            return (x, a.key) < (y, b.key)
        }
        for (name, _) in oldestFirst.prefix(withdrawn.count - SchedulingBounds.withdrawnMax) {
            memory[name] = nil
            mark(name, isDeclared: true)
            forgetTransient(name)
        }
    }

    /// Packages that their next runs need.
    package var neededPackages: Set<PackageReference> {
        Set(memory.values.compactMap { $0.runSpec?.process.package })
    }

    /// Specs whose preparation is worth knowing.
    package var specHashes: Set<SpecHash> { Set(memory.values.compactMap { $0.runSpec?.specHash }) }
}

extension ScheduleMemory {
    /// What a run of it is; nil where it does something else.
    package var runSpec: InstanceSpec? {
        guard case .run(let spec, _)? = declared?.schedule.action else { return nil }
        return spec.wrappedValue
    }
}

extension ScheduleTurn {
    /// Takes over what is declared now.
    mutating func adopt(_ new: DesiredSchedule, _ old: DesiredSchedule, _ revision: Revision) {
        let isNewClock = new.trigger != old.trigger || new.timezone != old.timezone || new.dst != old.dst
        if isNewClock || new.assigned && !old.assigned {
            // Of the past of another calendar nothing fires.
            state.cursor = now
            bar = nil
        } else if old.suspend && !new.suspend {
            skipSuspended(old)
        }
        if old.hash != new.hash || memory.declared == nil {
            memory.declared = ScheduleMemory.Declared(schedule: new, revision: revision)
        } else {
            memory.declared?.schedule = new
        }
        if !new.assigned { dropWaiting(RunReason.notAssigned, "spec.nodes does not pick this node any more") }
        if new.suspend { dropWaiting(RunReason.suspended, "the Schedule was suspended before it began") }
        guard new.runNonce != memory.state.nonce else { return }
        state.nonce = new.runNonce
        guard new.assigned else { return }
        state.asked.removeAll { $0.trigger == .nonce }
        state.asked.append(
            AskedFiring(trigger: .nonce, at: now, detail: "spec.runNonce is \"\(new.runNonce)\""))
    }

    /// What passed while somebody wanted it not to run is not caught up.
    private mutating func skipSuspended(_ old: DesiredSchedule) {
        let begin = memory.state.cursor
        state.cursor = now
        guard begin < now, let times = around.times(old), let first = times.next(after: begin),
            first.nominal <= now, let last = times.last(atOrBefore: now, notBefore: first.nominal)
        else { return }
        line(
            .skipped, RunReason.suspended, "the Schedule was suspended", .time, first: first.nominal,
            last: last.nominal,
            count: times.count(in: first.nominal..<now.following, limit: SchedulingBounds.countMax))
    }

    /// What has not begun does not.
    mutating func dropWaiting(_ reason: String, _ message: String) {
        for index in memory.state.active.indices {
            let item = memory.state.active[index]
            guard item.process == nil, !item.record.state.isOver, item.record.state != .starting else {
                continue
            }
            if item.record.attempts.isEmpty {
                over(index, .skipped, reason, message)
            } else {
                over(
                    index, .failed, item.record.reason, "\(item.record.message ?? ""), and is not: \(message)"
                )
            }
        }
        for asked in memory.state.asked {
            line(.skipped, reason, message, asked.trigger, first: asked.at, last: asked.at)
        }
        state.asked = []
        forgetOver()
    }
}
