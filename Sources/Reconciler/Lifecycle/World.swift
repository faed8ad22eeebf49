import Manifests

/// What the loop knows: runs and memory, changed by events alone. Without I/O, clock and randomness, so that
/// the agent and the simulation drive the same code.
package struct World: Sendable {
    package var observed: Observed { didSet { version &+= 1 } }
    package var memory: Memory { didSet { version &+= 1 } }
    package var desired: Desired?
    /// Another one wherever runs or memory may have changed: while it is the same, so is the plan, up to its
    /// `wakeAt`.
    package private(set) var version: UInt64 = 0
    /// Instances whose memory changed since it was last taken.
    package private(set) var dirty: Set<String> = []
    /// What happened since it was last taken, for the history.
    package private(set) var events: [EventRecord] = []
    private var slots: [RunID: SlotID] = [:]
    /// Failed checks and refused starts so far, of specs that have not started since.
    var attempts: [SpecHash: Int] = [:]
    /// Instances whose rollout failed, and of whose failed run the last words are not known yet.
    var errorsWanted: Set<String> = []

    package init(observed: Observed = Observed(), memory: Memory = Memory()) {
        self.observed = observed
        self.memory = memory
        for (slot, run) in observed.runs { slots[run.id] = slot }
    }

    /// The live run with this id.
    package func run(_ id: RunID) -> ObservedRun? {
        guard let slot = slots[id], let run = observed.runs[slot], run.id == id else { return nil }
        return run
    }

    /// Hands over what must be stored, and forgets it.
    package mutating func takeChanges() -> (memories: [(String, InstanceMemory?)], events: [EventRecord]) {
        let memories = dirty.sorted().map { ($0, memory.instances[$0]) }
        let taken = events
        dirty = []
        events = []
        return (memories, taken)
    }

    /// Adds a line to the history.
    package mutating func note(_ event: EventRecord) { events.append(event) }

    mutating func markDirty(_ instance: String) { dirty.insert(instance) }

    mutating func insert(_ run: ObservedRun) {
        observed.runs[run.slot] = run
        slots[run.id] = run.slot
    }

    mutating func remove(_ id: RunID) -> ObservedRun? {
        guard let slot = slots.removeValue(forKey: id), observed.runs[slot]?.id == id else { return nil }
        return observed.runs.removeValue(forKey: slot)
    }

    /// Changes a live run; false if there is none with this id.
    @discardableResult
    mutating func change(_ id: RunID, _ body: (inout ObservedRun) -> Void) -> Bool {
        guard let slot = slots[id], observed.runs[slot]?.id == id else { return false }
        body(&observed.runs[slot]!)  // Safe: the line above has just found it.
        return true
    }
}

/// The time of an event, on both clocks.
package struct Moment: Sendable, Hashable, Codable {
    package var instant: Instant
    package var wall: WallTime

    package init(instant: Instant, wall: WallTime) {
        self.instant = instant
        self.wall = wall
    }
}
