import Manifests

/// Decides what to do now: a pure function of what is wanted and remembered, what runs, and the time.
package func plan(observed: Observed, memory: Memory, at now: Instant) -> Plan {
    var planner = Planner(observed: observed, memory: memory, now: now)
    return planner.plan()
}

/// One planning pass: needs are assessed replica by replica, then ordered by dependencies, rollouts and
/// preparation.
struct Planner {
    let observed: Observed
    let memory: Memory
    let now: Instant
    let assessment: Assessment
    let gate: DependencyGate
    private var result = Plan()
    private var preparing: Set<SpecHash> = []
    /// Of the ports of runs that this plan starts.
    var offsets: [String: [SlotID: Int]] = [:]

    init(observed: Observed, memory: Memory, now: Instant) {
        self.observed = observed
        self.memory = memory
        self.now = now
        assessment = Assessment(observed: observed, memory: memory, at: now)
        gate = DependencyGate(observed: observed, memory: memory)
    }

    mutating func plan() -> Plan {
        let graph = dependencyGraph()
        let order = StartOrder(dependencies: graph)
        let names = assessment.items.keys.sorted { a, b in
            (order.rank(a), a) < (order.rank(b), b)
        }
        let removals = RemovalOrder(assessment, observed, graph, order)
        for name in names {
            guard let items = assessment.items[name] else { continue }
            planInstance(name, items, removals)
        }
        for (name, remembered) in memory.instances { planRollout(name, remembered) }
        // Stops come in the reverse order of starts: what depends on others goes first.
        let stops = result.actions.filter(\.isStop).reversed()
        result.actions = stops + result.actions.filter { !$0.isStop }
        return result
    }

    private func dependencyGraph() -> [String: [String]] {
        // Most depend on nothing; of those nothing needs to be told.
        var graph: [String: [String]] = [:]
        for (name, remembered) in memory.instances {
            guard let needed = remembered.applied?.desired.dependsOn, !needed.isEmpty else { continue }
            graph[name] = needed.map(\.instance)
        }
        for (slot, run) in observed.runs where !run.dependsOn.isEmpty && graph[slot.instance] == nil {
            guard memory.instances[slot.instance]?.applied == nil else { continue }
            graph[slot.instance] = run.dependsOn.map(\.instance)
        }
        return graph
    }

    private mutating func planInstance(_ name: String, _ items: [Assessment.Item], _ removals: RemovalOrder) {
        let remembered = memory.instances[name] ?? InstanceMemory()
        let applied = remembered.inForce
        let window = applied.map { RolloutWindow(items, remembered, $0, observed, at: now) }
        for item in items {
            switch item.need {
            case .nothing where remembered.held != nil:
                wait(item.slot, remembered.isProtected ? .protected : .suspended, until: nil)
            case .nothing: break
            case .wait(let reason, let until): wait(item.slot, reason, until: until)
            case .remove(let run, let cause): planRemoval(run, cause, removals)
            case .end(let run, let cause): stop(run, cause)
            case .update(let run, let reload, let cause):
                guard let applied, let window else { break }
                planUpdate(run, applied, reload: reload, cause, window)
            case .start(let cause):
                guard let applied, let window else { break }
                if !remembered.isSuccessor(item.slot) || window.begins.contains(item.slot) {
                    planStart(item.slot, applied, cause, held: window.holdsStarts)
                }
            case .replace(let run, let cause):
                guard let applied, let window else { break }
                planReplacement(run, applied, cause, window)
            }
        }
    }

    private mutating func planRemoval(_ run: ObservedRun, _ cause: Cause, _ removals: RemovalOrder) {
        let dependents = removals.dependents(of: run.slot.instance)
        if dependents.isEmpty {
            stop(run, cause)
        } else {
            wait(run.slot, .dependents(dependents), until: nil)
        }
    }

    private mutating func planReplacement(
        _ run: ObservedRun, _ applied: InstanceMemory.Applied, _ cause: Cause, _ window: RolloutWindow
    ) {
        guard isPrepared(run.slot, applied.desired.spec), isFallbackChecked(run.slot) else { return }
        let changed = run.key != applied.desired.key
        if let unmet = gate.unmet(applied, changed: changed) {
            return wait(run.slot, unmet, until: nil)
        }
        if window.admitted.contains(run.slot) { return stop(run, cause) }
        if window.succeeded.contains(run.slot) { return startBeside(run, applied, cause) }
        wait(run.slot, .rollout(detail: window.detail(of: run.slot)), until: window.wakeAt)
    }

    private mutating func planStart(
        _ slot: SlotID, _ applied: InstanceMemory.Applied, _ cause: Cause, held: Bool
    ) {
        let isOwn = memory.instances[slot.instance]?.isOwn(slot) != false
        if isOwn {
            if !held, let old = standIn(for: slot, applied) { return planStandIn(old, slot, applied) }
            // What is to take its place is on its way.
            if memory.instances[slot.instance]?.successor(slot.replica.index) != nil { return }
        }
        guard isPrepared(slot, applied.desired.spec), isFallbackChecked(slot) else { return }
        if held {
            return wait(slot, .rollout(detail: "recreate: every run of the old spec ends first"), until: nil)
        }
        let last = memory.instances[slot.instance]?.remembered(slot)?.lastKey
        if let unmet = gate.unmet(applied, changed: last != applied.desired.key) {
            return wait(slot, unmet, until: nil)
        }
        start(slot, applied, cause)
    }

    mutating func start(_ slot: SlotID, _ applied: InstanceMemory.Applied, _ cause: Cause) {
        start(
            StartAction(
                slot: slot, spec: applied.desired.spec, nonce: applied.desired.nonce,
                revision: applied.startRevision, dependsOn: applied.desired.dependsOn, cause: cause))
    }

    /// Live and reload fields of a rollout wait for their turn, as a restart does.
    private mutating func planUpdate(
        _ run: ObservedRun, _ applied: InstanceMemory.Applied, reload: Bool, _ cause: Cause,
        _ window: RolloutWindow
    ) {
        // What takes nobody's place yet waits for nobody.
        if !cause.isCure, memory.instances[run.slot.instance]?.isSuccessor(run.slot) != true {
            guard isFallbackChecked(run.slot) else { return }
            if let unmet = gate.unmetLive(applied) { return wait(run.slot, unmet, until: nil) }
            guard window.admitted.contains(run.slot) else {
                return wait(run.slot, .rollout(detail: window.detail), until: window.wakeAt)
            }
            // Nothing need happen to it that could tell when it is the next one's turn.
            wake(now + max(applied.desired.spec.update.minHealthyTime, .milliseconds(1)))
        }
        var spec = applied.desired.spec
        spec.process.portOffset = run.spec.process.portOffset
        result.actions.append(
            .update(UpdateAction(run: run.id, slot: run.slot, spec: spec, reload: reload, cause: cause)))
    }

    /// Nothing that runs is stopped for a spec that this host could not start.
    mutating func isPrepared(_ slot: SlotID, _ spec: InstanceSpec) -> Bool {
        switch observed.preparations[spec.specHash] {
        case .ready: return true
        case .underway: wait(slot, .preparing, until: nil)
        case .failed(let failure, _, let retryAt) where retryAt > now:
            wait(slot, .host(failure, retryAt: retryAt), until: retryAt)
        case .failed, nil:
            prepare(spec)
            wait(slot, .preparing, until: nil)
        }
        return false
    }

    mutating func prepare(_ spec: InstanceSpec) {
        if preparing.insert(spec.specHash).inserted { result.actions.append(.prepare(spec)) }
    }

    private mutating func stop(_ run: ObservedRun, _ cause: Cause) {
        result.actions.append(
            .stop(StopAction(run: run.id, slot: run.slot, policy: run.spec.stop, cause: cause)))
    }

    mutating func start(_ action: StartAction) {
        var action = action
        action.spec.process.portOffset = portOffset(of: action.slot, action.spec)
        offsets[action.slot.instance, default: [:]][action.slot] = action.spec.process.portOffset ?? 0
        result.actions.append(.start(action))
    }

    mutating func wait(_ slot: SlotID, _ reason: Waiting.Reason, until: Instant?) {
        // Its replica's own run says what it waits for, and that is this one.
        if memory.instances[slot.instance]?.isSuccessor(slot) == true {
            if let until { wake(until) }
            return
        }
        result.waiting.append(Waiting(replica: slot.replica, reason: reason))
        if let until { wake(until) }
    }

    mutating func wake(_ at: Instant) {
        result.wakeAt = min(result.wakeAt ?? at, at)
    }
}

extension InstanceMemory {
    /// It is declared no longer, and that alone does not stop it. One that is suspended too says that first.
    package var isProtected: Bool {
        guard let desired = applied?.desired, held?.reason == .removed else { return false }
        return desired.prune == .protect && !desired.suspend
    }
}

extension Action {
    var isStop: Bool {
        if case .stop = self { true } else { false }
    }
}
