import Manifests
import Reconciler
import TestKit

/// What must hold of every plan, whatever happened before.
struct Invariants {
    struct Broken: Error, CustomStringConvertible {
        let description: String
    }
    private var starts: [SlotID: [(at: Instant, spec: SpecHash, nonce: String)]] = [:]

    /// Crash restarts of one replica, same spec, within `stormWindow`.
    static let stormStartsMax = 6
    static let stormWindow = Duration.seconds(10)

    mutating func check(_ plan: Plan, _ host: SimulatedHost, _ expected: Expectation) throws {
        if let wake = plan.wakeAt, wake <= host.clock.now {
            let lines = PlanText.lines(plan, at: host.clock.now, waiting: true).joined(separator: "\n")
            throw Broken(description: "wakes \(host.clock.now - wake) in the past:\n\(lines)")
        }
        var touched: Set<SlotID> = []
        for action in plan.actions {
            switch action {
            case .prepare: break
            case .start(let start):
                try once(start.slot, &touched)
                try checkCause(start.cause, start.slot, host, expected, starts: true)
                try checkStart(start, host, expected)
            case .stop(let stop):
                try once(stop.slot, &touched)
                try checkCause(stop.cause, stop.slot, host, expected, starts: false)
                try checkStop(stop, host, expected)
            case .update(let update):
                try once(update.slot, &touched)
                try checkCause(update.cause, update.slot, host, expected, starts: false)
                try checkUpdate(update, host, expected)
            }
        }
        try checkAvailability(plan, host, expected)
        try Surges.check(plan, host)
    }

    mutating func forgetStarts() { starts = [:] }

    private func once(_ slot: SlotID, _ touched: inout Set<SlotID>) throws {
        if !touched.insert(slot).inserted { throw Broken(description: "\(slot) twice in one plan") }
    }

    /// No action without a cause, and none in the name of a commit that has nothing to do with it.
    private func checkCause(
        _ cause: Cause, _ slot: SlotID, _ host: SimulatedHost, _ expected: Expectation, starts: Bool
    ) throws {
        switch cause.reason {
        case .exited, .probeFailed, .agentStopping: return
        case .drifted:
            guard expected.entries[slot.instance]?.desired.spec.drift == .heal else {
                throw Broken(description: "\(slot) is put right, and nobody asked for it")
            }
            return
        case .changed, .scaled:
            if cause.changes.isEmpty { throw Broken(description: "\(slot): no field in \(cause.text)") }
        case .rolledBack:
            guard host.world.memory.instances[slot.instance]?.activeRollback != nil else {
                throw Broken(description: "\(slot) goes back, and nothing was rolled back")
            }
        case .newInstance, .removed, .missing, .retried: break
        case .scheduled: throw Broken(description: "\(slot) is restarted by a Schedule, and there is none")
        }
        // Of a run that was found without a memory of it, no place is known.
        guard let revision = cause.revision, cause.place != nil || cause.reason == .removed else {
            throw Broken(description: "\(slot): no revision or place in \(cause.text)")
        }
        // What a replica goes on with came by the revision that brought it, whatever was forgotten since.
        let facts = host.world.memory.instances[slot.instance]?.goodFacts ?? [:]
        let isOfGood = cause.reason == .missing && facts.values.contains { $0.revision.id == revision.id }
        guard isOfGood || expected.mayTouch(slot.instance).contains(revision.id) else {
            throw Broken(description: "\(slot): unrelated revision in \(cause.text)")
        }
    }

    private mutating func checkStart(
        _ start: StartAction, _ host: SimulatedHost, _ expected: Expectation
    ) throws {
        let slot = start.slot
        if let live = host.process(of: slot) { throw Broken(description: "\(slot) doubles \(live.run)") }
        guard let entry = expected.entries[slot.instance], expected.isWanted(slot) else {
            throw Broken(description: "\(slot) is started and not wanted")
        }
        let goesBack = host.world.memory.instances[slot.instance]?.activeRollback != nil
        if goesBack {
            try Rollbacks.checkStart(start, entry.desired, host)
        } else if Rollbacks.isStandIn(start, entry.desired, host) {
            return try checkStorm(start, at: host.clock.now)
        } else if start.spec.specHash != entry.desired.spec.specHash || start.nonce != entry.desired.nonce {
            throw Broken(description: "\(slot) starts another spec than the one in force")
        }
        if host.unprepared.contains(slot.instance),
            host.world.observed.preparations[start.spec.specHash] != .ready
        {
            throw Broken(description: "\(slot) starts unprepared")
        }
        for dependency in entry.desired.dependsOn where dependency.required {
            try checkDependency(dependency, of: slot, host, expected)
        }
        try checkStorm(start, at: host.clock.now)
    }

    private func checkDependency(
        _ dependency: Dependency, of slot: SlotID, _ host: SimulatedHost, _ expected: Expectation
    ) throws {
        let desired = expected.entries[dependency.instance]?.desired
        let target = desired?.target ?? 0
        // Of what was rolled back the good spec is what counts: nobody waits for the one that failed.
        let memory = host.world.memory.instances[dependency.instance]
        let key = memory?.activeRollback == nil ? desired?.key : memory?.inForce?.desired.key
        let met =
            target > 0
            && (0..<target).allSatisfy { index in
                let own = host.world.memory.instances[dependency.instance]?.replicas[index]
                if own?.completed != nil && own?.completed == key { return true }
                let run = host.ownRun(ReplicaID(instance: dependency.instance, index: index))
                switch dependency.condition {
                case .completed: return false
                case .started: return run?.phase == .running
                case .ready: return run?.isReady == true
                }
            }
        if !met { throw Broken(description: "\(slot) starts before \(dependency.instance)") }
    }

    /// Backoff bounds how often one spec is started again after it failed.
    private mutating func checkStorm(_ start: StartAction, at now: Instant) throws {
        guard start.cause.revision == nil else {
            starts[start.slot] = []
            return
        }
        // A rollback begins the count anew, also where it changes no more than live fields.
        var recent = starts[start.slot, default: []].filter {
            now - $0.at < Self.stormWindow && $0.spec == start.spec.specHash && $0.nonce == start.nonce
        }
        recent.append((now, start.spec.specHash, start.nonce))
        starts[start.slot] = recent
        if recent.count > Self.stormStartsMax {
            throw Broken(
                description: "\(start.slot) was started \(recent.count) times in \(Self.stormWindow)")
        }
    }

    private func checkStop(_ stop: StopAction, _ host: SimulatedHost, _ expected: Expectation) throws {
        guard let run = host.world.run(stop.run) else {
            throw Broken(description: "\(stop.slot) does not run")
        }
        switch run.phase {
        case .unknown: throw Broken(description: "\(stop.slot) is unknown and signalled")
        case .stopping: throw Broken(description: "\(stop.slot) is stopped twice")
        case .starting, .running: break
        }
        guard expected.isWanted(stop.slot), let entry = expected.entries[stop.slot.instance],
            !host.world.observed.stopping
        else { return }
        if !host.isOwn(stop.slot) { return try Surges.checkStop(stop, host) }
        if case .retried = stop.cause.reason {
            guard !run.isServing else { throw Broken(description: "\(stop.slot) is well, and tried again") }
        } else if case .drifted = stop.cause.reason {
            try checkCure(run)
        } else if let good = Rollbacks.good(stop.slot.instance, host) {
            if run.spec.specHash == good, run.nonce == Rollbacks.nonce(stop.slot.instance, host),
                !run.livenessFailed && run.startup != false
            {
                throw Broken(description: "\(stop.slot) is last known good, and stopped: \(stop.cause.text)")
            }
        } else if run.key == entry.desired.key && !run.livenessFailed && run.startup != false {
            throw Broken(
                description: "\(stop.slot) is as wanted and healthy, and stopped: \(stop.cause.text)")
        }
    }

    /// A restart for drift: of something that was found, and that a restart mends.
    private func checkCure(_ run: ObservedRun) throws {
        guard run.spec.profile == .keepalive, run.findings.contains(where: { $0.cure == .restart }) else {
            throw Broken(description: "\(run.slot) is restarted for drift, and has none")
        }
    }

    private func checkUpdate(_ update: UpdateAction, _ host: SimulatedHost, _ expected: Expectation) throws {
        guard let run = host.world.run(update.run) else {
            throw Broken(description: "\(update.slot) does not run")
        }
        if case .unknown = run.phase { throw Broken(description: "\(update.slot) is unknown and changed") }
        if case .drifted = update.cause.reason {
            guard run.findings.contains(where: { $0.cure == .writeLimits }) else {
                throw Broken(description: "\(update.slot): limits are written for no reason")
            }
            return
        }
        let good = Rollbacks.good(update.slot.instance, host)
        guard let entry = expected.entries[update.slot.instance],
            good != nil || run.key == entry.desired.key,
            update.spec.specHash == good ?? entry.desired.spec.specHash,
            run.spec.specHash != update.spec.specHash
        else { throw Broken(description: "\(update.slot) is changed to something that is not in force") }
        if update.cause.changes.isEmpty { throw Broken(description: "\(update.slot): no field changed") }
    }

    /// A rolling rollout stops a replica that serves only while enough others do.
    private func checkAvailability(
        _ plan: Plan, _ host: SimulatedHost, _ expected: Expectation
    ) throws {
        var replaced: [String: Set<RunID>] = [:]
        for action in plan.actions {
            guard case .stop(let stop) = action, expected.isWanted(stop.slot), host.isOwn(stop.slot),
                let run = host.world.run(stop.run), !host.world.observed.stopping
            else { continue }
            if run.isServing { replaced[stop.slot.instance, default: []].insert(stop.run) }
            let isRolling = expected.entries[stop.slot.instance]?.desired.spec.update.strategy == .rolling
            let isBack = host.world.memory.instances[stop.slot.instance]?.activeRollback != nil
            if run.isUndetermined && isRolling && !isBack {
                throw Broken(description: "\(stop.slot) is replaced before its probes have spoken")
            }
        }
        for (name, runs) in replaced {
            guard let desired = expected.entries[name]?.desired else { continue }
            // What goes back goes by the policy of the spec that it goes back to.
            let policy =
                host.world.memory.instances[name]?.inForce?.desired.spec.update ?? desired.spec.update
            guard policy.strategy == .rolling else { continue }
            let serving = (0..<desired.target).count { index in
                let own = host.world.memory.instances[name]?.replicas[index]
                if own?.completed == desired.key { return true }
                guard let run = host.ownRun(ReplicaID(instance: name, index: index)) else { return false }
                return run.isServing && !runs.contains(run.id)
            }
            let least = desired.target - policy.maxUnavailable
            if serving < least {
                throw Broken(description: "\(name) keeps \(serving) of \(least) that must serve")
            }
        }
    }
}
