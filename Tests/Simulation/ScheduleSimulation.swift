import Manifests
import Reconciler
import TestKit

/// A host of many Schedules whose agent dies every few minutes, at any step. What must have run is reckoned
/// apart from the engine: intervals are divisions of the clock.
struct ScheduleSimulation {
    struct Failure: Error, CustomStringConvertible { var description: String }

    private var random: SeededRandom
    private var host = ScheduledHost()
    private var schedules: [DesiredSchedule] = []
    private let begun: WallTime

    init(seed: UInt64, schedules count: Int) {
        random = SeededRandom(seed: seed)
        begun = host.clock.wall
        for index in 0..<count { schedules.append(makeSchedule(index)) }
    }

    /// Lets so much time go by, in which the agent dies about once in `death`.
    mutating func run(for time: Duration, death: Duration) throws {
        host.accept(schedules)
        var left = time
        while left > .zero {
            let step = min(left, .milliseconds(random.number(1...Int(death.nanoseconds / 500_000))))
            live(for: step)
            left -= step
            if left > .zero { dieAndComeBack(&left) }
            try checkDoubles()
        }
        host.isHostSuspended = false
        if !host.isAgentAlive { host.startAgent() }
        host.turn()
        finish()
        try check()
    }

    /// Processes take a while; most end well.
    private mutating func live(for time: Duration) {
        var left = time
        while left > .zero {
            let step = min(left, .seconds(random.number(20...90)))
            host.advance(by: step)
            left -= step
            for run in host.liveRuns where !random.once(in: 4) {
                host.exit(run, code: random.once(in: 10) ? 1 : 0)
            }
        }
    }

    private mutating func dieAndComeBack(_ left: inout Duration) {
        switch random.number(0...3) {
        case 0: host.diesBeforeCommit = true
        case 1: host.diesAfterCommit = true
        default: host.killAgent()
        }
        let away = min(left, .seconds(random.number(1...120)))
        host.advance(by: away)
        host.diesBeforeCommit = false
        host.diesAfterCommit = false
        left -= away
        if host.isAgentAlive { host.killAgent() }
        for run in host.liveRuns where random.once(in: 3) { host.exit(run) }
        host.startAgent()
    }

    private mutating func finish() {
        // Queues empty themselves, one run after the other.
        for _ in 0..<200 where !host.liveRuns.isEmpty { host.exitAll() }
    }

    // MARK: - What must hold

    private func checkDoubles() throws {
        var seen: Set<String> = []
        for start in host.started.suffix(2_000) {
            let key = "\(start.schedule) \(start.nominal.nanoseconds) \(start.attempt)"
            guard seen.insert(key).inserted else { throw Failure(description: "run twice: \(key)") }
        }
    }

    private func check() throws {
        var starts: [String: [Int64]] = [:]
        for start in host.started where start.attempt == 1 {
            starts[start.schedule, default: []].append(start.nominal.nanoseconds)
        }
        for schedule in schedules {
            let ran = starts[schedule.name] ?? []
            guard Set(ran).count == ran.count else {
                throw Failure(description: "\(schedule.name): a time has run twice")
            }
            try check(schedule, Set(ran))
        }
    }

    private func check(_ schedule: DesiredSchedule, _ ran: Set<Int64>) throws {
        let wanted = nominals(of: schedule)
        guard ran.isSubset(of: wanted) else {
            throw Failure(
                description: "\(schedule.name): ran at \(ran.subtracting(wanted).sorted().prefix(3))")
        }
        let lines = host.lines(of: schedule.name)
        let untold = lines.filter { ScheduledRun.State.neverRan.contains($0.state) }
            .reduce(0) { $0 + ($1.count ?? 1) }
        // What waits behind the next attempt of an earlier one, as its line says.
        let open = Set(
            lines.filter { !$0.state.isOver && $0.attempts.isEmpty }.map(\.nominal.nanoseconds))
        // Each nominal time has run, or a line says why not.
        guard ran.count + untold + open.count == wanted.count else {
            throw Failure(
                description: "\(schedule.name): \(wanted.count) times, \(ran.count) ran, \(untold) told of, "
                    + "\(open.count) wait")
        }
        guard schedule.catchUp.policy == .all, schedule.concurrency.policy == .queue else { return }
        guard ran.union(open) == wanted else {
            throw Failure(
                description:
                    "\(schedule.name): lost \(wanted.subtracting(ran.union(open)).sorted().prefix(3)) of all")
        }
    }

    /// Divisions of the clock, reckoned by hand.
    private func nominals(of schedule: DesiredSchedule) -> Set<Int64> {
        guard case .interval(let interval, anchor: _) = schedule.trigger else { return [] }
        let every = interval.nanoseconds
        var next = (begun.nanoseconds / every + 1) * every
        var found: Set<Int64> = []
        while next <= host.clock.wall.nanoseconds {
            found.insert(next)
            next += every
        }
        return found
    }

    private mutating func makeSchedule(_ index: Int) -> DesiredSchedule {
        let name = "s\(index)"
        let minutes = [1, 2, 5, 7, 10, 15, 30, 60, 90, 120, 360, 720, 1_440]
        var schedule = DesiredSchedule(
            name: name, place: Location(file: "s.yaml", line: 1, column: 1),
            trigger: .interval(.seconds((random.pick(minutes) ?? 5) * 60), anchor: 0),
            action: .run(spec: Boxed(wrappedValue: Self.spec(name)), reference: "report@^1"),
            hash: SpecHash(hex: name))
        schedule.catchUp = CatchUpPolicy(
            policy: random.pick(CatchUpPolicy.Policy.allCases) ?? .last, max: 1_000)
        let policies: [ConcurrencyPolicy.Policy] = [.allow, .forbid, .queue, .replace]
        schedule.concurrency = ConcurrencyPolicy(policy: random.pick(policies) ?? .forbid, max: 1_000)
        if random.once(in: 3) { schedule.retries = RetryPolicy(max: 2, initial: .seconds(5)) }
        return schedule
    }

    private static func spec(_ name: String) -> InstanceSpec {
        InstanceSpec(
            name: DesiredSchedule.owner(of: name), unit: "report@1.0.0", profile: .oneshot,
            process: ProcessSpec(command: "/bin/true"), health: Health(),
            restart: RestartPolicy(policy: .never), stop: StopPolicy(), logging: LoggingPolicy(),
            update: UpdatePolicy(), fields: [], startHash: StartHash(hex: name), specHash: SpecHash(hex: name)
        )
    }
}
