/// What must be remembered beyond the life of a run and of the agent.
package struct Memory: Sendable, Codable {
    package var instances: [String: InstanceMemory]

    package init(instances: [String: InstanceMemory] = [:]) { self.instances = instances }
}

/// What is remembered of one Instance. Behind one pointer: there may be ten thousand of them, which are
/// looked at in each turn of the loop. Encoded as its fields.
package struct InstanceMemory: Sendable {
    private var storage: Storage

    package static let lastKnownGoodMax = 3
    /// Instances that are remembered only because they completed and are declared no longer.
    package static let withdrawnMax = 1_000

    package init(
        applied: Applied? = nil, removal: Cause? = nil, held: Cause? = nil,
        replicas: [Int: ReplicaMemory] = [:], lastKnownGood: [InstanceSpec] = []
    ) {
        var fields = Fields(applied: applied, replicas: replicas, lastKnownGood: lastKnownGood)
        fields.removal = removal
        fields.held = held
        storage = Storage(fields)
    }

    /// What was last wanted of this Instance: the base of the next comparison.
    package var applied: Applied? {
        get { storage.fields.applied }
        _modify { yield &fields.applied }
    }
    /// Why its last runs are being stopped, once it is declared no longer.
    package var removal: Cause? {
        get { storage.fields.removal }
        _modify { yield &fields.removal }
    }
    /// What a newer revision would change, were the Instance not suspended.
    package var held: Cause? {
        get { storage.fields.held }
        _modify { yield &fields.held }
    }
    package var replicas: [Int: ReplicaMemory] {
        get { storage.fields.replicas }
        _modify { yield &fields.replicas }
    }
    /// Specs that proved healthy, newest first; at most `lastKnownGoodMax`.
    package var lastKnownGood: [InstanceSpec] {
        get { storage.fields.lastKnownGood }
        _modify { yield &fields.lastKnownGood }
    }
    /// When it was found to be declared no longer.
    package var withdrawnAt: WallTime? {
        get { storage.fields.withdrawnAt }
        _modify { yield &fields.withdrawnAt }
    }
    /// The declared spec's way, until it is last known good or failed.
    package var rollout: Rollout? {
        get { storage.fields.rollout }
        _modify { yield &fields.rollout }
    }
    package var rolledBack: RolledBack? {
        get { storage.fields.rolledBack }
        _modify { yield &fields.rolledBack }
    }
    /// Newest first; at most `quarantineMax`.
    package var quarantine: [Quarantine]? {
        get { storage.fields.quarantine }
        _modify { yield &fields.quarantine }
    }
    /// Of specs of `lastKnownGood`, by their hashes.
    package var goodFacts: [String: KnownGood]? {
        get { storage.fields.goodFacts }
        _modify { yield &fields.goodFacts }
    }
    /// Of replicas that are in their second slot, or have a run in each: index → where; nil: none is.
    package var places: [Int: ReplicaPlace]? {
        get { storage.fields.places }
        _modify { yield &fields.places }
    }

    /// In place where nobody else has it.
    private var fields: Fields {
        get { storage.fields }
        _modify {
            if !isKnownUniquelyReferenced(&storage) { storage = Storage(storage.fields) }
            yield &storage.fields
        }
    }

    /// From `rollout` on all is optional, so that what an earlier version stored is read.
    private struct Fields: Sendable, Codable {
        var applied: Applied?
        @BoxedIfAny var removal: Cause?
        @BoxedIfAny var held: Cause?
        var replicas: [Int: ReplicaMemory]
        var lastKnownGood: [InstanceSpec]
        var withdrawnAt: WallTime?
        @BoxedIfAny var rollout: Rollout?
        @BoxedIfAny var rolledBack: RolledBack?
        var quarantine: [Quarantine]?
        var goodFacts: [String: KnownGood]?
        var places: [Int: ReplicaPlace]?
    }

    /// Sendable: it is changed only through a value that alone refers to it, which no two threads can be at.
    private final class Storage: @unchecked Sendable {
        var fields: Fields

        init(_ fields: Fields) { self.fields = fields }
    }

    /// A desired state, with the revisions that brought its parts. Behind one pointer, as well.
    package struct Applied: Sendable {
        private var storage: Boxed<Fields>

        package init(
            desired: DesiredInstance, startRevision: Revision, specRevision: Revision,
            scaleRevision: Revision,
            startCause: Cause, specCause: Cause, scaleCause: Cause
        ) {
            storage = Boxed(
                wrappedValue: Fields(
                    desired: desired, startRevision: startRevision, specRevision: specRevision,
                    scaleRevision: scaleRevision, startCause: startCause, specCause: specCause,
                    scaleCause: scaleCause))
        }

        package var desired: DesiredInstance {
            get { storage.wrappedValue.desired }
            set { storage.wrappedValue.desired = newValue }
        }
        /// The revision that brought the start hash (or the nonce).
        package var startRevision: Revision {
            get { storage.wrappedValue.startRevision }
            set { storage.wrappedValue.startRevision = newValue }
        }
        /// The revision that brought the spec hash.
        package var specRevision: Revision {
            get { storage.wrappedValue.specRevision }
            set { storage.wrappedValue.specRevision = newValue }
        }
        /// The revision that brought replicas, `desired` or `nodes` as they are.
        package var scaleRevision: Revision {
            get { storage.wrappedValue.scaleRevision }
            set { storage.wrappedValue.scaleRevision = newValue }
        }
        /// What changed the start hash last; nil where it is as it was first seen.
        package var startCause: Cause {
            get { storage.wrappedValue.startCause }
            set { storage.wrappedValue.startCause = newValue }
        }
        package var specCause: Cause {
            get { storage.wrappedValue.specCause }
            set { storage.wrappedValue.specCause = newValue }
        }
        package var scaleCause: Cause {
            get { storage.wrappedValue.scaleCause }
            set { storage.wrappedValue.scaleCause = newValue }
        }
        /// Why another spec than the declared one is in force; never stored.
        var rollback: Cause? {
            get { storage.wrappedValue.rollback }
            set { storage.wrappedValue.rollback = newValue }
        }

        private struct Fields: Sendable, Codable {
            var desired: DesiredInstance
            @Boxed var startRevision: Revision
            @Boxed var specRevision: Revision
            @Boxed var scaleRevision: Revision
            @Boxed var startCause: Cause
            @Boxed var specCause: Cause
            @Boxed var scaleCause: Cause
            @BoxedIfAny var rollback: Cause?
        }
    }
}

extension InstanceMemory: Codable {
    package init(from decoder: any Decoder) throws { storage = Storage(try Fields(from: decoder)) }

    package func encode(to encoder: any Encoder) throws { try storage.fields.encode(to: encoder) }
}

extension InstanceMemory.Applied: Codable {
    package init(from decoder: any Decoder) throws { storage = try Boxed(from: decoder) }

    package func encode(to encoder: any Encoder) throws { try storage.encode(to: encoder) }
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
