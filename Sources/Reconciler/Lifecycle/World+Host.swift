import Manifests

extension World {
    /// The first wait before the host is looked at again, doubled up to `hostRetryMax`.
    package static let hostRetryInitial = Duration.seconds(1)
    package static let hostRetryMax = Duration.seconds(30)

    /// A check of package, user and secrets was asked for.
    package mutating func preparing(_ spec: InstanceSpec) {
        let before = failedAttempts(spec.specHash)
        attempts[spec.specHash] = before
        observed.preparations[spec.specHash] = .underway
    }

    /// What the check found. A failure changes nothing that runs.
    package mutating func prepared(
        _ spec: InstanceSpec, _ failure: HostFailure?, inputs: String? = nil, at moment: Moment
    ) {
        let before = attempts[spec.specHash] ?? 0
        saw(inputs: inputs, of: spec, canStart: failure == nil, at: moment)
        if failure?.isOfRevision == true, memory.instances[spec.name]?.rollout?.specHash == spec.specHash {
            memory.instances[spec.name]?.rollout?.clock.start(at: moment.instant)
        }
        guard let failure else {
            // The count stays until it has started: a host that checks well and refuses the start is asked
            // ever more rarely, too.
            observed.preparations[spec.specHash] = .ready
            return
        }
        let retryAt = moment.instant + Self.hostRetry(before)
        observed.preparations[spec.specHash] = .failed(failure, attempts: before + 1, retryAt: retryAt)
        // One that is not tried again, or only leads back, says it in conditions.
        let remembered = memory.instances[spec.name]
        guard before == 0, remembered?.inForce?.desired.spec.specHash == spec.specHash else { return }
        note(
            EventRecord(
                kind: .startRefused, time: moment.wall, instance: spec.name,
                message: "\(spec.name) cannot start on this host: \(failure.message); \(failure.remedy)"))
    }

    /// The Supervisor refused a start. Replicas that are refused together count as one attempt.
    mutating func refused(_ spec: InstanceSpec, _ failure: HostFailure, retryAt: Instant, at now: Instant) {
        if case .failed(_, _, let known) = observed.preparations[spec.specHash], known > now { return }
        let count = failedAttempts(spec.specHash) + 1
        observed.preparations[spec.specHash] = .failed(failure, attempts: count, retryAt: retryAt)
    }

    /// A spec that failed on this host has started.
    mutating func hostAgreed(to spec: InstanceSpec, at moment: Moment) {
        guard let before = attempts.removeValue(forKey: spec.specHash), before > 0 else { return }
        note(
            EventRecord(
                kind: .hostRecovered, time: moment.wall, instance: spec.name,
                message: "\(spec.name) can start on this host again"))
    }

    /// How long to wait after so many failures.
    package static func hostRetry(_ attempts: Int) -> Duration {
        var delay = hostRetryInitial
        for _ in 0..<min(attempts, 16) { delay = min(delay.scaled(by: 2), hostRetryMax) }
        return delay
    }

    package func failedAttempts(_ hash: SpecHash) -> Int {
        if case .failed(_, let attempts, _) = observed.preparations[hash] { return attempts }
        return attempts[hash] ?? 0
    }

    /// Forgets checks of specs that nobody wants any more.
    package mutating func dropStalePreparations(keeping wanted: Set<SpecHash> = []) {
        var stale = Set(observed.preparations.keys).union(attempts.keys)
        for hash in (observed.inputs ?? [:]).keys { stale.insert(hash) }
        stale.subtract(wanted)
        for remembered in memory.instances.values where !stale.isEmpty {
            if let applied = remembered.applied { stale.remove(applied.desired.spec.specHash) }
            for spec in remembered.lastKnownGood { stale.remove(spec.specHash) }
        }
        for hash in stale {
            observed.preparations[hash] = nil
            observed.inputs?[hash] = nil
            attempts[hash] = nil
        }
    }

    /// Another boot: instants of the last one mean nothing, and waiting began anew with the host.
    package mutating func forgetInstants() {
        for (name, remembered) in memory.instances {
            guard remembered.everyMemory.contains(where: { $0.restart.backoffUntil != nil }) else { continue }
            memory.instances[name]?.changeEveryMemory { $0.restart.backoffUntil = nil }
            // Stored as well: the next agent of this boot must not find it again.
            markDirty(name)
        }
    }

    /// The agent came back to a run that lives, or that ended meanwhile: `ended` says how.
    package mutating func adopted(_ run: ObservedRun, ended: ExitReport? = nil, at moment: Moment) {
        insert(run)
        settle(run)
        let own = remembered(run.slot)?.ready
        change(run.id) { adopted in
            adopted.adopted = true
            if let own, own.run == run.id {
                adopted.readyBefore = own.since
                adopted.longestReady = own.longest
            }
            // A run that no probe gates has been ready since it began.
            let begun = run.isGated ? nil : run.identity?.startedAt
            if let ended {
                adopted.recallReadiness(until: ended)
            } else {
                adopted.updateReadiness(at: min(begun ?? moment.instant, moment.instant))
            }
        }
        note(event(.adopted, run, moment, "\(run.slot) went on while the agent was away"))
    }
}
