import Manifests

/// What the clock asks for.
extension ScheduleTurn {
    mutating func takeDue(_ schedule: DesiredSchedule) {
        guard schedule.trigger.isByClock, mayFire else { return bar = nil }
        guard let times = around.times(schedule) else {
            said.trouble = around.zoneTrouble(schedule.timezone)
            return
        }
        if state.cursor > now.shifted(by: SchedulingBounds.clockSlack) { state.cursor = now }
        var previous = memory.state.cursor
        guard let first = nextUndecided(&previous, times) else { return }
        said.next = first
        guard first.due <= now else { return wake(first.due) }
        if let bar = barred(schedule) {
            self.bar = bar
            if let until = bar.until { wake(until) }
            return
        }
        takeDue(schedule, times, first, previous)
        bar = nil
        var cursor = memory.state.cursor
        said.next = nextUndecided(&cursor, times)
        // More than one look takes is taken in the next one, at once.
        if let next = said.next { wake(next.due) }
    }

    /// `previous`: the time of the calendar before the one that is returned, as far as is known.
    private func nextUndecided(_ previous: inout WallTime, _ times: any NominalTimes) -> Firing? {
        while let next = times.next(after: previous) {
            guard let end = memory.state.decided.end(around: next.nominal) else { return next }
            previous = max(end, next.nominal)
        }
        return nil
    }

    /// What is in the way of every run now.
    func barred(_ schedule: DesiredSchedule) -> ScheduleBar? {
        if around.isHostSuspended {
            return ScheduleBar(reason: RunReason.hostSuspended, message: "the host was suspended at its time")
        }
        guard schedule.window != nil, case .closed(let opensAt) = around.window(schedule, now) else {
            return nil
        }
        return ScheduleBar(
            reason: RunReason.windowClosed, message: "its time was outside the window", until: opensAt)
    }

    private mutating func takeDue(
        _ schedule: DesiredSchedule, _ times: any NominalTimes, _ first: Firing, _ previous: WallTime
    ) {
        let from = bar.map { min($0.until ?? now, now) } ?? watch.from
        let start = max(from, now.shifted(by: .zero - SchedulingBounds.lateMax))
        var found = DueTimes(reason: RunReason.hostBusy, message: "the host slept or hung at its time")
        if first.due < from {
            (found.reason, found.message) = (bar?.reason ?? watch.reason, bar?.message ?? watch.message)
        }
        let edge = start.shifted(by: .zero - schedule.jitter)
        var begin = first.nominal
        if begin < edge {
            found.pass(times, from: begin, to: edge)
            begin = edge
        }
        let near = times.firings(in: begin..<now.following, limit: SchedulingBounds.nearMax)
        for firing in near {
            if firing.due > now { break }
            guard memory.state.decided.end(around: firing.nominal) == nil else { continue }
            if firing.due < start { found.late.append(firing) } else { found.onTime.append(firing) }
        }
        decide(schedule, found, times, previous)
    }

    private mutating func decide(
        _ schedule: DesiredSchedule, _ found: DueTimes, _ times: any NominalTimes, _ previous: WallTime
    ) {
        var rest = found
        let wanted = rest.takeCatchUps(schedule.catchUp, times, fits: { isInTime($0, schedule) })
        let isBounded = schedule.catchUp.policy == .all && !wanted.isEmpty
        let isLate = wanted.isEmpty && schedule.catchUp.policy != .none && found.onTime.isEmpty
        if let missed = rest.missed {
            let reason =
                isLate ? RunReason.deadlinePassed : isBounded ? RunReason.catchUpBound : found.reason
            let more =
                isLate ? ", and startingDeadline is over" : isBounded ? ", and catchUp.max is less" : ""
            line(
                .missed, reason, found.message + more, .time, first: missed.first, last: missed.last,
                count: missed.count)
        }
        var before = previous
        for (firing, trigger) in wanted.map({ ($0, ScheduledRun.Trigger.catchUp) })
            + found.onTime.map({ ($0, .time) })
        {
            // What was missed stands between them, unless they follow one another.
            if let passed = rest.missed?.last, passed > before, passed < firing.nominal { before = passed }
            decide(schedule, firing, trigger, after: before)
            before = firing.nominal
        }
        let last = [rest.missed?.last, before].compactMap { $0 }.max() ?? before
        if last > memory.state.cursor { state.cursor = last }
    }

    private mutating func decide(
        _ schedule: DesiredSchedule, _ firing: Firing, _ trigger: ScheduledRun.Trigger,
        after previous: WallTime
    ) {
        guard isInTime(firing, schedule) else {
            return line(
                .missed, RunReason.deadlinePassed, "the agent came to it after startingDeadline", trigger,
                first: firing.nominal, last: firing.nominal)
        }
        // What was counted may hold times that ran before the clock was set back.
        guard memory.state.decided.end(around: firing.nominal) == nil else { return }
        state.decided.add(firing.nominal, after: previous)
        claim(schedule, firing, trigger)
    }

    func isInTime(_ firing: Firing, _ schedule: DesiredSchedule) -> Bool {
        guard let deadline = schedule.startingDeadline else { return true }
        return now <= firing.due.shifted(by: deadline)
    }
}

/// The times of a calendar that are due.
private struct DueTimes {
    struct Missed {
        var first: WallTime
        var last: WallTime
        var count: Int
    }
    var reason: String
    var message: String
    /// Counted, not walked.
    var passed: Missed?
    /// One by one, older than what is on time.
    var late: [Firing] = []
    var onTime: [Firing] = []

    mutating func pass(_ times: any NominalTimes, from first: WallTime, to edge: WallTime) {
        guard let last = times.last(atOrBefore: edge.preceding, notBefore: first) else { return }
        let count = times.count(in: first..<edge, limit: SchedulingBounds.countMax)
        passed = Missed(first: first, last: last.nominal, count: max(count, 1))
    }

    /// What is not run, as one.
    var missed: Missed? {
        guard let first = passed?.first ?? late.first?.nominal, let last = late.last?.nominal ?? passed?.last
        else {
            return nil
        }
        return Missed(first: first, last: last, count: (passed?.count ?? 0) + late.count)
    }

    /// Takes out what is to be run although it was missed, the oldest first.
    mutating func takeCatchUps(
        _ policy: CatchUpPolicy, _ times: any NominalTimes, fits: (Firing) -> Bool
    ) -> [Firing] {
        let limit: Int
        switch policy.policy {
        case .none: limit = 0
        // What is on time is newer than all that was missed.
        case .last: limit = onTime.isEmpty ? 1 : 0
        case .all: limit = min(policy.max, SchedulingBounds.catchUpMax)
        }
        var taken: [Firing] = []
        while taken.count < limit, let newest = newest(times), fits(newest) {
            taken.append(newest)
            drop(newest, times)
        }
        return taken.reversed()
    }

    private func newest(_ times: any NominalTimes) -> Firing? {
        if let last = late.last { return last }
        guard let passed, passed.count > 0 else { return nil }
        return times.last(atOrBefore: passed.last, notBefore: passed.first)
    }

    private mutating func drop(_ firing: Firing, _ times: any NominalTimes) {
        if late.popLast() != nil { return }
        guard var rest = passed else { return }
        guard let before = times.last(atOrBefore: firing.nominal.preceding, notBefore: rest.first) else {
            return passed = nil
        }
        rest.last = before.nominal
        // Of a count that reached its bound nobody knows how many there were.
        if rest.count < SchedulingBounds.countMax { rest.count = max(rest.count - 1, 1) }
        passed = rest
    }
}
