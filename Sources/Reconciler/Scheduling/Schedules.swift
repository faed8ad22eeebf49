/// All that an agent knows of Schedules: changed by what is accepted, by time, and by what becomes of runs. A
/// value without I/O, clock and chance, like `World`.
package struct Schedules: Sendable {
    package internal(set) var memory: [String: ScheduleMemory] = [:]
    /// The next time of each by the clock, as of the last look.
    package private(set) var next: [String: Firing] = [:]
    /// Why one cannot fire on this host, in words.
    package private(set) var troubles: [String: String] = [:]
    /// Paths that the host cannot watch, in words.
    package var unwatched: [String: String] = [:]
    package private(set) var isHostSuspended = false

    private var watch: ScheduleWatch?
    private var lastMoment: Moment?
    private(set) var bars: [String: ScheduleBar] = [:]
    private var wakeWalls: [String: WallTime] = [:]
    private var wakeInstants: [String: Instant] = [:]
    /// What wants to be looked at now, and what at every turn, because it waits for something elsewhere.
    private var touched: Set<String> = []
    private var waiting: Set<String> = []
    var runs: [RunID: String] = [:]
    private var archiving: Set<RunID> = []
    /// Wall clock less boot's own clock, as it was when wake-ups were last told.
    private var offset: Int64 = 0
    private var changes = ScheduleChanges()

    package init() {}

    /// Hands over what must be stored and told, and forgets it.
    package mutating func takeChanges() -> ScheduleChanges {
        defer { changes = ScheduleChanges() }
        return changes
    }

    package mutating func touch(_ name: String) { touched.insert(name) }
    /// Next times are others than they were.
    package mutating func zonesChanged() { touchAll() }
    mutating func touchAll() { touched.formUnion(memory.keys) }

    mutating func forgetTransient(_ name: String) {
        (next[name], troubles[name], bars[name], wakeWalls[name], wakeInstants[name]) = (
            nil, nil, nil, nil, nil
        )
        unwatched[name] = nil
        touched.remove(name)
        waiting.remove(name)
    }

    // MARK: - Looking

    /// Decides what is due now. What it says is performed once `takeChanges` is durable.
    package mutating func look(at moment: Moment, in around: ScheduleSurroundings) -> ScheduleOrders {
        notice(moment)
        if around.isHostSuspended != isHostSuspended {
            isHostSuspended = around.isHostSuspended
            touchAll()
        }
        var orders = ScheduleOrders()
        for _ in 0..<SchedulingBounds.chainMax {
            let names = due(at: moment)
            if names.isEmpty { break }
            touched = []
            waiting = []
            var outcomes: [(String, [ScheduledRun.State])] = []
            for name in names {
                guard let looked = turn(name, at: moment, in: around, { $0.look() }) else { continue }
                order(looked, &orders)
                if !looked.said.outcomes.isEmpty { outcomes.append((name, looked.said.outcomes)) }
                if memory[name]?.isGone == true { retire(name) }
            }
            for (name, states) in outcomes { ask(becauseOf: name, states, at: moment) }
            if touched.isEmpty { break }
        }
        return orders
    }

    /// When it wants to be asked again.
    package mutating func wakeAt(_ moment: Moment) -> Instant? {
        if !touched.isEmpty { return moment.instant }
        let exact = moment.wall.nanoseconds.subtractingReportingOverflow(moment.instant.nanoseconds)
            .partialValue
        let apart = exact.subtractingReportingOverflow(offset)
        // The two clocks are never read at the same moment: a timer need not be set anew for that.
        if apart.overflow || abs(apart.partialValue) > Self.offsetSlack { offset = exact }
        var wakes = [wakeInstants.values.min()].compactMap { $0 }
        if let wall = wakeWalls.values.min() {
            let steady = Instant(
                nanoseconds: wall.nanoseconds.subtractingReportingOverflow(offset).partialValue)
            let late = wall > moment.wall && steady <= moment.instant
            wakes.append(late ? moment.instant + wall.elapsed(since: moment.wall) : steady)
        }
        return wakes.min()
    }

    private static let offsetSlack: Int64 = 1_000_000

    private func due(at moment: Moment) -> [String] {
        var names = touched.union(waiting)
        for (name, at) in wakeWalls where at <= moment.wall { names.insert(name) }
        for (name, at) in wakeInstants where at <= moment.instant { names.insert(name) }
        return names.sorted()
    }

    /// Whether the wall clock was set since the last look.
    private mutating func notice(_ moment: Moment) {
        defer { lastMoment = moment }
        guard let last = lastMoment, watch != nil else {
            watch = ScheduleWatch(from: moment.wall, reason: RunReason.missed)
            return touchAll()
        }
        let drift = moment.wall.elapsed(since: last.wall) - (moment.instant - last.instant)
        guard abs(drift.nanoseconds) > SchedulingBounds.clockSlack.nanoseconds else { return }
        let reason = drift > .zero ? RunReason.clockSetForward : watch?.reason ?? RunReason.missed
        watch = ScheduleWatch(from: moment.wall, reason: reason)
        bars = [:]
        touchAll()
    }

    /// Changes one Schedule. What is to be done about it is said by the next look.
    @discardableResult
    mutating func turn(
        _ name: String, at moment: Moment, in around: ScheduleSurroundings,
        _ body: (inout ScheduleTurn) -> Void
    ) -> ScheduleTurn? {
        guard let known = memory[name] else { return nil }
        var turn = ScheduleTurn(
            name: name, memory: known, moment: moment, around: around,
            watch: watch ?? ScheduleWatch(from: moment.wall, reason: RunReason.missed), bar: bars[name])
        body(&turn)
        if turn.isChanged {
            memory[name] = turn.memory
            changes.states.insert(name)
        }
        take(turn.said, of: name)
        bars[name] = turn.bar
        return turn
    }

    private mutating func take(_ said: ScheduleTurn.Said, of name: String) {
        changes.records += said.records
        changes.events += said.events
        changes.observations += said.observations
        next[name] = said.next
        troubles[name] = said.trouble
        wakeWalls[name] = said.wakeWall
        wakeInstants[name] = said.wakeInstant
        if said.isWaiting { waiting.insert(name) }
    }

    mutating func order(_ turn: ScheduleTurn, _ orders: inout ScheduleOrders) {
        let said = turn.said.orders
        orders.prepares += said.prepares.filter { spec in
            !orders.prepares.contains { $0.specHash == spec.specHash }
        }
        orders.starts += said.starts
        orders.stops += said.stops
        orders.signals += said.signals
        orders.restarts += said.restarts
        for start in said.starts { runs[start.run] = turn.name }
        for closing in turn.memory.state.closing where archiving.insert(closing.run).inserted {
            runs[closing.run] = turn.name
            let item = turn.memory.state.active.first { $0.record.id == closing.record }
            orders.archives.append(
                ArchiveOrder(
                    schedule: turn.name, run: closing.run, slot: closing.slot,
                    isLast: item?.record.state.isOver ?? true))
        }
    }

    mutating func wasArchived(_ run: RunID) {
        archiving.remove(run)
        runs[run] = nil
    }

    mutating func mark(_ name: String, isDeclared: Bool = false) {
        changes.states.insert(name)
        if isDeclared { changes.declared.insert(name) }
    }

    mutating func add(_ event: EventRecord) { changes.events.append(event) }

    /// It is declared no longer, and nothing of it is under way: only what prevents doubles is kept.
    private mutating func retire(_ name: String) {
        guard memory[name]?.declared != nil else { return }
        memory[name]?.declared = nil
        memory[name]?.state.line = nil
        mark(name, isDeclared: true)
        forgetTransient(name)
    }
}

extension ScheduleMemory {
    fileprivate var isGone: Bool {
        state.withdrawnAt != nil && state.active.isEmpty && state.closing.isEmpty
    }
}

/// What changed in Schedules since it was last taken.
package struct ScheduleChanges: Sendable {
    /// Schedules whose state changed, and those whose declaration did.
    package var states: Set<String> = []
    package var declared: Set<String> = []
    package var records: [ScheduledRun] = []
    package var events: [EventRecord] = []
    package var observations: [ScheduleObservation] = []

    package init() {}
}
