import Manifests

extension Planner {
    /// The next run of a replica begins in its other slot.
    mutating func startBeside(_ run: ObservedRun, _ applied: InstanceMemory.Applied, _ cause: Cause) {
        start(run.slot.other, applied, cause)
    }

    /// What is added to the index for the ports that a run opens by itself. Those of the index are the
    /// replica's as long as nobody has them; a run that begins beside another one gets the lowest that no
    /// replica of the Instance has, or will come back to. It keeps them over restarts.
    func portOffset(of slot: SlotID, _ spec: InstanceSpec) -> Int? {
        guard spec.process.endpoints.contains(where: \.isOfRun),
            let remembered = memory.instances[slot.instance],
            !remembered.isOwn(slot) || remembered.places != nil
                || remembered.replicas.values.contains(where: { $0.portOffset != nil })
        else { return nil }
        let taken = portsTaken(beside: slot, remembered)
        let index = slot.replica.index
        let wanted = remembered.remembered(slot)?.portOffset ?? 0
        if !taken.contains(index + wanted) { return wanted }
        if !taken.contains(index) { return 0 }
        let free = (0...taken.count).first { !taken.contains($0) } ?? taken.count
        return free - index
    }

    /// Indices whose ports are another run's, or are kept for a replica that does not run now.
    private func portsTaken(beside slot: SlotID, _ remembered: InstanceMemory) -> Set<Int> {
        let name = slot.instance
        let target = remembered.inForce?.desired.target ?? 0
        var taken = Set((offsets[name] ?? [:]).map { $0.key.replica.index + $0.value })
        let indices = Set(0..<target).union(remembered.replicas.keys)
        for index in indices {
            let own = remembered.slot(of: ReplicaID(instance: name, index: index))
            var lives = false
            for place in [own, own.other] where place != slot {
                guard let run = observed.runs[place] else { continue }
                taken.insert(index + (run.spec.process.portOffset ?? 0))
                lives = true
            }
            guard !lives, index < target, index != slot.replica.index else { continue }
            taken.insert(index + (remembered.replicas[index]?.portOffset ?? 0))
        }
        return taken
    }
}
