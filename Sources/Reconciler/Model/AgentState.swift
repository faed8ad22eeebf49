/// Everything that can be shown of an agent at one moment: a value, taken from the loop and handed to whoever
/// shows it.
package struct AgentState: Sendable {
    package var node: Node
    package var version: String
    /// Where the agent keeps what must last, logs among it.
    package var stateDir: String
    package var bootID: String
    package var startedWall: WallTime
    /// Runs are adopted and a first plan is made.
    package var isReady: Bool
    package var source: SourceStatus
    package var conditions: [Condition]
    package var desired: Desired?
    package var observed: Observed
    package var memory: Memory
    package var waiting: [Waiting]
    /// When this value was taken.
    package var now: Instant
    package var nowWall: WallTime
    package var gates: GateStatus
    /// Where others reach what runs here; nil: on this host alone.
    package var address: String?
    /// nil: none are known.
    package var schedules: Schedules?

    package init(
        node: Node, version: String, stateDir: String = "", bootID: String, startedWall: WallTime,
        isReady: Bool,
        source: SourceStatus, conditions: [Condition], desired: Desired?, observed: Observed, memory: Memory,
        waiting: [Waiting], now: Instant, nowWall: WallTime,
        gates: GateStatus = GateStatus()
    ) {
        self.node = node
        self.version = version
        self.stateDir = stateDir
        self.bootID = bootID
        self.startedWall = startedWall
        self.isReady = isReady
        self.source = source
        self.conditions = conditions
        self.desired = desired
        self.observed = observed
        self.memory = memory
        self.waiting = waiting
        self.now = now
        self.nowWall = nowWall
        self.gates = gates
    }

    /// When a process began, by the clock as it is now: one that was set since does not make runs ten years
    /// old. What was read then is kept as long as it is near, so that it does not waver.
    package func startedWall(of identity: RunIdentity) -> WallTime {
        let derived = wall(of: identity.startedAt)
        let apart = abs(derived.nanoseconds - identity.startedWall.nanoseconds)
        return apart < Self.clockSlack.nanoseconds ? identity.startedWall : derived
    }

    private static let clockSlack = Duration.seconds(2)

    /// The wall-clock time of an instant of this boot.
    package func wall(of instant: Instant) -> WallTime {
        WallTime(nanoseconds: nowWall.nanoseconds + (instant.nanoseconds - now.nanoseconds))
    }
}

package struct SourceStatus: Sendable, Hashable, Codable {
    package var repository: String
    package var ref: String
    package var path: String
    /// The newest snapshot that was trusted, valid and not held.
    package var accepted: Revision?
    package var acceptedAt: WallTime?
    /// The commit that the ref names now.
    package var seen: Revision?
    /// Why `seen` was not accepted: rendered diagnostics, at most `SourceStatus.diagnosticsMax`.
    package var diagnostics: [String]
    /// Where the repository is read on this host, if it is a mirror of one elsewhere.
    package var mirror: String?
    /// When the mirror last was what the remote is.
    package var fetchedAt: WallTime?

    package static let diagnosticsMax = 50

    package init(
        repository: String, ref: String, path: String, accepted: Revision? = nil, acceptedAt: WallTime? = nil,
        seen: Revision? = nil, diagnostics: [String] = []
    ) {
        self.repository = repository
        self.ref = ref
        self.path = path
        self.accepted = accepted
        self.acceptedAt = acceptedAt
        self.seen = seen
        self.diagnostics = diagnostics
    }
}

package struct Condition: Sendable, Hashable, Codable {
    package enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
        case synced = "Synced"
        case ready = "Ready"
        case progressing = "Progressing"
        case invalid = "Invalid"
        case sourceStale = "SourceStale"
        case sourceRewound = "SourceRewound"
        case suspended = "Suspended"
        case treeUnproven = "TreeUnproven"
        case limitsDegraded = "LimitsDegraded"
        case sandboxDegraded = "SandboxDegraded"
        case logsLost = "LogsLost"
        case stale = "Stale"
        case drifted = "Drifted"
        case driftUnwatched = "DriftUnwatched"
        case storeRebuilt = "StoreRebuilt"
        case storeFailing = "StoreFailing"
        case rolledBack = "RolledBack"
        case rollbackImpossible = "RollbackImpossible"
        case held = "Held"
        case rejected = "Rejected"
        case trustUnavailable = "TrustUnavailable"
        case notifyFailing = "NotifyFailing"
        case schedulesBroken = "SchedulesBroken"
    }
    package var type: Kind
    package var status: Bool
    /// One word, CamelCase.
    package var reason: String
    package var message: String
    package var since: WallTime
    package var observedRevision: RevisionID?

    package init(
        type: Kind, status: Bool, reason: String, message: String, since: WallTime,
        observedRevision: RevisionID? = nil
    ) {
        self.type = type
        self.status = status
        self.reason = reason
        self.message = message
        self.since = since
        self.observedRevision = observedRevision
    }
}
