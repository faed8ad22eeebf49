/// What becomes of the runs of Schedules.
extension Schedules {
    /// The Schedule of a run; nil: it is none of theirs.
    package func schedule(of run: RunID) -> String? { runs[run] }

    /// Processes that live, or may.
    package var liveRuns: [ActiveRun.Process] {
        memory.values.flatMap { $0.state.active.compactMap(\.process) }
    }

    package mutating func started(
        _ run: RunID, _ identity: RunIdentity, at moment: Moment, in around: ScheduleSurroundings
    ) {
        change(run, at: moment, in: around) {
            $0.started(run, at: identity.startedAt, wall: identity.startedWall)
        }
    }

    package mutating func ended(
        _ run: RunID, _ exit: ExitReport, at moment: Moment, in around: ScheduleSurroundings
    ) {
        change(run, at: moment, in: around) { $0.ended(run, exit) }
    }

    /// The host refused a start. Nothing ran, and it is tried again while there is time.
    package mutating func refused(
        _ run: RunID, _ failure: HostFailure, at moment: Moment, in around: ScheduleSurroundings
    ) {
        change(run, at: moment, in: around) { turn in
            let count = turn.index(of: run).flatMap { turn.memory.state.active[$0].refusals } ?? 0
            turn.refused(run, failure, retryAt: moment.instant + World.hostRetry(count))
        }
        runs[run] = nil
    }

    /// Its files are in its own directory; `errors` is masked.
    package mutating func archived(
        _ run: RunID, errors: String?, output: [ScheduledRun.OutputFile], at moment: Moment,
        in around: ScheduleSurroundings
    ) {
        change(run, at: moment, in: around) { $0.archived(run, errors: errors, output: output) }
        wasArchived(run)
    }

    /// Its process cannot be proven any more: it is left alone.
    package mutating func unknown(
        _ run: RunID, _ reason: String, at moment: Moment, in around: ScheduleSurroundings
    ) {
        change(run, at: moment, in: around) { $0.unknown(run, reason) }
    }

    /// Records that are not over, or whose files are not put away.
    package var openRecords: Set<RunID> {
        Set(memory.values.flatMap { $0.state.active.map(\.record.id) })
    }

    /// `count` nil: the claim could not be stored, and nothing was sent.
    package mutating func signalled(
        _ schedule: String, _ record: RunID, count: Int?, at moment: Moment, in around: ScheduleSurroundings
    ) {
        let changed = turn(schedule, at: moment, in: around) { $0.signalled(record, count) }
        ask(becauseOf: schedule, changed?.said.outcomes ?? [], at: moment)
        touch(schedule)
    }

    /// The agent is to end and takes its runs along.
    package mutating func stopAll(at moment: Moment, in around: ScheduleSurroundings) -> ScheduleOrders {
        var orders = ScheduleOrders()
        for name in memory.keys.sorted() {
            let changed = turn(name, at: moment, in: around) { turn in
                for index in turn.memory.state.active.indices
                where turn.memory.state.active[index].ending == nil { turn.end(index, .stopped) }
            }
            orders.stops += changed?.said.orders.stops ?? []
        }
        return orders
    }

    private mutating func change(
        _ run: RunID, at moment: Moment, in around: ScheduleSurroundings,
        _ body: (inout ScheduleTurn) -> Void
    ) {
        guard let name = runs[run] else { return }
        let changed = turn(name, at: moment, in: around, body)
        ask(becauseOf: name, changed?.said.outcomes ?? [], at: moment)
        touch(name)
    }
}
