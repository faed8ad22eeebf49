import Manifests

/// What one replica needs, seen by itself: neither dependencies nor the rollout of its Instance are asked
/// yet.
package enum ReplicaNeed: Sendable {
    /// It is as it should be.
    case nothing
    /// It does not run and should.
    case start(Cause)
    /// It runs as another spec or nonce.
    case replace(ObservedRun, Cause)
    /// It runs and should not.
    case remove(ObservedRun, Cause)
    /// A probe gave it up; the restart policy decides what follows its end.
    case end(ObservedRun, Cause)
    /// Live or reload fields differ.
    case update(ObservedRun, reload: Bool, Cause)
    case wait(Waiting.Reason, until: Instant?)
}

/// The needs of every replica of every Instance: the one comparison that the planner and the dry run share.
package struct Assessment: Sendable {
    package struct Item: Sendable {
        package var slot: SlotID
        package var need: ReplicaNeed
    }
    /// Sorted by slot.
    package var items: [String: [Item]]

    package init(observed: Observed, memory: Memory, at now: Instant) {
        var items: [String: [Item]] = [:]
        for (name, remembered) in memory.instances {
            guard let declared = remembered.applied, declared.desired.target > 0, !observed.stopping,
                let applied = remembered.inForce
            else { continue }
            let target = applied.desired.target
            guard target > 0 else { continue }
            items[name] = (0..<target).flatMap { index -> [Item] in
                let slot = remembered.slot(of: ReplicaID(instance: name, index: index))
                let need = Self.need(slot, observed.runs[slot], remembered, applied, at: now)
                let own = Item(slot: slot, need: need)
                guard let successor = remembered.successor(index) else { return [own] }
                let next = Self.need(
                    slot.other, observed.runs[slot.other], successor, beside: need, applied, at: now)
                return [own, Item(slot: slot.other, need: next)]
            }
        }
        for (slot, run) in observed.runs {
            let remembered = memory.instances[slot.instance]
            let target = observed.stopping ? 0 : remembered?.applied?.desired.target ?? 0
            let hasPlace = remembered.map { $0.isOwn(slot) || $0.isSuccessor(slot) } ?? false
            guard slot.replica.index >= target || !hasPlace else { continue }
            let need = Self.surplus(run, remembered, stopping: observed.stopping)
            items[slot.instance, default: []].append(Item(slot: slot, need: need))
        }
        self.items = items.mapValues { $0.sorted { $0.slot < $1.slot } }
    }

    private static func surplus(
        _ run: ObservedRun, _ remembered: InstanceMemory?, stopping: Bool
    ) -> ReplicaNeed {
        switch run.phase {
        case .unknown(let reason): return .wait(.unknown(reason: reason), until: nil)
        case .stopping: return .wait(.stopping, until: nil)
        case .starting, .running: break
        }
        if stopping { return .remove(run, Cause(reason: .agentStopping)) }
        if let applied = remembered?.applied {
            if slot(run, isWithin: applied.desired), let inForce = remembered?.inForce {
                return .remove(run, Self.causeOfLeaving(run, remembered, inForce))
            }
            if applied.scaleCause.reason == .scaled { return .remove(run, applied.scaleCause) }
            // It was declared anew, smaller, while its old runs were still there.
            return .remove(run, applied.causeOfSurplus)
        }
        // Without a word of what was accepted (the Store was lost), absence proves nothing.
        guard let removal = remembered?.removal else {
            return .wait(.unknown(reason: "no accepted revision speaks of it"), until: nil)
        }
        return .remove(run, removal)
    }

    private static func slot(_ run: ObservedRun, isWithin desired: DesiredInstance) -> Bool {
        run.slot.replica.index < desired.target
    }

    /// Another run has taken its place.
    private static func causeOfLeaving(
        _ run: ObservedRun, _ remembered: InstanceMemory?, _ applied: InstanceMemory.Applied
    ) -> Cause {
        if let beside = remembered?.places?[run.slot.replica.index]?.beside { return beside.cause }
        return run.key == applied.desired.key ? applied.causeOfSurplus : applied.cause(replacing: run)
    }

    private static func need(
        _ slot: SlotID, _ run: ObservedRun?, _ remembered: InstanceMemory, _ applied: InstanceMemory.Applied,
        at now: Instant
    ) -> ReplicaNeed {
        let own = remembered.replicas[slot.replica.index]
        guard let run else { return absent(own, applied, at: now) }
        switch run.phase {
        case .unknown(let reason): return .wait(.unknown(reason: reason), until: nil)
        case .stopping: return .wait(.stopping, until: nil)
        case .starting, .running: break
        }
        if run.key != applied.desired.key { return .replace(run, applied.cause(replacing: run)) }
        return verdict(run, own, applied) ?? DriftHealing.need(run, own, applied, at: now) ?? .nothing
    }

    /// What is to take its replica's place, beside what has it now.
    private static func need(
        _ slot: SlotID, _ run: ObservedRun?, _ successor: BesideRun, beside own: ReplicaNeed,
        _ applied: InstanceMemory.Applied, at now: Instant
    ) -> ReplicaNeed {
        let isWanted = own.leavesPlace || successor.cause.isCure || successor.cause.isScheduled
        guard let run else {
            guard isWanted, successor.memory.lastKey == applied.desired.key else { return .nothing }
            return absent(successor.memory, applied, at: now)
        }
        switch run.phase {
        case .unknown(let reason): return .wait(.unknown(reason: reason), until: nil)
        case .stopping: return .wait(.stopping, until: nil)
        case .starting, .running: break
        }
        if run.key != applied.desired.key { return .remove(run, applied.cause(replacing: run)) }
        if !isWanted { return .remove(run, applied.startCause) }
        return verdict(run, successor.memory, applied) ?? .nothing
    }

    /// What live fields and probes ask for.
    private static func verdict(
        _ run: ObservedRun, _ own: ReplicaMemory?, _ applied: InstanceMemory.Applied
    ) -> ReplicaNeed? {
        // A new spec comes before the verdicts of the old one: it may be the fix.
        if run.spec.specHash != applied.desired.spec.specHash, !run.isGivenUp(alsoBy: applied.desired.spec) {
            let reload = run.spec.process.configFile != applied.desired.spec.process.configFile
            return .update(run, reload: reload, applied.cause(updating: run))
        }
        if let wanted = own?.wanted, wanted.isRetry, !run.isServing {
            return .replace(run, wanted)
        }
        if let wanted = own?.wanted, wanted.isScheduled { return .replace(run, wanted) }
        if run.livenessFailed {
            return .end(run, Cause(reason: .probeFailed(.liveness, detail: run.probeDetail ?? "")))
        }
        if run.startup == false {
            return .end(run, Cause(reason: .probeFailed(.startup, detail: run.probeDetail ?? "")))
        }
        return nil
    }

    private static func absent(
        _ own: ReplicaMemory?, _ applied: InstanceMemory.Applied, at now: Instant
    ) -> ReplicaNeed {
        guard let own else { return .start(applied.startCause) }
        let key = applied.desired.key
        if own.completed == key { return .nothing }
        if let gaveUp = own.restart.gaveUp, gaveUp.key == key { return .wait(.gaveUp(gaveUp), until: nil) }
        // What another spec did holds up nobody: it is tried at once.
        if let until = own.restart.backoffUntil, until > now, own.lastKey == key || own.lastKey == nil {
            return .wait(.backoff(until: until, failures: own.restart.failures), until: until)
        }
        if let wanted = own.wanted { return .start(wanted) }
        guard own.lastKey == key else {
            if case .rolledBack = own.lastStop?.reason, applied.rollback != nil, let stop = own.lastStop {
                return .start(stop)
            }
            // The run before it was stopped for it: one change, one cause.
            if let stop = own.lastStop, stop.reason == .changed, stop.revision?.id == applied.startRevision.id
            {
                return .start(stop)
            }
            return .start(applied.startCause)
        }
        guard let stop = own.lastStop else {
            // Of a run that was never handed over no end is known; the one before it had its own reason.
            guard own.isEnded else { return .start(applied.missing) }
            return .start(own.lastExit.map { Cause(reason: .exited($0)) } ?? applied.startCause)
        }
        switch stop.reason {
        case .probeFailed, .drifted, .scheduled: return .start(stop)
        case .scaled: return .start(applied.scaleCause)
        // Taken back before the next run began: what brought the wanted spec back is the cause.
        case .changed, .removed, .rolledBack, .retried: return .start(applied.startCause)
        case .newInstance, .exited, .missing, .agentStopping:
            return .start(applied.missing)
        }
    }
}

extension InstanceMemory.Applied {
    /// Why a run is started of whose forerunner nothing is known.
    fileprivate var missing: Cause {
        rollback ?? Cause(reason: .missing, place: desired.place, revision: startRevision)
    }
}

extension ReplicaNeed {
    /// What has the replica's place is not what is wanted, or there is nothing.
    fileprivate var leavesPlace: Bool {
        switch self {
        case .replace, .start, .wait: true
        case .nothing, .remove, .end, .update: false
        }
    }
}

extension ObservedRun {
    /// A probe gave it up, and the other spec asks the same one.
    fileprivate func isGivenUp(alsoBy other: InstanceSpec) -> Bool {
        livenessFailed && spec.health.liveness == other.health.liveness
            || startup == false && spec.health.startup == other.health.startup
    }
}
