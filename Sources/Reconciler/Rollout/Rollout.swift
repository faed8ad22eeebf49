import Manifests

/// A spec on its way to be what an Instance runs: from the revision that brought it until it has proved
/// itself, failed, or was overtaken by another spec. Unrelated commits do not touch it.
package struct Rollout: Sendable, Hashable, Codable {
    package var specHash: SpecHash
    /// The revision that brought the spec.
    package var revision: Revision
    /// What it changed, from the spec that was wanted before.
    package var changes: [FieldChange]
    package var clock: RolloutClock
    /// When the first replica was touched for it.
    package var startedWall: WallTime?
    package var replicas: [Int: Progress]
    /// Exits of its runs that nobody asked for, over all replicas.
    package var exits: Int
    /// The last of them.
    package var lastExit: FailedRun?
    /// By the rollout's clock: when a replica last became healthy.
    package var progressAt: Duration
    /// By the rollout's clock: since when its canaries are healthy, all of them.
    package var heldSince: Duration?
    /// A keyed hash of what the spec takes from the host, as it was found when it was prepared.
    package var inputs: String?
    /// What makes it a failure, where it is not rolled back (yet).
    package var failure: RolloutFailure?

    /// So many exits are a failure, however long the deadlines are.
    package static let exitsMax = 3

    /// One replica's way. Times are those of the rollout's clock.
    package struct Progress: Sendable, Hashable, Codable {
        /// When it was first started, or changed live, as the new spec; anew after it had been healthy.
        package var begun: Duration?
        /// It was ready for `minHealthyTime`.
        package var isHealthy: Bool

        package init(begun: Duration? = nil, isHealthy: Bool = false) {
            self.begun = begun
            self.isHealthy = isHealthy
        }
    }

    package struct FailedRun: Sendable, Hashable, Codable {
        package var run: RunID
        package var replica: ReplicaID
        package var exit: ExitReport
        /// It was in the replica's second slot; nil: in the first. Optional, like all that came later.
        package var isSecond: Bool?

        /// Where it ran.
        var place: SlotID { SlotID(replica: replica, isSecond: isSecond ?? false) }
    }

    package init(specHash: SpecHash, revision: Revision, changes: [FieldChange]) {
        self.specHash = specHash
        self.revision = revision
        self.changes = changes
        clock = RolloutClock()
        startedWall = nil
        replicas = [:]
        exits = 0
        lastExit = nil
        progressAt = .zero
        heldSince = nil
        inputs = nil
        failure = nil
    }

    /// Something is done to a replica for it: from now on its clock runs.
    mutating func touch(_ index: Int, begins: Bool, at moment: Moment) {
        clock.start(at: moment.instant)
        clock.tick(at: moment.instant)
        startedWall = startedWall ?? moment.wall
        if begins { beginProgress(at: moment.instant) }
        var own = replicas[index] ?? Progress()
        if begins {
            if own.begun == nil || own.isHealthy { own.begun = clock.elapsed(at: moment.instant) }
            own.isHealthy = false
        }
        replicas[index] = own
    }

    /// Where nothing was in flight nothing was late: the time for progress begins with what comes now.
    private mutating func beginProgress(at now: Instant) {
        guard !replicas.values.contains(where: { $0.begun != nil && !$0.isHealthy }) else { return }
        progressAt = clock.elapsed(at: now)
    }

    /// A run of it has ended, and nobody asked for that. `isItsFault`: neither the host nor its keeper is to
    /// blame.
    mutating func ended(_ run: ObservedRun, _ exit: ExitReport, isItsFault: Bool, at now: Instant) {
        if isItsFault {
            exits += 1
            lastExit = FailedRun(
                run: run.id, replica: run.slot.replica, exit: exit, isSecond: run.slot.isSecond ? true : nil)
        }
        clock.tick(at: now)
        beginProgress(at: now)
        let index = run.slot.replica.index
        var own = replicas[index] ?? Progress()
        // One that had been healthy, or that the host has ended, gets its whole time once more.
        if own.isHealthy || !isItsFault { own.begun = clock.elapsed(at: now) }
        own.isHealthy = false
        replicas[index] = own
    }
}

/// Time that counts for a rollout: on the boot's clock, and only while an agent is there to see to it.
package struct RolloutClock: Sendable, Hashable, Codable {
    /// What has passed up to `since`, or in all if it does not run.
    package private(set) var passed: Duration
    package private(set) var since: Instant?

    init() {
        passed = .zero
        since = nil
    }

    package var isRunning: Bool { since != nil }

    package func elapsed(at now: Instant) -> Duration {
        passed + (since.map { max(now - $0, .zero) } ?? .zero)
    }

    /// When it shows this time; nil while it does not run.
    package func instant(of time: Duration) -> Instant? { since.map { $0 + (time - passed) } }

    mutating func start(at now: Instant) { since = since ?? now }

    /// Takes what has passed into what is stored: the next agent goes on from here.
    mutating func tick(at now: Instant) {
        passed = elapsed(at: now)
        since = since.map { max($0, now) }
    }

    /// Another agent, or another boot: what passed in between does not count.
    mutating func resume(at now: Instant) {
        if isRunning { since = now }
    }
}

/// Why a rollout failed.
package struct RolloutFailure: Sendable, Hashable, Codable {
    /// One word, CamelCase: `HealthyDeadline`, `ProgressDeadline`, `Exits`, `Unhealthy`, `GaveUp`,
    /// `CannotStart`.
    package var reason: String
    /// In words.
    package var message: String
    package var replica: ReplicaID?
    package var run: RunID?
    package var exit: ExitReport?
    /// What a probe saw last.
    package var probe: String?
    /// The end of what the run wrote to stderr; nil until it was read.
    package var errors: [String]?
    /// The run was in its replica's second slot; nil: in the first. Optional, like all that came later.
    package var isSecond: Bool?

    /// Lines of stderr that are kept.
    package static let errorLinesMax = 20

    package init(
        reason: String, message: String, slot: SlotID? = nil, run: RunID? = nil,
        exit: ExitReport? = nil, probe: String? = nil
    ) {
        self.reason = reason
        self.message = message
        self.replica = slot?.replica
        self.isSecond = slot?.isSecond == true ? true : nil
        self.run = run
        self.exit = exit
        self.probe = probe
        self.errors = nil
    }
}
