import FoundationEssentials
package import Reconciler

/// A host without processes: performs plans as the agent does, and lets a test decide what happens to runs.
///
/// What the agent must remember goes through its encoded form, so that a killed agent comes back with no more than
/// a real one would.
package struct SimulatedHost {
    package private(set) var world = World()
    package var clock = ManualClock()
    package var node: Node
    /// Every run that has a process or an exit record which no agent has taken yet.
    package private(set) var processes: [RunID: SimulatedProcess] = [:]
    package private(set) var bootID = 1
    /// Specs of these Instances are found wanting when they are checked.
    package var unprepared: Set<String> = []
    /// Spreads backoff; 0.5 is no spread.
    package var randomness = 0.5
    /// Everything that happened since it was last taken.
    package private(set) var events: [EventRecord] = []

    private var resolver = Resolver()
    private var accepted: Desired?
    private var stored: [String: Data] = [:]
    private var runCount: UInt32 = 0
    private var revisionCount = 0
    private var lastPid: Int32 = 1000

    package init(node: Node = Node(name: "edge-1")) { self.node = node }

    package mutating func takeEvents() -> [EventRecord] {
        defer { events = [] }
        return events
    }

    /// The live process of a replica, if there is one.
    package func process(of slot: SlotID) -> SimulatedProcess? {
        processes.values.first { $0.slot == slot && $0.isLive }
    }
}

// MARK: Revisions and plans

extension SimulatedHost {
    @discardableResult
    package mutating func commit(
        _ source: DeclaredSource, by author: String = "Ann", subject: String = "change"
    ) throws -> Desired {
        let desired = try candidate(source, by: author, subject: subject)
        accept(desired)
        return desired
    }

    /// The next revision, resolved and not accepted.
    package mutating func candidate(
        _ source: DeclaredSource, by author: String = "Ann", subject: String = "change"
    ) throws -> Desired {
        let snapshot = try source.snapshot()
        revisionCount += 1
        let revision = Revision.numbered(revisionCount, by: author, subject: subject)
        return resolver.resolve(snapshot, revision: revision, node: node)
    }

    package mutating func accept(_ desired: Desired) {
        world.accept(desired, at: clock.moment)
        world.dropStalePreparations()
        accepted = desired
        persist()
    }

    package func plan() -> Plan {
        Reconciler.plan(observed: world.observed, memory: world.memory, at: clock.now)
    }

    /// Hands a plan's actions to the host. Checks are answered at once; runs begin when the test says so.
    package mutating func perform(_ plan: Plan) {
        for action in plan.actions { perform(action) }
    }

    package mutating func perform(_ action: Action) {
        switch action {
        case .prepare(let spec):
            world.preparing(spec)
            world.prepared(spec, unprepared.contains(spec.name) ? Self.secretMissing : nil, at: clock.moment)
        case .start(let start): request(start)
        case .stop(let stop):
            world.stopping(stop, at: clock.moment)
            processes[stop.run]?.stopRequested = true
        case .update(let update):
            world.updating(update, at: clock.moment)
            processes[update.run]?.memo.spec = update.spec
        }
        persist()
    }

    package static let secretMissing = HostFailure(
        code: "SecretMissing", message: "the secret file db-password is not there",
        remedy: "put it into the secret directory")

    private mutating func request(_ start: StartAction) {
        runCount += 1
        let id = RunID(milliseconds: UInt64(clock.wall.nanoseconds / 1_000_000), randomness: runCount)
        world.starting(start, as: id, at: clock.moment)
        guard let memo = world.run(id) else { return }
        processes[id] = SimulatedProcess(run: id, slot: start.slot, memo: memo, state: .requested)
    }

    /// What must be durable before the host is touched: kept in its encoded form.
    private mutating func persist() {
        world.promote(at: clock.now)
        let taken = world.takeChanges()
        for (name, memory) in taken.memories {
            // Memory holds plain values only, so encoding cannot fail; a lost entry would show as a lost Instance.
            stored[name] = memory.flatMap { try? JSONEncoder().encode($0) }
        }
        events += taken.events
    }
}

// MARK: What happens to runs

extension SimulatedHost {
    package mutating func begin(_ id: RunID) {
        guard case .requested = processes[id]?.state else { return }
        lastPid += 1
        let identity = RunIdentity(
            bootID: "boot-\(bootID)", pid: lastPid, startTime: UInt64(lastPid), keeperPID: lastPid + 100_000,
            startedAt: clock.now, startedWall: clock.wall)
        processes[id]?.state = .live(identity)
        world.started(id, identity, at: clock.moment)
        persist()
    }

    /// The Supervisor could not start it.
    package mutating func refuse(_ id: RunID) {
        guard case .requested = processes[id]?.state, let run = world.run(id) else { return }
        processes[id] = nil
        let retryAt = clock.now + World.hostRetry(world.failedAttempts(run.spec.specHash))
        let failure = HostFailure(
            code: "ForkFailed", message: "no process could be made: EAGAIN", remedy: "raise pids.max")
        world.startRefused(id, failure, retryAt: retryAt, at: clock.moment)
        persist()
    }

    package mutating func end(_ id: RunID, _ cause: ExitReport.Cause) {
        guard let process = processes[id], process.isLive else { return }
        processes[id]?.state = .ended(ExitReport(cause: cause, endedWall: clock.wall))
        deliverExits()
    }

    /// The exit happens while no agent is there to see it.
    package mutating func endUnseen(_ id: RunID, _ cause: ExitReport.Cause) {
        guard let process = processes[id], process.isLive else { return }
        processes[id]?.state = .ended(ExitReport(cause: cause, endedWall: clock.wall))
    }

    package mutating func probe(_ id: RunID, _ kind: ProbeKind, passing: Bool, detail: String = "HTTP 503") {
        guard case .live = processes[id]?.state else { return }
        world.probeChanged(
            id, kind, passing: passing, detail: passing ? "HTTP 200" : detail, at: clock.moment)
        persist()
    }

    /// Its keeper does not answer any more, and its lock is held.
    package mutating func silence(_ id: RunID) {
        guard case .live = processes[id]?.state else { return }
        let reason = "its lock is held and nobody answers"
        processes[id]?.state = .silent(reason: reason)
        world.unknown(id, reason: reason, at: clock.moment)
        persist()
    }

    private mutating func deliverExits() {
        for process in processes.values.sorted(by: { $0.run < $1.run }) {
            guard case .ended(let exit) = process.state else { continue }
            world.exited(process.run, exit, at: clock.moment, randomness: randomness)
            processes[process.run] = nil
        }
        persist()
    }
}

// MARK: The agent and the host themselves

extension SimulatedHost {
    package mutating func stopAgent() { world.observed.stopping = true }

    /// The agent dies and a new one takes up what is stored and what runs.
    package mutating func restartAgent() {
        world = World(memory: Memory(instances: decodedMemory()))
        resolver = Resolver()
        if let accepted { world.accept(accepted, at: clock.moment, quietly: true) }
        adopt()
    }

    /// The store is lost with it.
    package mutating func loseStore() {
        stored = [:]
        accepted = nil
        restartAgent()
    }

    /// Every process is gone, and instants begin anew.
    package mutating func reboot() {
        for process in processes.values where process.isLive {
            processes[process.run]?.state = .ended(ExitReport(cause: .rebooted, endedWall: clock.wall))
        }
        bootID += 1
        clock.reboot()
        world = World(memory: Memory(instances: decodedMemory()))
        world.forgetInstants()
        if let accepted { world.accept(accepted, at: clock.moment, quietly: true) }
        adopt()
    }

    private mutating func adopt() {
        for process in processes.values.sorted(by: { $0.run < $1.run }) {
            var run = ObservedRun(
                id: process.run, slot: process.slot, spec: process.memo.spec, nonce: process.memo.nonce,
                revision: process.memo.revision, dependsOn: process.memo.dependsOn,
                claimedAt: process.memo.claimedAt, startCause: process.memo.startCause)
            let own = world.memory.instances[run.slot.instance]?.replicas[run.slot.replica.index]
            if own?.lastRun == run.id { run.stopCause = own?.lastStop }
            switch process.state {
            case .requested:
                // Still on its way to the keeper: the zygote is waited for, and then it runs or was never made.
                processes[process.run] = nil
                continue
            case .live(let identity):
                run.phase = .running
                run.identity = identity
            case .silent(let reason): run.phase = .unknown(reason: reason)
            case .ended: break
            }
            world.adopted(run, at: clock.moment)
        }
        deliverExits()
    }

    private func decodedMemory() -> [String: InstanceMemory] {
        stored.compactMapValues { try? JSONDecoder().decode(InstanceMemory.self, from: $0) }
    }
}

// MARK: Settling

extension SimulatedHost {
    /// Rounds after which a plan that still acts is taken for a busy loop.
    package static let roundsMax = 200

    package struct BusyLoop: Error {}

    /// Plans and performs until nothing is left to do at this moment; runs begin and end at once, those of `stuck`
    /// excepted. Each plan that acts is handed to `watch`.
    @discardableResult
    package mutating func settle(
        stuck: Set<SlotID> = [], watch: (Plan, inout SimulatedHost) throws -> Void = { _, _ in }
    ) throws -> Plan {
        for _ in 0..<Self.roundsMax {
            let plan = plan()
            guard !plan.actions.isEmpty || isUnfinished(stuck) else { return plan }
            try watch(plan, &self)
            perform(plan)
            react(stuck)
        }
        throw BusyLoop()
    }

    private func isUnfinished(_ stuck: Set<SlotID>) -> Bool {
        processes.values.contains { process in
            guard !stuck.contains(process.slot) else { return false }
            if case .requested = process.state { return true }
            return process.stopRequested && process.isLive && !isSilent(process)
        }
    }

    private func isSilent(_ process: SimulatedProcess) -> Bool {
        if case .silent = process.state { true } else { false }
    }

    private mutating func react(_ stuck: Set<SlotID>) {
        for process in processes.values.sorted(by: { $0.slot < $1.slot }) where !stuck.contains(process.slot)
        {
            switch process.state {
            case .requested: begin(process.run)
            case .live where process.stopRequested: end(process.run, .signaled(number: 15, coreDumped: false))
            default: break
            }
        }
    }

    /// Lets time pass up to an instant, waking whenever a plan asks for it.
    package mutating func advance(
        by duration: Duration, stuck: Set<SlotID> = [],
        watch: (Plan, inout SimulatedHost) throws -> Void = { _, _ in }
    ) throws {
        let end = clock.now + duration
        for _ in 0..<Self.roundsMax {
            let plan = try settle(stuck: stuck, watch: watch)
            guard let wake = plan.wakeAt, wake <= end else {
                clock.advance(to: end)
                try settle(stuck: stuck, watch: watch)
                return
            }
            if wake <= clock.now { throw BusyLoop() }
            clock.advance(to: wake)
            world.promote(at: clock.now)
        }
        throw BusyLoop()
    }
}
