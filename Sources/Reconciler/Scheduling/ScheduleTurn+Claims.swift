import Manifests

/// What becomes of a firing: a run, a place in the queue, or a line that says why not.
extension ScheduleTurn {
    /// What a commit, an event or a path asks for.
    mutating func takeAsked(_ schedule: DesiredSchedule) {
        guard !memory.state.asked.isEmpty else { return }
        guard mayFire else {
            for asked in memory.state.asked { refuse(asked) }
            return state.asked = []
        }
        if let bar = barred(schedule) {
            // One of each waits until that is over.
            self.bar = bar
            if let until = bar.until { wake(until) }
            return
        }
        for asked in memory.state.asked {
            if asked.trigger != .nonce, let last = memory.state.askedLast {
                let next = last.shifted(by: SchedulingBounds.askedGap)
                // A clock that was set back must not mute it.
                if next > now, last <= now {
                    wake(next)
                    continue
                }
            }
            state.asked.removeAll { $0 == asked }
            if asked.trigger != .nonce { state.askedLast = now }
            let firing = Firing(nominal: asked.at, note: asked.detail)
            guard isInTime(firing, schedule) else {
                line(
                    .missed, RunReason.deadlinePassed, "it could not start before startingDeadline was over",
                    asked.trigger, first: asked.at, last: asked.at)
                continue
            }
            claim(schedule, firing, asked.trigger)
        }
    }

    private mutating func refuse(_ asked: AskedFiring) {
        let isSuspended = memory.isAssigned
        line(
            .skipped, isSuspended ? RunReason.suspended : RunReason.notAssigned,
            isSuspended ? "the Schedule is suspended" : "spec.nodes does not pick this node", asked.trigger,
            first: asked.at, last: asked.at)
    }

    mutating func claim(_ schedule: DesiredSchedule, _ firing: Firing, _ trigger: ScheduledRun.Trigger) {
        let busy = memory.state.active.count { !$0.record.state.isOver }
        // What is caught up or asked for by a commit is meant to run, one after the other.
        let waitsItsTurn = trigger == .catchUp || trigger == .nonce
        switch schedule.concurrency.policy {
        case .allow where busy >= schedule.concurrency.max && !waitsItsTurn:
            forbid(
                firing, trigger, RunReason.tooManyRuns, "\(busy) runs are under way, as many as are allowed")
        case .forbid where busy > 0 && !waitsItsTurn:
            forbid(firing, trigger, RunReason.forbidden, "an earlier run is not over")
        case .queue where busy > schedule.concurrency.max && !waitsItsTurn:
            line(
                .skipped, RunReason.queueFull, "\(schedule.concurrency.max) runs wait already", trigger,
                first: firing.nominal, last: firing.nominal)
        case .replace:
            if !waitsItsTurn { replaceAll() }
            append(firing, trigger, isQueued: busy > 0)
        case .allow: append(firing, trigger, isQueued: busy >= schedule.concurrency.max)
        case .forbid, .queue: append(firing, trigger, isQueued: busy > 0)
        }
    }

    private mutating func forbid(
        _ firing: Firing, _ trigger: ScheduledRun.Trigger, _ reason: String, _ message: String
    ) {
        line(.forbidden, reason, message, trigger, first: firing.nominal, last: firing.nominal)
    }

    private mutating func append(_ firing: Firing, _ trigger: ScheduledRun.Trigger, isQueued: Bool) {
        guard let declared = memory.declared else { return }
        var record = ScheduledRun(
            id: around.newID(), schedule: name, trigger: trigger, nominal: firing.nominal,
            due: firing.due == firing.nominal ? nil : firing.due, state: isQueued ? .queued : .waiting,
            message: firing.note, recorded: now, revision: declared.revision)
        if case .run(let spec, _) = declared.schedule.action { record.specHash = spec.wrappedValue.specHash }
        state.active.append(ActiveRun(record: record))
        state.line = nil
        save(record)
        note(.scheduleFired, record, "\(trigger.text)\(firing.note.map { ": \($0)" } ?? "")")
    }

    /// A newer firing takes the place of all that is not over.
    private mutating func replaceAll() {
        for index in memory.state.active.indices {
            let item = memory.state.active[index]
            guard !item.record.state.isOver else { continue }
            if item.process != nil {
                if item.ending == nil { end(index, .replaced) }
            } else {
                over(index, .skipped, RunReason.replaced, "a newer firing took its place before it began")
            }
        }
        forgetOver()
    }
}

extension ScheduledRun.Trigger {
    var text: String {
        switch self {
        case .time: "it is time"
        case .catchUp: "what was missed is caught up"
        case .event: "an event asks for it"
        case .path: "a file asks for it"
        case .nonce: "a commit asks for it (spec.runNonce)"
        }
    }
}
