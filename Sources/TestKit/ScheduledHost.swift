import Manifests
package import Reconciler

/// A host that runs nothing but Schedules: the engine itself, a clock that is told to go on, a store that
/// keeps what was committed, and processes that end when they are told to. Its agent may die at any time.
package struct ScheduledHost {
    package struct Start: Sendable {
        package var schedule: String
        package var nominal: WallTime
        package var attempt: Int
        package var at: WallTime
        package var run: RunID
    }

    package var clock = ManualClock()
    package private(set) var schedules = Schedules()
    package var isAgentAlive = true
    package var isHostSuspended = false
    package var unmet: String?
    /// What the host says to a spec; nothing: it can start it.
    package var failure: HostFailure?
    package var window: @Sendable (DesiredSchedule, WallTime) -> WindowState = { _, _ in .always }
    package private(set) var boot = 1
    /// What is durable.
    package private(set) var stored: [String: ScheduleMemory] = [:]
    package private(set) var history: [RunID: ScheduledRun] = [:]
    package private(set) var events: [EventRecord] = []
    package private(set) var started: [Start] = []
    package private(set) var signals: [ScheduledSignal] = []
    package private(set) var restarts: [ScheduledRestart] = []
    package private(set) var observations: [ScheduleObservation] = []
    package private(set) var live: [RunID: ScheduledStart] = [:]
    /// Ended while no agent was there, or not acknowledged.
    private var ended: [RunID: (slot: SlotID, record: ScheduledRun, exit: ExitReport)] = [:]
    private var preparations: [SpecHash: Preparation] = [:]
    private var accepted: Desired?
    private var ids: UInt32 = 0
    /// The next commit is lost, and the agent with it; what was to be performed is not.
    package var diesBeforeCommit = false
    /// The agent dies after its next commit, before anything is performed.
    package var diesAfterCommit = false

    package init() {}

    // MARK: - What happens to it

    package mutating func accept(_ schedules: [DesiredSchedule], revision: Int = 1) {
        var desired = Desired(revision: Self.revision(revision), node: Node(name: "n"), instances: [:])
        desired.schedules = Dictionary(schedules.map { ($0.name, $0) }, uniquingKeysWith: { $1 })
        accepted = desired
        guard isAgentAlive else { return }
        self.schedules.accept(desired, at: clock.moment, in: surroundings())
        turn()
    }

    /// Goes on to this time, and looks whenever the engine asks to be woken.
    package mutating func advance(by duration: Duration) {
        let end = clock.now + duration
        while isAgentAlive, let wake = schedules.wakeAt(clock.moment), wake <= end {
            clock.advance(to: wake)
            turn()
        }
        clock.advance(to: end)
        if isAgentAlive { turn() }
    }

    /// The wall clock alone is set, and the kernel says so.
    package mutating func setClock(by duration: Duration) {
        clock.setWall(by: duration)
        if isAgentAlive { turn() }
    }

    /// Time goes by and nobody looks: the host sleeps.
    package mutating func sleep(_ duration: Duration) {
        clock.advance(by: duration)
        if isAgentAlive { turn() }
    }

    package mutating func killAgent() {
        isAgentAlive = false
        schedules = Schedules()
        preparations = [:]
    }

    package mutating func reboot() {
        killAgent()
        live = [:]
        ended = [:]
        boot += 1
        clock.reboot()
    }

    package mutating func startAgent(losingStore: Bool = false, isSameBoot: Bool = true) {
        if losingStore { stored = [:] }
        isAgentAlive = true
        schedules = Schedules(memory: stored, isSameBoot: isSameBoot)
        if let accepted { schedules.accept(accepted, at: clock.moment, in: surroundings()) }
        let found =
            live.values.map {
                FoundScheduledRun(run: $0.run, slot: $0.slot, record: $0.record, state: .live(identity($0)))
            }
            + ended.map {
                FoundScheduledRun(run: $0, slot: $1.slot, record: $1.record, state: .exited($1.exit))
            }
        let adoption = schedules.adopt(
            found.sorted { $0.slot < $1.slot }, isSameBoot: isSameBoot, isRebuilt: losingStore,
            at: clock.moment, in: surroundings())
        for run in adoption.acknowledged { ended[run] = nil }
        turn()
    }

    /// The process of a run ends; its agent may be there or not.
    package mutating func exit(_ run: RunID, code: Int32 = 0) {
        guard let start = live.removeValue(forKey: run) else { return }
        let exit = ExitReport(cause: .exited(code: code), endedWall: clock.wall)
        guard isAgentAlive else {
            ended[run] = (start.slot, start.record, exit)
            return
        }
        schedules.ended(run, exit, at: clock.moment, in: surroundings())
        turn()
    }

    package mutating func exitAll(code: Int32 = 0) {
        for run in live.keys.sorted() { exit(run, code: code) }
    }

    package mutating func refuse(_ run: RunID, _ failure: HostFailure) {
        guard live.removeValue(forKey: run) != nil else { return }
        schedules.refused(run, failure, at: clock.moment, in: surroundings())
        turn()
    }

    package mutating func heard(_ happenings: [InstanceHappening]) {
        schedules.heard(happenings, at: clock.moment)
        turn()
    }

    // MARK: - What it is asked

    package func lines(of schedule: String) -> [ScheduledRun] {
        history.values.filter { $0.schedule == schedule }.sorted { $0.id < $1.id }
    }

    package func starts(of schedule: String) -> [Start] { started.filter { $0.schedule == schedule } }

    package var liveRuns: [RunID] { live.keys.sorted() }

    // MARK: - The agent

    /// One turn of the loop: look, make durable, perform.
    package mutating func turn() {
        let around = surroundings()
        let orders = schedules.look(at: clock.moment, in: around)
        if diesBeforeCommit {
            diesBeforeCommit = false
            return killAgent()
        }
        commit()
        if diesAfterCommit {
            diesAfterCommit = false
            return killAgent()
        }
        perform(orders)
    }

    private mutating func commit() {
        let changes = schedules.takeChanges()
        for name in changes.states.union(changes.declared) { stored[name] = schedules.memory[name] }
        for record in changes.records { history[record.id] = record }
        events += changes.events
        observations += changes.observations
    }

    private mutating func perform(_ orders: ScheduleOrders) {
        var isMore = false
        for spec in orders.prepares {
            if let failure {
                preparations[spec.specHash] = .failed(
                    failure, attempts: 1, retryAt: clock.now + .seconds(1))
            } else {
                preparations[spec.specHash] = .ready
            }
            isMore = true
        }
        for start in orders.starts {
            live[start.run] = start
            started.append(
                Start(
                    schedule: start.record.schedule, nominal: start.record.nominal,
                    attempt: start.record.attempt, at: clock.wall, run: start.run))
            schedules.started(start.run, identity(start), at: clock.moment, in: surroundings())
            isMore = true
        }
        for order in orders.archives {
            ended[order.run] = nil
            schedules.archived(order.run, errors: nil, output: [], at: clock.moment, in: surroundings())
            isMore = true
        }
        for signal in orders.signals {
            signals.append(signal)
            schedules.signalled(
                signal.schedule, signal.record, count: signal.runs.count, at: clock.moment, in: surroundings()
            )
            isMore = true
        }
        restarts += orders.restarts
        for stop in orders.stops {
            exit(stop.run, code: 143)
            isMore = false
        }
        if isMore, isAgentAlive { turn() }
    }

    private func identity(_ start: ScheduledStart) -> RunIdentity {
        RunIdentity(
            bootID: "boot-\(boot)", pid: 1, startTime: 1, keeperPID: 1, startedAt: clock.now,
            startedWall: clock.wall)
    }

    private mutating func surroundings() -> ScheduleSurroundings {
        let (window, unmet, first) = (window, unmet, ids)
        let milliseconds = UInt64(clamping: clock.wall.nanoseconds / 1_000_000)
        let counter = Counter(first)
        ids += Self.idsPerTurn
        return ScheduleSurroundings(
            times: { Self.calendar(of: $0) }, window: window, isHostSuspended: isHostSuspended,
            preparations: preparations, unmet: { $0.isEmpty ? nil : unmet },
            readyRuns: { $0 == "nobody" ? [] : [RunID(milliseconds: 1, randomness: 1)] },
            canRestart: { $0 != "nobody" },
            newID: { RunID(milliseconds: milliseconds, randomness: counter.next()) }, bootID: "boot-\(boot)")
    }

    private static let idsPerTurn: UInt32 = 10_000

    /// The zone `Nowhere` is known to nobody, and every other one is UTC.
    private static func calendar(of schedule: DesiredSchedule) -> ScheduleCalendar? {
        guard schedule.timezone != "Nowhere" else { return nil }
        return ScheduleCalendar(
            schedule.trigger, zone: .utc, dst: schedule.dst, jitter: schedule.jitter, name: schedule.name)
    }

    private final class Counter {
        private var value: UInt32
        init(_ value: UInt32) { self.value = value }
        func next() -> UInt32 {
            value += 1
            return value
        }
    }

    private static func revision(_ number: Int) -> Revision {
        Revision(
            id: RevisionID(hex: String(repeating: "0", count: 38) + String(10 + number % 90)), ref: "main",
            authorName: "Ann", authorEmail: "ann@example.org", subject: "change \(number)",
            committed: WallTime(nanoseconds: 0))
    }
}
