import Manifests

/// One look at a rollout: which replicas are healthy by now, whether it has failed, and when that can change
/// by itself.
struct RolloutReview {
    /// With the marks as they are now.
    private(set) var rollout: Rollout
    private(set) var failure: RolloutFailure?
    private(set) var wakeAt: Instant?
    /// Replicas that are what is wanted, and healthy.
    private(set) var healthyCount = 0
    private(set) var target: Int
    /// A replica that is started or changed, and not healthy yet.
    private var isInFlight = false
    private let hasFallback: Bool
    private let isBlocked: Bool
    private let now: Instant

    var isReplaced: Bool { healthyCount == target }

    /// The clock's time is stored this often while deadlines run: so much of it an agent's death can lose.
    static let tickMin = Duration.seconds(1)
    static let tickMax = Duration.seconds(10)

    /// - Parameter isBlocked: a replica that does not run waits for others, a dependency or a secret.
    init(
        _ rollout: Rollout, _ remembered: InstanceMemory, _ observed: Observed, isBlocked: Bool = false,
        at now: Instant
    ) {
        self.rollout = rollout
        self.isBlocked = isBlocked
        self.now = now
        target = remembered.applied?.desired.target ?? 0
        hasFallback = remembered.fallback != nil
        forgetUnwanted(remembered.applied?.desired.spec.update)
        guard let desired = remembered.applied?.desired, target > 0 else { return }
        for index in 0..<target { look(at: index, desired, remembered, observed) }
        if rollout.exits >= Rollout.exitsMax { failed(byExits: desired) }
        judgeProgress(desired.spec, observed)
        hold(desired.spec.update)
    }

    /// What is not to run is neither late nor early: it begins anew once it is wanted again.
    private mutating func forgetUnwanted(_ policy: UpdatePolicy?) {
        rollout.replicas = rollout.replicas.filter { $0.key < target }
        guard target == 0 else { return }
        rollout.progressAt = rollout.clock.elapsed(at: now)
        if let canary = policy?.canary, !rollout.isReleased(canary, at: now) { rollout.heldSince = nil }
    }

    /// Canaries are held from the moment at which the last of them became healthy.
    private mutating func hold(_ policy: UpdatePolicy) {
        guard let canary = policy.canary else { return }
        let count = rollout.canaries(of: target)
        let possible = target - (rollout.replicas.count - count)
        let isHeld =
            count > 0 && count >= min(canary.replicas, possible)
            && rollout.replicas.values.allSatisfy(\.isHealthy)
        if !isHeld {
            // What came after the canaries takes nothing back.
            if !rollout.isReleased(canary, at: now) { rollout.heldSince = nil }
            return
        }
        rollout.heldSince = rollout.heldSince ?? rollout.clock.elapsed(at: now)
        if let end = rollout.holdEnd(canary), end > now { wake(end) }
    }

    private mutating func look(
        at index: Int, _ desired: DesiredInstance, _ remembered: InstanceMemory, _ observed: Observed
    ) {
        let slot = remembered.wantedSlot(of: ReplicaID(instance: desired.name, index: index))
        let own = remembered.remembered(slot)
        if own?.completed == desired.key {
            healthyCount += 1
            return mark(index)
        }
        if let gaveUp = own?.restart.gaveUp, gaveUp.key == desired.key, observed.runs[slot] == nil {
            return fail(
                RolloutFailure(
                    reason: "GaveUp", message: "\(slot) is not started again: \(gaveUp.reason)",
                    slot: slot, run: own?.lastRun, exit: own?.lastExit))
        }
        if let run = observed.runs[slot], run.isOf(desired) {
            look(at: run, index, desired.spec.update)
        } else if isBlocked, observed.runs[slot] == nil {
            // What it waits for is not its fault. It gets its whole time once it begins again.
            rollout.replicas[index]?.begun = nil
        } else if own?.lastKey?.start == desired.key.start {
            // The clock is the spec's: another nonce begins it no more than another exit does.
            judgeDeadline(of: slot, observed.runs[slot], desired.spec.update)
        }
    }

    private mutating func look(at run: ObservedRun, _ index: Int, _ policy: UpdatePolicy) {
        guard run.phase == .running || run.phase == .starting else { return }
        begin(index)
        if let proven = run.proven(after: policy.minHealthyTime) {
            if proven <= now, run.isConfirmed {
                healthyCount += 1
                return mark(index)
            }
            if proven > now { wake(proven) }
        } else if rollout.replicas[index]?.isHealthy == true, !run.isUndetermined, run.phase == .running {
            let seen = run.probeDetail.map { ": \($0)" } ?? ""
            fail(
                RolloutFailure(
                    reason: "Unhealthy", message: "\(run.slot) was healthy, and is no longer\(seen)",
                    slot: run.slot, run: run.id, probe: run.probeDetail))
        }
        judgeDeadline(of: run.slot, run, policy)
    }

    /// It ran as this spec before the rollout began: its time counts from now on.
    private mutating func begin(_ index: Int) {
        guard rollout.replicas[index]?.begun == nil else { return }
        rollout.clock.start(at: now)
        rollout.replicas[index, default: Rollout.Progress()].begun = rollout.clock.elapsed(at: now)
    }

    /// It has become healthy, if it was not.
    private mutating func mark(_ index: Int) {
        guard rollout.replicas[index]?.isHealthy != true else { return }
        var own = rollout.replicas[index] ?? Rollout.Progress()
        own.isHealthy = true
        rollout.replicas[index] = own
        rollout.progressAt = rollout.clock.elapsed(at: now)
    }

    private mutating func judgeDeadline(
        of slot: SlotID, _ run: ObservedRun?, _ policy: UpdatePolicy
    ) {
        guard let own = rollout.replicas[slot.replica.index], !own.isHealthy, let begun = own.begun,
            let due = rollout.clock.instant(of: begun + policy.healthyDeadline)
        else { return }
        isInFlight = true
        guard due <= now else { return wake(due) }
        let exit = rollout.lastExit.flatMap { $0.place == slot ? $0 : nil }
        let seen = run?.probeDetail ?? exit?.exit.text
        fail(
            RolloutFailure(
                reason: "HealthyDeadline",
                message:
                    "\(slot) was not healthy within healthyDeadline \(policy.healthyDeadline.declared)"
                    + (seen.map { ": \($0)" } ?? ""),
                slot: slot, run: run?.id ?? exit?.run, exit: run == nil ? exit?.exit : nil,
                probe: run?.probeDetail))
    }

    private mutating func failed(byExits desired: DesiredInstance) {
        guard let last = rollout.lastExit else { return }
        fail(
            RolloutFailure(
                reason: "Exits",
                message: "\(rollout.exits) exits before it was healthy, the last of \(last.place): "
                    + last.exit.text,
                slot: last.place, run: last.run, exit: last.exit))
    }

    /// While nothing is in flight nothing is late: what it waits for, a dependency or a secret, is not its
    /// own.
    private mutating func judgeProgress(_ spec: InstanceSpec, _ observed: Observed) {
        var refused: HostFailure?
        var isAsked = false
        switch observed.preparations[spec.specHash] {
        case .failed(let failure, _, _): refused = failure
        // What was found before is found again, or not: until then nothing has changed.
        case .underway: isAsked = true
        case .ready, nil: break
        }
        let isItsFault = refused?.isOfRevision == true
        guard isInFlight || isItsFault || isAsked, !isReplaced else {
            rollout.progressAt = rollout.clock.elapsed(at: now)
            return
        }
        guard let due = rollout.clock.instant(of: rollout.progressAt + spec.update.progressDeadline) else {
            return
        }
        guard due <= now else { return wake(due) }
        if isAsked && !isInFlight { return }
        let deadline = spec.update.progressDeadline.declared
        let why = refused.map { ": \($0.message)" } ?? ""
        fail(
            RolloutFailure(
                reason: refused == nil ? "ProgressDeadline" : "CannotStart",
                message: "no replica became healthy within progressDeadline \(deadline)\(why)"))
    }

    /// When the clock's time is to be stored again; nil where no deadline runs.
    func tickDue(_ policy: UpdatePolicy) -> Instant? {
        guard isInFlight || rollout.heldSince != nil && !isReplaced, hasFallback, rollout.failure == nil,
            let since = rollout.clock.since
        else {
            return nil
        }
        return since + min(max(policy.healthyDeadline / 4, Self.tickMin), Self.tickMax)
    }

    private mutating func fail(_ found: RolloutFailure) { failure = failure ?? found }

    private mutating func wake(_ at: Instant) { wakeAt = min(wakeAt ?? at, at) }
}

extension ObservedRun {
    /// It is what is wanted, live fields included.
    func isOf(_ desired: DesiredInstance) -> Bool {
        key == desired.key && spec.specHash == desired.spec.specHash
    }

    /// When it will have been ready for so long as the spec that it has now; nil while it does not serve.
    func proven(after time: Duration) -> Instant? {
        guard isServing, let readySince else { return nil }
        return max(readySince, changedAt ?? readySince) + time
    }
}

extension HostFailure {
    /// The commit is to blame, not the host: waiting for somebody to mend the host would be for ever.
    package var isOfRevision: Bool { ofRevision ?? false }
}

extension Rollout {
    /// When the canaries have been healthy for long enough, if they stay so; nil while they are not.
    func holdEnd(_ canary: UpdatePolicy.Canary) -> Instant? {
        heldSince.flatMap { clock.instant(of: $0 + canary.hold) }
    }

    func isReleased(_ canary: UpdatePolicy.Canary, at now: Instant) -> Bool {
        holdEnd(canary).map { $0 <= now } ?? false
    }

    /// Replicas that were touched for it. One that had done its work before proves nothing, and is none.
    func canaries(of target: Int) -> Int {
        replicas.count { $0.key < target && ($0.value.begun != nil || !$0.value.isHealthy) }
    }

    /// How many replicas may be as the new spec for now; nil: all.
    func canariesMax(_ policy: UpdatePolicy, at now: Instant) -> Int? {
        guard let canary = policy.canary, !isReleased(canary, at: now) else { return nil }
        return canary.replicas
    }
}
