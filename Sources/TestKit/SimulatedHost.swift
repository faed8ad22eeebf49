import FoundationEssentials
package import Reconciler

/// A host without processes: performs plans as the agent does, and lets a test decide what happens to runs.
///
/// What the agent must remember goes through its encoded form when the agent is killed, so that it comes back
/// with no more than a real one would.
package struct SimulatedHost {
    package private(set) var world = World()
    package var clock = ManualClock()
    package var node: Node
    /// Every run that has a process or an exit record which no agent has taken yet.
    package private(set) var processes: [RunID: SimulatedProcess] = [:]
    package private(set) var bootID = 1
    /// Specs of these Instances are found wanting when they are checked.
    package var unprepared: Set<String> = []
    /// Commands that are not there: whoever commits one is to blame.
    package var missingCommands: Set<String> = []
    /// A stand-in for the hash of what an Instance takes from the host.
    package var inputs: [String: String] = [:]
    /// Spreads backoff; 0.5 is no spread.
    package var randomness = 0.5
    /// nil: everything that is committed is accepted.
    package var gates: SimulatedGates?
    /// Everything that happened since it was last taken.
    package private(set) var events: [EventRecord] = []
    /// nil: nobody asks for the past.
    package var history: SimulatedHistory?

    private var resolver = Resolver()
    package private(set) var accepted: Desired?
    /// What was committed last, accepted or not.
    package private(set) var newest: Desired?
    private var stored: [String: InstanceMemory] = [:]
    /// Specs whose check was asked for and not answered yet.
    package private(set) var checks: [InstanceSpec] = []
    private var runCount: UInt32 = 0
    package private(set) var revisionCount = 0
    private var lastPid: Int32 = 1000

    package init(node: Node = Node(name: "edge-1")) { self.node = node }

    package mutating func takeEvents() -> [EventRecord] {
        defer { events = [] }
        return events
    }

    package var nextRevision: RevisionID { Revision.numbered(revisionCount + 1).id }

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
        offer(desired)
        return desired
    }

    /// The next revision, resolved and not accepted.
    package mutating func candidate(
        _ source: DeclaredSource, by author: String = "Ann", subject: String = "change"
    ) throws -> Desired {
        let snapshot = try source.snapshot()
        revisionCount += 1
        let revision = Revision.numbered(revisionCount, by: author, subject: subject)
        let desired = resolver.resolve(snapshot, revision: revision, node: node)
        newest = desired
        return desired
    }

    package mutating func accept(_ desired: Desired) {
        history?.accepted(desired.revision, at: clock.moment)
        world.accept(desired, at: clock.moment)
        world.dropStalePreparations()
        accepted = desired
        persist()
    }

    package func plan() -> Plan {
        Reconciler.plan(observed: world.observed, memory: world.memory, at: clock.now)
    }

    /// Hands a plan's actions to the host. Checks are answered, runs begin and end when the test says so.
    package mutating func perform(_ plan: Plan) {
        for action in plan.actions { perform(action) }
    }

    package mutating func perform(_ action: Action) {
        switch action {
        case .prepare(let spec):
            world.preparing(spec)
            checks.append(spec)
        case .start(let start): request(start)
        case .stop(let stop):
            world.stopping(stop, at: clock.moment)
            processes[stop.run]?.stopRequested = true
        case .update(let update):
            world.updating(update, at: clock.moment)
            processes[update.run]?.memo.spec = update.spec
            processes[update.run]?.memo.changedAt = world.run(update.run)?.changedAt
        }
        persist()
    }

    package static let secretMissing = HostFailure(
        code: "SecretMissing", message: "the secret file db-password is not there",
        remedy: "put it into the secret directory")

    package static let commandMissing: HostFailure = {
        var failure = HostFailure(
            code: "command-missing", message: "there is no such command", remedy: "check the path")
        failure.ofRevision = true
        return failure
    }()

    package mutating func answerChecks() {
        for spec in checks {
            var failure = unprepared.contains(spec.name) ? Self.secretMissing : nil
            if missingCommands.contains(spec.process.command) { failure = Self.commandMissing }
            world.prepared(spec, failure, inputs: inputs[spec.name], at: clock.moment)
        }
        checks = []
        persist()
    }

    private mutating func request(_ start: StartAction) {
        runCount += 1
        let id = RunID(milliseconds: UInt64(clock.wall.nanoseconds / 1_000_000), randomness: runCount)
        world.starting(start, as: id, at: clock.moment)
        guard let memo = world.run(id) else { return }
        processes[id] = SimulatedProcess(run: id, slot: start.slot, memo: memo, state: .requested)
    }

    /// Lets time pass; what has proved itself meanwhile becomes last known good.
    package mutating func wait(until instant: Instant) {
        clock.advance(to: instant)
        persist()
    }

    /// What must be durable before the host is touched.
    private mutating func persist() {
        world.advanceRollouts(at: clock.moment)
        let taken = world.takeChanges()
        for (name, memory) in taken.memories { stored[name] = memory }
        events += taken.events
        history?.note(memories: taken.memories, events: taken.events, in: world, at: clock.moment)
    }
}

// MARK: What happens to runs

extension SimulatedHost {
    package mutating func begin(_ id: RunID) {
        guard case .requested = processes[id]?.state else { return }
        let identity = newIdentity()
        processes[id]?.state = .live(identity)
        world.started(id, identity, at: clock.moment)
        persist()
    }

    private mutating func newIdentity() -> RunIdentity {
        lastPid += 1
        return RunIdentity(
            bootID: "boot-\(bootID)", pid: lastPid, startTime: UInt64(lastPid), keeperPID: lastPid + 100_000,
            startedAt: clock.now, startedWall: clock.wall)
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
        let report = report(process, cause)
        processes[id]?.state = .ended(report)
        deliverExits()
    }

    /// The exit happens while no agent is there to see it.
    package mutating func endUnseen(_ id: RunID, _ cause: ExitReport.Cause) {
        guard let process = processes[id], process.isLive else { return }
        let report = report(process, cause)
        processes[id]?.state = .ended(report)
    }

    /// What a keeper saw of an end; of its own death it can say nothing.
    private func report(_ process: SimulatedProcess, _ cause: ExitReport.Cause) -> ExitReport {
        var report = ExitReport(cause: cause, endedWall: clock.wall)
        if case .live(let identity) = process.state, cause != .keeperLost {
            report.startedAt = identity.startedAt
            report.endedAt = clock.now
        }
        return report
    }

    /// `plumb retry`.
    package mutating func retry(_ instance: String) {
        _ = world.retry(instance, by: Caller(uid: 1000, user: "ann", pid: 4242), at: clock.moment)
        persist()
    }

    /// The Supervisor found something about a live run, or, with an empty reason, finds it no more.
    package mutating func find(_ id: RunID, _ finding: RunFinding) {
        guard case .live = processes[id]?.state else { return }
        world.found(id, finding, at: clock.moment)
        persist()
    }

    package mutating func probe(_ id: RunID, _ kind: ProbeKind, passing: Bool, detail: String = "HTTP 503") {
        guard case .live = processes[id]?.state else { return }
        world.probeChanged(
            id, kind, passing: passing, detail: passing ? "HTTP 200" : detail, at: clock.moment)
        persist()
    }

    /// A probe that passed has failed, below its threshold; nil: it passes again.
    package mutating func falter(_ id: RunID, _ kind: ProbeKind, _ detail: String?) {
        world.probeFaltered(id, kind, detail: detail, at: clock.moment)
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

    /// The agent dies and a new one takes up what is stored and what runs. `begun` says which of the runs
    /// that were asked for have got so far that there is a process; of the others there will never be one.
    package mutating func restartAgent(begun: (RunID) -> Bool = { _ in false }) {
        checks = []
        gates?.restart()
        for process in processes.values {
            guard case .requested = process.state else { continue }
            if begun(process.run) {
                let identity = newIdentity()
                processes[process.run]?.state = .live(identity)
            } else {
                processes[process.run] = nil
            }
        }
        world = World(memory: Memory(instances: decodedMemory()))
        world.resumeClocks(at: clock.now)
        resolver = Resolver()
        if let accepted { world.accept(accepted, at: clock.moment, quietly: true) }
        adopt()
    }

    /// The store is lost with it.
    package mutating func loseStore() {
        stored = [:]
        accepted = nil
        restartAgent()
        world.recallGood(at: clock.moment)
    }

    /// Every process is gone, and instants begin anew.
    package mutating func reboot() {
        for process in processes.values where process.isLive {
            processes[process.run]?.state = .ended(ExitReport(cause: .rebooted, endedWall: clock.wall))
        }
        bootID += 1
        checks = []
        clock.reboot()
        gates?.restart()
        gates?.keeper.forgetInstants(now: clock.moment)
        world = World(memory: Memory(instances: decodedMemory()))
        world.forgetInstants()
        world.resumeClocks(at: clock.now)
        if let accepted { world.accept(accepted, at: clock.moment, quietly: true) }
        adopt()
    }

    private mutating func adopt() {
        let found = processes.values.sorted { $0.run < $1.run }
        for process in found.filter({ !$0.slot.isSecond }) + found.filter(\.slot.isSecond) {
            var run = ObservedRun(
                id: process.run, slot: process.slot, spec: process.memo.spec, nonce: process.memo.nonce,
                revision: process.memo.revision, dependsOn: process.memo.dependsOn,
                claimedAt: process.memo.claimedAt, startCause: process.memo.startCause)
            run.changedAt = process.memo.changedAt
            let own = world.remembered(run.slot)
            if own?.lastRun == run.id { run.stopCause = own?.lastStop }
            switch process.state {
            case .requested: continue
            case .live(let identity):
                // As the agent does: a stop that was decided is asked for once more.
                run.phase = run.stopCause == nil ? .running : .stopping
                if run.stopCause != nil { processes[run.id]?.stopRequested = true }
                run.identity = identity
                if own?.startedUp == run.id { run.startup = true }
            case .silent(let reason): run.phase = .unknown(reason: reason)
            case .ended(let exit):
                world.adopted(run, ended: exit, at: clock.moment)
                continue
            }
            world.adopted(run, at: clock.moment)
        }
        deliverExits()
    }

    /// Memory holds plain values only, so encoding cannot fail; a lost entry would show as a lost Instance.
    private func decodedMemory() -> [String: InstanceMemory] {
        stored.compactMapValues { memory in
            guard let bytes = try? JSONEncoder().encode(memory) else { return nil }
            return try? JSONDecoder().decode(InstanceMemory.self, from: bytes)
        }
    }
}
