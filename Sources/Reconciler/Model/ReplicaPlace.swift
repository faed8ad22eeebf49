/// Which of its two slots a replica's own run is in, and what is in the other one. A replica of which nothing
/// is remembered is in its first slot, alone.
package struct ReplicaPlace: Sendable, Hashable, Codable {
    package var isSecond: Bool
    package var beside: BesideRun?

    package init(isSecond: Bool = false, beside: BesideRun? = nil) {
        self.isSecond = isSecond
        self.beside = beside
    }
}

/// The run in the other slot of a replica.
package struct BesideRun: Sendable, Hashable, Codable {
    /// It is to become the replica's own run; false: it was, and is on its way out.
    package var isSuccessor: Bool
    package var memory: ReplicaMemory
    /// Why one follows the other.
    package var cause: Cause
}

extension InstanceMemory {
    /// The slot of a replica's own run.
    package func slot(of replica: ReplicaID) -> SlotID {
        SlotID(replica: replica, isSecond: places?[replica.index]?.isSecond ?? false)
    }

    /// What is remembered of the run that is to become the replica's own; nil: there is none.
    package func successor(_ index: Int) -> BesideRun? {
        places?[index]?.beside.flatMap { $0.isSuccessor ? $0 : nil }
    }

    /// The slot of what the replica is to run: its successor's, where it has one.
    package func wantedSlot(of replica: ReplicaID) -> SlotID {
        let own = slot(of: replica)
        return successor(replica.index) == nil ? own : own.other
    }

    func isOwn(_ slot: SlotID) -> Bool { slot == self.slot(of: slot.replica) }

    func isSuccessor(_ slot: SlotID) -> Bool { !isOwn(slot) && successor(slot.replica.index) != nil }

    /// What is remembered of the runs in a slot.
    package func remembered(_ slot: SlotID) -> ReplicaMemory? {
        isOwn(slot) ? replicas[slot.replica.index] : places?[slot.replica.index]?.beside?.memory
    }

    /// Of runs in either slot of every replica.
    package var everyMemory: [ReplicaMemory] {
        Array(replicas.values) + (places ?? [:]).values.compactMap { $0.beside?.memory }
    }

    mutating func changeEveryMemory(_ body: (inout ReplicaMemory) -> Void) {
        for index in replicas.keys {
            guard var own = replicas[index] else { continue }
            body(&own)
            replicas[index] = own
        }
        for index in (places ?? [:]).keys {
            guard var beside = places?[index]?.beside else { continue }
            body(&beside.memory)
            places?[index]?.beside = beside
        }
    }

    /// Of a run beside the replica's own that nobody knows nothing is kept.
    mutating func remember(_ slot: SlotID, _ memory: ReplicaMemory) {
        let index = slot.replica.index
        if isOwn(slot) {
            replicas[index] = memory
        } else if places?[index]?.beside != nil {
            places?[index]?.beside?.memory = memory
        }
    }

    /// A run is about to begin beside the replica's own.
    mutating func expect(_ slot: SlotID, because cause: Cause) {
        let index = slot.replica.index
        guard !isOwn(slot), successor(index) == nil else { return }
        var place = places?[index] ?? ReplicaPlace()
        place.beside = BesideRun(isSuccessor: true, memory: ReplicaMemory(), cause: cause)
        places = places ?? [:]
        places?[index] = place
    }

    /// There is nothing beside the replica's own run any more.
    mutating func forgetBeside(_ index: Int) {
        places?[index]?.beside = nil
        if places?[index]?.isSecond == false { places?[index] = nil }
        if places?.isEmpty == true { places = nil }
    }

    /// The successor becomes the replica's own run. `leaves`: the one before it still lives.
    mutating func promote(_ index: Int, leaves: Bool) {
        guard let successor = successor(index), let isSecond = places?[index]?.isSecond else { return }
        let old = replicas[index] ?? ReplicaMemory()
        var own = successor.memory
        own.restarts += old.restarts
        own.heal = old.heal
        replicas[index] = own
        places?[index]?.isSecond = !isSecond
        places?[index]?.beside = BesideRun(isSuccessor: false, memory: old, cause: successor.cause)
        if !leaves { forgetBeside(index) }
    }

    /// The run that was to leave has its replica's place again, and what had taken it is its successor.
    mutating func takeBack(_ index: Int) {
        guard let place = places?[index], let beside = place.beside, !beside.isSuccessor else { return }
        var next = replicas[index] ?? ReplicaMemory()
        next.restarts -= min(beside.memory.restarts, next.restarts)
        replicas[index] = beside.memory
        places?[index] = ReplicaPlace(
            isSecond: !place.isSecond,
            beside: BesideRun(isSuccessor: true, memory: next, cause: beside.cause))
    }
}

extension World {
    package func remembered(_ slot: SlotID) -> ReplicaMemory? {
        memory.instances[slot.instance]?.remembered(slot)
    }

    package func slot(of replica: ReplicaID) -> SlotID {
        memory.instances[replica.instance]?.slot(of: replica) ?? SlotID(replica: replica)
    }
}
