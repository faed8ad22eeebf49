import Manifests
import Reconciler
import TestKit

/// One seeded world: commits, crashes, probes that flap, hosts that refuse, agents that die.
struct Simulation {
    private var random: SeededRandom
    private var declarations: RandomDeclarations
    private var host = SimulatedHost()
    private var expected = Expectation()
    private var invariants = Invariants()
    /// A replica that crashes as soon as it runs, for so many more steps.
    private var doomed: (slot: SlotID, steps: Int)?
    /// What was accepted last, as far as the expectation knows.
    private var lastAccepted: RevisionID?
    /// What happened, newest last; printed when something breaks.
    private(set) var trace: [String] = []

    static let steps = 120

    init(seed: UInt64) {
        random = SeededRandom(seed: seed)
        declarations = RandomDeclarations(&random)
        // Half of the worlds have gates, which let everything through in its turn.
        let open = GateSettings(fuse: FusePolicy(maxRemoved: 100, maxRestarted: 100))
        if seed.isMultiple(of: 2) { host.gates = SimulatedGates(settings: open) }
    }

    mutating func run() throws {
        try commit("first")
        for _ in 0..<Self.steps {
            try disturb()
            try turn()
        }
        try heal()
    }

    /// One turn of the loop: what the planner wants is checked, done, and wanted no more.
    private mutating func turn() throws {
        try takeTurns()
        let plan = host.plan()
        try invariants.check(plan, host, expected)
        try oneRunASlot()
        try Rollbacks.checkMemory(host)
        if random.once(in: 25), !plan.actions.isEmpty {
            // The agent dies in the middle of it.
            let done = random.number(0...plan.actions.count)
            for action in plan.actions.prefix(done) { host.perform(action) }
            say("agent dies after \(done) of \(plan.actions.count) actions")
            restartAgent()
            return
        }
        for line in PlanText.lines(plan, at: host.clock.now, waiting: false) { say("  \(line)") }
        host.perform(plan)
        let again = host.plan()
        guard again.actions.isEmpty else {
            throw Invariants.Broken(description: "the same plan twice: \(again.actions)")
        }
        if let wake = again.wakeAt, wake <= host.clock.now {
            throw Invariants.Broken(description: "wakes at once, and has nothing to do")
        }
    }

    private func oneRunASlot() throws {
        var slots: Set<SlotID> = []
        for process in host.processes.values where process.isLive {
            guard slots.insert(process.slot).inserted else {
                throw Invariants.Broken(description: "two live runs of \(process.slot)")
            }
        }
    }

    private mutating func say(_ line: String) {
        trace.append(line)
        if trace.count > 400 { trace.removeFirst(200) }
    }
}

// MARK: What happens

extension Simulation {
    private mutating func disturb() throws {
        if crashLoop() { return }
        switch random.number(0...19) {
        case 0, 1, 2: try commit(declarations.change(&random))
        case 3, 4, 5, 6: advance()
        case 7: restartAgent()
        case 8 where random.once(in: 4):
            say("reboot")
            host.reboot()
            invariants.forgetStarts()
        case 8 where random.once(in: 8):
            say("the store is lost")
            host.loseStore()
            expected.forget()
        case 9: host.answerChecks()
        case 11 where random.once(in: 6):
            let name = "i\(random.number(0...5))"
            say("retry \(name)")
            host.retry(name)
        case 11 where random.once(in: 6):
            let name = "i\(random.number(0...5))"
            host.inputs[name] = "mended at \(host.clock.now)"
        case 10 where random.once(in: 2):
            let name = "i\(random.number(0...5))"
            if host.unprepared.remove(name) == nil { host.unprepared.insert(name) }
            say("prepared apart from \(host.unprepared.sorted())")
        default:
            host.answerChecks()
            disturbRun()
        }
    }

    /// True while a replica is doomed: it begins and crashes, over and over.
    private mutating func crashLoop() -> Bool {
        if let (slot, steps) = doomed {
            doomed = steps > 1 ? (slot, steps - 1) : nil
            host.answerChecks()
            guard let process = host.process(of: slot) else {
                host.wait(until: host.clock.now + .milliseconds(random.number(50...500)))
                return true
            }
            switch process.state {
            case .requested: host.begin(process.run)
            case .live: host.end(process.run, .exited(code: 9))
            case .silent, .ended: return false
            }
            return true
        }
        let live = host.processes.values.filter(\.isLive).map(\.slot).sorted()
        guard random.once(in: 50), let slot = random.pick(live) else { return false }
        say("\(slot) is doomed")
        doomed = (slot, 40)
        return true
    }

    private mutating func disturbRun() {
        let live = host.processes.values.filter(\.isLive).sorted { $0.run < $1.run }
        guard let process = random.pick(live) else { return }
        let id = process.run
        switch process.state {
        case .requested:
            if random.once(in: 6) {
                say("refuse \(process.slot)")
                host.refuse(id)
            } else {
                say("begin \(process.slot)")
                host.begin(id)
            }
        case .silent:
            if random.once(in: 4) {
                say("silent \(process.slot) ends")
                host.end(id, .keeperLost)
            }
        case .live where process.stopRequested:
            let how: [ExitReport.Cause] = [.signaled(number: 15, coreDumped: false), .exited(code: 0)]
            say("\(process.slot) ends as asked")
            host.end(id, random.pick(how) ?? .exited(code: 0))
        case .live: disturbLive(process)
        case .ended: break
        }
        host.randomness = Double(random.number(0...100)) / 100
    }

    private mutating func disturbLive(_ process: SimulatedProcess) {
        let (id, slot) = (process.run, process.slot)
        let health = process.memo.spec.health
        switch random.number(0...18) {
        case 16, 17, 18: drift(id, slot)
        case 0:
            say("\(slot) crashes")
            host.end(id, .exited(code: 1))
        case 1:
            say("\(slot) exits 0")
            host.end(id, .exited(code: 0))
        case 2 where random.once(in: 4):
            say("\(slot) loses its keeper")
            host.end(id, .keeperLost)
        case 3 where random.once(in: 4):
            say("\(slot) falls silent")
            host.silence(id)
        case 4 where health.readiness != nil:
            say("\(slot) unready")
            host.probe(id, .readiness, passing: false)
        case 5 where health.liveness != nil && random.once(in: 2):
            say("\(slot) dead")
            host.probe(id, .liveness, passing: false)
        case 6 where health.startup != nil && host.world.run(id)?.startup == nil && random.once(in: 3):
            say("\(slot) does not come up")
            host.probe(id, .startup, passing: false)
        case 7 where random.once(in: 3):
            say("\(slot) ends unseen, agent dies")
            host.endUnseen(id, .exited(code: 3))
            restartAgent()
        default: pass(process)
        }
    }

    private mutating func drift(_ id: RunID, _ slot: SlotID) {
        guard random.once(in: 2) else { return }
        let found = [
            RunFinding(
                kind: .stale, reason: RunFinding.executableReplaced, message: "replaced at \(host.clock.now)"),
            RunFinding(kind: .stale, reason: "", message: ""),
            RunFinding(kind: .drifted, reason: RunFinding.limitsChanged, message: "other limits"),
            RunFinding(kind: .drifted, reason: RunFinding.argumentsChanged, message: "other arguments"),
            RunFinding(kind: .drifted, reason: "", message: ""),
        ]
        guard let finding = random.pick(found) else { return }
        say("\(slot) \(finding.kind.rawValue) \(finding.reason)")
        host.find(id, finding)
    }

    private mutating func pass(_ process: SimulatedProcess) {
        let health = process.memo.spec.health
        if health.startup != nil && host.world.run(process.run)?.startup != true {
            say("\(process.slot) up")
            host.probe(process.run, .startup, passing: true)
        } else if health.readiness != nil {
            let isBad = Rollbacks.isBad(process.memo.spec)
            say("\(process.slot) \(isBad ? "is bad" : "ready")")
            host.probe(process.run, .readiness, passing: !isBad)
        }
        // Of the liveness probes only those that were changed on a live run are waited for.
        if host.world.run(process.run)?.unanswered?.contains(.liveness) == true {
            host.probe(process.run, .liveness, passing: true)
        }
    }

    private mutating func commit(_ what: String) throws {
        say("commit \(host.nextRevision): \(what)")
        try host.commit(declarations.source)
        try takeTurns()
    }

    /// What waited for its turn may be accepted by now. No Instance is disturbed more often than the pace
    /// says, and nothing waits for longer than that.
    private mutating func takeTurns() throws {
        host.weighAgain()
        if let wait = host.gates?.paced, wait.until > host.clock.now + Pace.interval {
            throw Invariants.Broken(description: "waits too long: \(wait.text(now: host.clock.now))")
        }
        guard let accepted = host.accepted, accepted.revision.id != lastAccepted else { return }
        lastAccepted = accepted.revision.id
        expected.accept(accepted)
        let lately = (host.gates?.disturbances ?? []).filter { $0.at + Pace.interval > host.clock.now }
        for (name, times) in Dictionary(grouping: lately, by: \.instance) where times.count > Pace.burst {
            throw Invariants.Broken(description: "\(name) is disturbed \(times.count) times in a second")
        }
    }

    private mutating func advance() {
        let wake = host.plan().wakeAt
        let step = Duration.milliseconds(random.number(1...4000))
        if let wake, random.once(in: 2) {
            host.wait(until: wake)
        } else {
            host.wait(until: host.clock.now + step)
        }
    }

    private mutating func restartAgent() {
        say("agent restarts")
        let begun = random.once(in: 2)
        host.restartAgent { _ in begun }
    }
}

// MARK: Faults stop

extension Simulation {
    static let healingRounds = 600

    /// Once nothing disturbs it any more, everything becomes as declared, and stays so.
    private mutating func heal() throws {
        try commit("faults stop")
        host.unprepared = []
        host.inputs = [:]
        host.randomness = 0.5
        for _ in 0..<Self.healingRounds {
            try takeTurns()
            let plan = host.plan()
            try invariants.check(plan, host, expected)
            host.perform(plan)
            if try react() { continue }
            if let wait = host.gates?.paced {
                host.wait(until: wait.until)
                continue
            }
            guard plan.actions.isEmpty else { continue }
            guard let wake = plan.wakeAt else {
                try converged(plan)
                return try end()
            }
            host.wait(until: wake)
        }
        throw Invariants.Broken(description: "does not come to rest")
    }

    /// An agent that takes its runs along leaves none.
    private mutating func end() throws {
        host.stopAgent()
        for _ in 0..<Self.healingRounds {
            let plan = host.plan()
            try invariants.check(plan, host, expected)
            if plan.actions.contains(where: isStart) {
                throw Invariants.Broken(description: "starts while it stops")
            }
            host.perform(plan)
            if try !react() && plan.actions.isEmpty { break }
        }
        if !host.world.observed.runs.isEmpty { throw Invariants.Broken(description: "leaves runs behind") }
    }

    private func isStart(_ action: Action) -> Bool {
        if case .start = action { true } else { false }
    }

    /// Runs do what they are meant to do. True if anything happened.
    private mutating func react() throws -> Bool {
        var happened = !host.checks.isEmpty
        host.answerChecks()
        for process in host.processes.values.sorted(by: { $0.run < $1.run }) {
            let id = process.run
            let known = host.world.run(id)
            switch process.state {
            case .requested: host.begin(id)
            case .silent: host.end(id, .keeperLost)
            case .live where process.stopRequested: host.end(id, .signaled(number: 15, coreDumped: false))
            case .live where process.memo.spec.profile == .oneshot: host.end(id, .exited(code: 0))
            case .live where known?.isReady == false || known?.isConfirmed == false:
                if Rollbacks.isBad(process.memo.spec), known?.readiness == false, known?.isConfirmed == true {
                    continue
                }
                pass(process)
            default: continue
            }
            happened = true
        }
        return happened
    }

    private func converged(_ plan: Plan) throws {
        let waits = Dictionary(grouping: plan.waiting) { $0.replica }
        for (name, entry) in expected.entries {
            for index in 0..<entry.desired.target {
                let slot = SlotID(instance: name, index: index)
                if isFulfilled(slot, entry.desired) || isExcused(waits[slot.replica] ?? []) { continue }
                if isBadWithoutGood(name) { continue }
                throw Invariants.Broken(
                    description: "\(slot) is not as declared: \(waits[slot.replica] ?? []); "
                        + "\(host.world.memory.instances[name]?.activeRollout?.replicas ?? [:]); "
                        + PlanText.lines(plan, at: host.clock.now, waiting: true).joined(separator: "\n"))
            }
        }
        for slot in host.world.observed.runs.keys
        where !expected.isWanted(slot) && declarations.isSuspended(slot.instance) != true {
            throw Invariants.Broken(description: "\(slot) runs and should not")
        }
        for slot in host.world.observed.runs.keys where !host.isOwn(slot) && !isStuck(slot.instance) {
            if declarations.isSuspended(slot.instance) == true { continue }
            throw Invariants.Broken(description: "\(slot) is left beside its replica's own run")
        }
    }

    private func isFulfilled(_ slot: SlotID, _ desired: DesiredInstance) -> Bool {
        // What was rolled back may end well as the last known good spec, too.
        let remembered = host.world.memory.instances[slot.instance]
        let completed = remembered?.replicas[slot.replica.index]?.completed
        if let completed, [desired.key, remembered?.inForce?.desired.key].contains(completed) { return true }
        guard let run = host.ownRun(slot.replica) else { return false }
        if let good = Rollbacks.good(slot.instance, host) {
            // Where the store was lost, what ran for long was taken for good, whatever its probes say.
            return (run.isServing || Rollbacks.isBad(run.spec)) && run.spec.specHash == good
        }
        return run.isServing && run.key == desired.key && run.spec.specHash == desired.spec.specHash
    }

    /// What gave up stays so, and holds up its rollout and its dependents.
    private func isExcused(_ waits: [Waiting]) -> Bool {
        waits.contains { waiting in
            switch waiting.reason {
            case .gaveUp: true
            case .rollout: isStuck(waiting.replica.instance)
            case .dependency(let name, let condition, _):
                isStuck(name) || condition == .completed && !isOneshot(name)
            default: false
            }
        }
    }

    /// What is declared never gets ready, and nothing that is known to be good could take its place.
    private func isBadWithoutGood(_ name: String) -> Bool {
        guard let remembered = host.world.memory.instances[name], let spec = remembered.applied?.desired.spec
        else { return false }
        return Rollbacks.isBad(spec) && remembered.fallback == nil && remembered.activeRollback == nil
    }

    private func gaveUp(_ name: String) -> Bool {
        // A successor may have given up beside the run that it was to follow.
        host.world.memory.instances[name]?.everyMemory.contains { $0.restart.gaveUp != nil } == true
    }

    /// It does not run here, gave up, or waits for one that does.
    private func isStuck(_ name: String) -> Bool {
        guard let entry = expected.entries[name], entry.desired.target > 0 else { return true }
        return gaveUp(name) || isBadWithoutGood(name) || Rollbacks.good(name, host) != nil
            || entry.desired.dependsOn.contains {
                isStuck($0.instance) || $0.condition == .completed && !isOneshot($0.instance)
            }
    }

    /// A suspended Instance keeps what it depended on, also where another Unit stands behind that name by
    /// now.
    private func isOneshot(_ name: String) -> Bool {
        expected.entries[name]?.desired.spec.profile == .oneshot
    }
}
