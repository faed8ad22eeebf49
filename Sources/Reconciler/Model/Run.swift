/// What the Supervisor is asked to start.
package struct RunRequest: Sendable {
    package var run: RunID
    package var slot: SlotID
    package var spec: InstanceSpec
    /// The revision that brought this start hash; told to the process, no part of the hash.
    package var revision: RevisionID
    /// Kept beside the slot and given back on adoption; opaque to the Supervisor. Holds no secret.
    package var memo: [UInt8]
    /// What it is started for, where it is a Schedule's; nil: it is an Instance's.
    package var scheduled: ScheduledLaunch?

    package init(run: RunID, slot: SlotID, spec: InstanceSpec, revision: RevisionID, memo: [UInt8]) {
        self.run = run
        self.slot = slot
        self.spec = spec
        self.revision = revision
        self.memo = memo
    }
}

/// What a run of a Schedule is told beside all others.
package struct ScheduledLaunch: Sendable, Hashable {
    package var schedule: String
    package var trigger: ScheduledRun.Trigger
    package var nominal: WallTime
    package var attempt: Int

    package init(schedule: String, trigger: ScheduledRun.Trigger, nominal: WallTime, attempt: Int) {
        self.schedule = schedule
        self.trigger = trigger
        self.nominal = nominal
        self.attempt = attempt
    }
}

/// What proves that a process is the one that was started.
package struct RunIdentity: Sendable, Hashable, Codable {
    package var bootID: String
    package var pid: Int32
    /// Field 22 of `/proc/<pid>/stat`: clock ticks since boot.
    package var startTime: UInt64
    package var keeperPID: Int32
    package var startedAt: Instant
    package var startedWall: WallTime

    package init(
        bootID: String, pid: Int32, startTime: UInt64, keeperPID: Int32, startedAt: Instant,
        startedWall: WallTime
    ) {
        self.bootID = bootID
        self.pid = pid
        self.startTime = startTime
        self.keeperPID = keeperPID
        self.startedAt = startedAt
        self.startedWall = startedWall
    }
}

/// How a run ended, as its keeper saw it, or why nobody saw it.
package struct ExitReport: Sendable, Hashable, Codable {
    package enum Cause: Sendable, Hashable, Codable {
        case exited(code: Int32)
        case signaled(number: Int32, coreDumped: Bool)
        /// The program never began: the step that failed (`exec`, `chdir`, …), its errno, and both in words.
        case startFailed(step: String, errno: Int32, message: String)
        /// The keeper was killed; the tree was ended.
        case keeperLost
        /// The host was started anew.
        case rebooted
    }
    package var cause: Cause
    /// The OOM killer ended its main process.
    package var oomKilled: Bool
    /// How many processes of its tree the OOM killer ended, the main one among them; nil: nobody counted.
    package var oomKills: UInt64?
    package var startedWall: WallTime?
    package var endedWall: WallTime
    /// The same on the boot's own clock, which nobody sets; nil where nobody saw it.
    package var startedAt: Instant?
    package var endedAt: Instant?
    /// False: something of its tree may still live (`TreeUnproven`).
    package var treeProvenEmpty: Bool
    package var lostLogBytes: UInt64
    package var cpuTime: Duration
    package var memoryPeakBytes: UInt64

    package init(
        cause: Cause, oomKilled: Bool = false, oomKills: UInt64? = nil, startedWall: WallTime? = nil,
        endedWall: WallTime,
        treeProvenEmpty: Bool = true, lostLogBytes: UInt64 = 0, cpuTime: Duration = .zero,
        memoryPeakBytes: UInt64 = 0
    ) {
        self.cause = cause
        self.oomKilled = oomKilled
        self.oomKills = oomKills
        self.startedWall = startedWall
        self.endedWall = endedWall
        self.treeProvenEmpty = treeProvenEmpty
        self.lostLogBytes = lostLogBytes
        self.cpuTime = cpuTime
        self.memoryPeakBytes = memoryPeakBytes
    }

    /// The step of a start that failed because the agent ended before a keeper had the run.
    package static let handoverStep = "handover"

    /// Nothing of it ran, and neither the program nor the host is to blame.
    package var wasNeverHandedOver: Bool {
        if case .startFailed(Self.handoverStep, _, _) = cause { true } else { false }
    }

    package var isSuccess: Bool { cause == .exited(code: 0) }
}

/// What a slot held when the agent came back.
package struct AdoptedRun: Sendable {
    package enum State: Sendable {
        case live(RunIdentity)
        case exited(ExitReport)
        /// The lock is held and nobody answers: left alone, never doubled.
        case unknown(reason: String)
    }
    package var run: RunID
    package var slot: SlotID
    package var memo: [UInt8]
    package var state: State

    package init(run: RunID, slot: SlotID, memo: [UInt8], state: State) {
        self.run = run
        self.slot = slot
        self.memo = memo
        self.state = state
    }
}

package enum ProbeKind: String, Sendable, Hashable, Codable { case startup, readiness, liveness }

/// What the Supervisor tells of runs. Each run ends with exactly one `exited`.
package enum RunEvent: Sendable {
    case started(RunID, RunIdentity)
    /// A probe crossed its threshold; `detail` says what was seen (`HTTP 503 from :8080/healthz`).
    case probeChanged(RunID, ProbeKind, passing: Bool, detail: String)
    /// A probe failed for the first time since it passed, below its threshold; nil: it passes again.
    case probeFaltered(RunID, ProbeKind, detail: String?)
    /// What the run says of itself has changed.
    case notified(RunID, RunNotice)
    /// The run is over, its tree ended, its record durable; the slot is free once it is acknowledged.
    case exited(RunID, ExitReport)
    /// Something of a stop failed; it goes on with its next step.
    case stopStepFailed(RunID, message: String)
    /// Output was dropped, in total so far.
    case logLost(RunID, bytes: UInt64)
    /// So many processes of the run's tree were killed for want of memory, in total so far.
    case memoryKills(RunID, total: UInt64)
    /// The keeper does not answer and its lock is held.
    case unknown(RunID, reason: String)
    /// Something about a live run that is not as declared. It replaces what was found of the same kind, and
    /// an empty reason takes it back.
    case found(RunID, RunFinding)
    /// Changes of programs and groups are not noticed at once any more, and why; nil: they are again.
    case unwatched(reason: String?)
}

/// What a run says of itself over its notify socket, for status.
package struct RunNotice: Sendable, Hashable, Codable {
    /// `STATUS=`, one printable line.
    package var status: String
    package var isReady: Bool
    package var isReloading: Bool
    package var isStopping: Bool
    /// Messages of processes that are none of the run's.
    package var refusedMessages: Int
    package var unreadableMessages: Int
    /// It named another main process, which is not acted on.
    package var isMainPidIgnored: Bool
    /// Descriptors that it has stored for the next run, and how many were not because there were too many;
    /// nil is none.
    package var storedDescriptors: Int?
    package var refusedDescriptors: Int?

    package init(
        status: String = "", isReady: Bool = false, isReloading: Bool = false, isStopping: Bool = false,
        refusedMessages: Int = 0, unreadableMessages: Int = 0, isMainPidIgnored: Bool = false,
        storedDescriptors: Int? = nil, refusedDescriptors: Int? = nil
    ) {
        self.storedDescriptors = storedDescriptors
        self.refusedDescriptors = refusedDescriptors
        self.status = status
        self.isReady = isReady
        self.isReloading = isReloading
        self.isStopping = isStopping
        self.refusedMessages = refusedMessages
        self.unreadableMessages = unreadableMessages
        self.isMainPidIgnored = isMainPidIgnored
    }
}

/// What is wrong with a live run, or not as declared, without being a matter of its probes.
package struct RunFinding: Sendable, Hashable, Codable {
    /// `LimitsDegraded`, `SandboxDegraded`, `Stale`, `Drifted`, `TreeUnproven`.
    package var kind: Condition.Kind
    /// One word, CamelCase; "": there is nothing of this kind any more.
    package var reason: String
    package var message: String

    package init(kind: Condition.Kind, reason: String, message: String) {
        self.kind = kind
        self.reason = reason
        self.message = message
    }
}
