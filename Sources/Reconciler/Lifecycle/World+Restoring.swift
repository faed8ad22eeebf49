import Manifests

extension World {
    /// The accepted revision of an earlier agent: the desired state again, without a line in the history.
    /// Host settings may have changed meanwhile, so it is compared like any other.
    package mutating func restore(_ desired: Desired, at moment: Moment) {
        accept(desired, at: moment, quietly: true)
        // What was read back from the store is as wide as what was resolved, and equal: one of them is
        // enough, and from now on a look tells that they are the same.
        for (name, new) in desired.instances where memory.instances[name]?.applied?.desired == new {
            memory.instances[name]?.applied?.desired = new
        }
    }

    /// The store that knew which oneshots succeeded is lost: none of them runs until someone asks for it.
    package mutating func holdOneshots(reason: String) {
        for (name, remembered) in memory.instances {
            guard let wanted = remembered.applied?.desired, wanted.spec.profile == .oneshot else { continue }
            for index in 0..<max(wanted.target, 0) {
                let slot = SlotID(instance: name, index: index)
                if observed.runs[slot] != nil || remembered.replicas[index]?.lastRun != nil { continue }
                let held = GaveUp(key: wanted.key, reason: "held, \(reason)")
                let own = ReplicaMemory(restart: RestartState(gaveUp: held))
                memory.instances[name]?.replicas[index] = own
                markDirty(name)
            }
        }
    }
}
