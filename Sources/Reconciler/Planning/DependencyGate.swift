import Manifests

/// Whether what an Instance depends on is as far as the declaration asks.
struct DependencyGate {
    let observed: Observed
    let memory: Memory

    /// The first dependency that is not met, or nil.
    ///
    /// - Parameter changed: the dependent itself runs another spec than the wanted one. Only then must a
    /// dependency
    /// run its newest spec as well; otherwise a crash could not be mended while a rollout elsewhere is stuck.
    /// What is rolled back waits for nobody's new spec.
    func unmet(_ applied: InstanceMemory.Applied, changed: Bool) -> Waiting.Reason? {
        let changed = changed && applied.rollback == nil
        for dependency in applied.desired.dependsOn {
            let detail =
                (changed ? failed(dependency, applied) : nil) ?? problem(dependency, changed: changed)
            if let detail {
                return .dependency(on: dependency.instance, condition: dependency.condition, detail: detail)
            }
        }
        return nil
    }

    /// The first dependency that changed in the same revision and is not well as its new spec, or nil: what
    /// is applied to a live run waits for no other change, because it may be what mends that run.
    func unmetLive(_ applied: InstanceMemory.Applied) -> Waiting.Reason? {
        guard applied.rollback == nil else { return nil }
        for dependency in applied.desired.dependsOn {
            guard let other = memory.instances[dependency.instance], let known = other.applied else {
                continue
            }
            let revision = applied.specRevision.id
            // What mends it came later, and is waited for as well.
            let failedBefore = other.quarantine?.contains { $0.revision.id == revision } ?? false
            guard known.specRevision.id == revision || failedBefore && other.activeRollout != nil else {
                continue
            }
            if let detail = failed(dependency, applied) ?? problem(dependency, changed: true) {
                return .dependency(on: dependency.instance, condition: dependency.condition, detail: detail)
            }
        }
        return nil
    }

    /// The first of these that is not met, in words.
    func unmet(_ dependencies: [Dependency]) -> String? {
        for dependency in dependencies {
            if let detail = problem(dependency, changed: false) {
                return "\(dependency.instance) is not \(dependency.condition.rawValue): \(detail)"
            }
        }
        return nil
    }

    /// A change that came together with one of the dependency stays out where that one was rolled back.
    private func failed(_ dependency: Dependency, _ applied: InstanceMemory.Applied) -> String? {
        guard let rolledBack = memory.instances[dependency.instance]?.activeRollback,
            rolledBack.revision.id == applied.specRevision.id
        else { return nil }
        return "what \(rolledBack.revision.short) changes in it was rolled back"
    }

    private func problem(_ dependency: Dependency, changed: Bool) -> String? {
        guard let applied = memory.instances[dependency.instance]?.inForce, applied.desired.assigned else {
            return dependency.required ? "it does not run on this node" : nil
        }
        let desired = applied.desired
        guard desired.target > 0 else {
            return dependency.required ? "it is declared with desired: stopped or no replicas" : nil
        }
        switch dependency.condition {
        case .completed:
            let done = (0..<desired.target).count { completed(desired, $0) }
            return done == desired.target ? nil : "\(done) of \(desired.target) completed"
        case .started:
            return missing(desired, "started", changed) { $0.phase == .running }
        case .ready:
            return missing(desired, "ready", changed) { $0.isReady } ?? (changed ? unproven(desired) : nil)
        }
    }

    /// Of a dependency that is rolled out ready is not enough: the new spec has to be healthy.
    private func unproven(_ desired: DesiredInstance) -> String? {
        guard let remembered = memory.instances[desired.name], let rollout = remembered.activeRollout
        else { return nil }
        let healthy = (0..<desired.target).count { rollout.replicas[$0]?.isHealthy == true }
        return healthy == desired.target ? nil : "\(healthy) of \(desired.target) healthy as its new spec"
    }

    private func missing(
        _ desired: DesiredInstance, _ word: String, _ changed: Bool, _ holds: (ObservedRun) -> Bool
    ) -> String? {
        let count = (0..<desired.target).count { index in
            // A oneshot that has ended well was started, and is ready since.
            if completed(desired, index) { return true }
            let replica = ReplicaID(instance: desired.name, index: index)
            let slot = memory.instances[desired.name]?.slot(of: replica) ?? SlotID(replica: replica)
            guard let run = observed.runs[slot] else { return false }
            return holds(run) && (!changed || run.key == desired.key)
        }
        return count == desired.target ? nil : "\(count) of \(desired.target) \(word)"
    }

    private func completed(_ desired: DesiredInstance, _ index: Int) -> Bool {
        memory.instances[desired.name]?.replicas[index]?.completed == desired.key
    }
}
