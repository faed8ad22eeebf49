/// What must be remembered beyond the life of a run and of the agent.
package struct Memory: Sendable, Codable {
    package var instances: [String: InstanceMemory]

    package init(instances: [String: InstanceMemory] = [:]) { self.instances = instances }
}

package struct InstanceMemory: Sendable, Codable {
    /// What was last wanted of this Instance: the base of the next comparison.
    @BoxedIfAny package var applied: Applied?
    /// Why its last runs are being stopped, once it is declared no longer.
    @BoxedIfAny package var removal: Cause?
    /// What a newer revision would change, were the Instance not suspended.
    @BoxedIfAny package var held: Cause?
    package var replicas: [Int: ReplicaMemory]
    /// Specs that proved healthy, newest first; at most `lastKnownGoodMax`.
    package var lastKnownGood: [InstanceSpec]
    /// When it was found to be declared no longer.
    package var withdrawnAt: WallTime?
    /// The declared spec's way, until it is last known good or failed. All that follows is optional, so that
    /// what an earlier version stored is read.
    @BoxedIfAny package var rollout: Rollout?
    @BoxedIfAny package var rolledBack: RolledBack?
    /// Newest first; at most `quarantineMax`.
    package var quarantine: [Quarantine]?
    /// Of specs of `lastKnownGood`, by their hashes.
    package var goodFacts: [String: KnownGood]?
    /// Of replicas that are in their second slot, or have a run in each: index → where; nil: none is.
    package var places: [Int: ReplicaPlace]?

    package static let lastKnownGoodMax = 3
    /// Instances that are remembered only because they completed and are declared no longer.
    package static let withdrawnMax = 1_000

    package init(
        applied: Applied? = nil, removal: Cause? = nil, held: Cause? = nil,
        replicas: [Int: ReplicaMemory] = [:], lastKnownGood: [InstanceSpec] = []
    ) {
        self.applied = applied
        self.removal = removal
        self.held = held
        self.replicas = replicas
        self.lastKnownGood = lastKnownGood
    }

    /// A desired state, with the revisions that brought its parts.
    package struct Applied: Sendable, Codable {
        @Boxed package var desired: DesiredInstance
        /// The revision that brought the start hash (or the nonce).
        @Boxed package var startRevision: Revision
        /// The revision that brought the spec hash.
        @Boxed package var specRevision: Revision
        /// The revision that brought replicas, `desired` or `nodes` as they are.
        @Boxed package var scaleRevision: Revision
        /// What changed the start hash last; nil where it is as it was first seen.
        @Boxed package var startCause: Cause
        @Boxed package var specCause: Cause
        @Boxed package var scaleCause: Cause
        /// Why another spec than the declared one is in force; never stored.
        @BoxedIfAny var rollback: Cause?

        package init(
            desired: DesiredInstance, startRevision: Revision, specRevision: Revision,
            scaleRevision: Revision,
            startCause: Cause, specCause: Cause, scaleCause: Cause
        ) {
            self.desired = desired
            self.startRevision = startRevision
            self.specRevision = specRevision
            self.scaleRevision = scaleRevision
            self.startCause = startCause
            self.specCause = specCause
            self.scaleCause = scaleCause
        }
    }
}

/// One replica's history, as far as decisions need it.
package struct ReplicaMemory: Sendable, Hashable, Codable {
    package var restart: RestartState
    /// The key that ended well; it does not run again.
    package var completed: RunKey?
    package var lastExit: ExitReport?
    package var lastRun: RunID?
    package var lastKey: RunKey?
    /// Why Plumb stopped the last run; nil where it ended by itself.
    package var lastStop: Cause?
    /// What asked for the next start, where it is neither the Instance's start hash nor the last exit:
    /// scaling, a changed policy that gives it another chance, or the start that the host refused.
    package var wanted: Cause?
    /// The last run's end is known and stored.
    package var isEnded = false
    /// The run whose startup probe has passed; nil where none has, or none was asked.
    package var startedUp: RunID?
    /// Restarts after exits that nobody asked for, in total.
    package var restarts: Int
    /// How the last run's probes had it; nil where no probe gates it.
    package var ready: ReadyState?
    /// What was done about its drift.
    package var heal: HealState?
    /// Added to the index for the ports that its last run opened by itself; nil is 0.
    package var portOffset: Int?

    package init(
        restart: RestartState = RestartState(), completed: RunKey? = nil,
        lastExit: ExitReport? = nil, lastRun: RunID? = nil, lastKey: RunKey? = nil, lastStop: Cause? = nil,
        wanted: Cause? = nil, restarts: Int = 0
    ) {
        self.restart = restart
        self.completed = completed
        self.lastExit = lastExit
        self.lastRun = lastRun
        self.lastKey = lastKey
        self.lastStop = lastStop
        self.wanted = wanted
        self.restarts = restarts
    }
}
