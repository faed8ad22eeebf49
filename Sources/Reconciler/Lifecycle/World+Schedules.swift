package import Manifests

/// What Schedules ask of the world, and do to it.
extension World {
    /// The first dependency that is not met, in words.
    package static func unmet(
        _ dependencies: [Dependency], _ observed: Observed, _ memory: Memory
    ) -> String? {
        guard !dependencies.isEmpty else { return nil }
        return DependencyGate(observed: observed, memory: memory).unmet(dependencies)
    }

    /// What has happened to Instances since changes were last taken, as event triggers speak of it.
    package func happenings() -> [InstanceHappening] {
        var found: [InstanceHappening] = []
        for event in events {
            guard let name = event.instance, event.schedule == nil else { continue }
            switch event.kind {
            case .ready where isWhollyReady(name): found.append(InstanceHappening(name, .ready))
            case .succeeded: found.append(InstanceHappening(name, .succeeded))
            case .gaveUp, .rolloutFailed: found.append(InstanceHappening(name, .failed))
            case .exited, .keeperLost:
                if hasCrashed(event) { found.append(InstanceHappening(name, .crashed)) }
                if event.cause != nil, !observed.runs.keys.contains(where: { $0.instance == name }) {
                    found.append(InstanceHappening(name, .stopped))
                }
            default: break
            }
        }
        return found
    }

    private func isWhollyReady(_ name: String) -> Bool {
        guard let remembered = memory.instances[name], let desired = remembered.inForce?.desired,
            desired.target > 0
        else { return false }
        return (0..<desired.target).allSatisfy { index in
            if remembered.replicas[index]?.completed == desired.key { return true }
            return observed.runs[remembered.slot(of: ReplicaID(instance: name, index: index))]?.isReady
                == true
        }
    }

    /// Every replica of an Instance is to be replaced by its own update policy, as after a change of its
    /// nonce.
    package mutating func restart(_ order: ScheduledRestart, at moment: Moment) {
        guard let desired = memory.instances[order.instance]?.applied?.desired else { return }
        let cause = Cause(
            reason: .scheduled(by: order.schedule), place: order.place, revision: order.revision)
        for index in 0..<max(desired.target, 0) {
            var own = memory.instances[order.instance]?.replicas[index] ?? ReplicaMemory()
            own.restart.rearm()
            own.completed = nil
            own.wanted = cause
            memory.instances[order.instance]?.replicas[index] = own
        }
        markDirty(order.instance)
    }

    /// It ended badly, and nobody had asked for its end.
    private func hasCrashed(_ event: EventRecord) -> Bool {
        guard event.cause == nil, let replica = event.replica, let run = event.run,
            let remembered = memory.instances[replica.instance]
        else { return false }
        let first = remembered.slot(of: replica)
        return [first, first.other].contains { slot in
            let own = remembered.remembered(slot)
            return own?.lastRun == run && own?.lastExit.map { !$0.isSuccess } == true
        }
    }
}

extension Observed {
    /// Whose replicas are ready now.
    package func readyRuns(of instance: String) -> [RunID] {
        runs.values.filter { $0.slot.instance == instance && $0.isReady }.map(\.id).sorted()
    }
}
