import Manifests

/// One look at one Schedule: what of it is due, what may start, what has to end. A value that is made for one
/// look, so that what is decided and what is said of it stand together.
struct ScheduleTurn {
    let name: String
    var memory: ScheduleMemory
    let moment: Moment
    let around: ScheduleSurroundings
    /// Since when nothing kept the agent from looking, and what did before.
    let watch: ScheduleWatch
    /// What keeps it from firing though a time is due; kept from look to look.
    var bar: ScheduleBar?
    var said = Said()
    var isChanged = false

    /// What the look leads to, beside what is remembered.
    struct Said {
        var records: [ScheduledRun] = []
        var events: [EventRecord] = []
        var observations: [ScheduleObservation] = []
        var outcomes: [ScheduledRun.State] = []
        var orders = ScheduleOrders()
        /// When it wants to be looked at again, by either clock.
        var wakeWall: WallTime?
        var wakeInstant: Instant?
        /// Something of it waits for what happens elsewhere.
        var isWaiting = false
        var next: Firing?
        /// Why it cannot fire.
        var trouble: String?
    }

    var state: ScheduleState {
        get { memory.state }
        set {
            memory.state = newValue
            isChanged = true
        }
        _modify {
            isChanged = true
            yield &memory.state
        }
    }

    var schedule: DesiredSchedule? { memory.declared?.schedule }
    var now: WallTime { moment.wall }

    /// New runs may be claimed.
    var mayFire: Bool { memory.isAssigned && schedule?.suspend == false }

    mutating func look() {
        endOverdue()
        if let schedule { takeAsked(schedule) }
        if let schedule { takeDue(schedule) }
        if let schedule { startWaiting(schedule) }
        if let schedule { prepareAhead(schedule) }
    }

    mutating func wake(_ at: WallTime) { said.wakeWall = min(said.wakeWall ?? at, at) }
    mutating func wake(_ at: Instant) { said.wakeInstant = min(said.wakeInstant ?? at, at) }

    // MARK: - What is said

    mutating func save(_ record: ScheduledRun) {
        said.records.removeAll { $0.id == record.id }
        said.records.append(record)
    }

    mutating func note(_ kind: EventRecord.Kind, _ record: ScheduledRun, _ text: String) {
        var event = EventRecord(
            kind: kind, time: now, run: record.id, revision: record.revision, message: "\(name): \(text)")
        event.schedule = name
        said.events.append(event)
    }

    /// A line of what was not started. It becomes a part of the one before where that says the same.
    mutating func line(
        _ lineState: ScheduledRun.State, _ reason: String, _ message: String,
        _ trigger: ScheduledRun.Trigger, first: WallTime, last: WallTime, count: Int = 1
    ) {
        guard count > 0, let revision = memory.declared?.revision else { return }
        said.observations.append(.over(schedule: name, lineState, count: count))
        said.outcomes.append(lineState)
        if var line = state.line, line.state == lineState, line.reason == reason, line.trigger == trigger {
            line.count = (line.count ?? 1) + count
            line.until = last
            line.recorded = now
            state.line = line
            if state.last?.id == line.id { state.last = line }
            return save(line)
        }
        var line = ScheduledRun(
            id: around.newID(), schedule: name, trigger: trigger, nominal: first, state: lineState,
            reason: reason, message: message, recorded: now, revision: revision)
        if count > 1 { (line.count, line.until) = (count, last) }
        state.line = line
        state.last = line
        save(line)
        let times =
            count == 1
            ? "a run was" : count < SchedulingBounds.countMax ? "\(count) runs were" : "many runs were"
        note(.scheduleMissed, line, "\(times) \(lineState.rawValue): \(message)")
    }
}

/// Since when nothing kept the agent from looking at Schedules.
package struct ScheduleWatch: Sendable, Hashable {
    package var from: WallTime
    /// What did before, as a word of `RunReason`.
    package var reason: String

    var message: String {
        switch reason {
        case RunReason.clockSetForward: "the host's clock was set forward over its time"
        default: "the agent was not running at its time"
        }
    }
}

/// Why a Schedule does not fire though it is its time.
package struct ScheduleBar: Sendable, Hashable {
    package var reason: String
    package var message: String
    /// When it ends by itself.
    package var until: WallTime?
}
