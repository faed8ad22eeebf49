import Glibc
import KeeperProtocol
import Manifests
import Reconciler

/// What the Supervisor knows of one run, from its request until its end is acknowledged.
struct RunEntry {
    enum Phase: Equatable {
        /// Asked for; whether a keeper has it is not known yet.
        case requested
        /// A keeper has it.
        case starting
        /// Its program is executing.
        case running
        /// The keeper's connection ended without a word; what became of it is being found out.
        case losing
        /// A keeper holds the slot and cannot be reached.
        case unknown
        /// Told to the caller.
        case over
    }

    let slot: Slot
    var phase: Phase
    /// The connection to the keeper; -1 where there is none. The entry owns it.
    var socket: Int32 = -1
    var token: EventLoop.Token?
    var identity: KeeperProtocol.RunIdentity?
    /// Its control group's directory.
    var group: String?
    /// nil for an adopted run until the caller has given its spec.
    var spec: InstanceSpec?
    var revision: RevisionID?
    /// What it is shut in by; nil for an adopted run.
    var sandbox: SandboxRules?
    var isAcknowledged = false
    /// A stop that came before there was a keeper to tell.
    var pendingStop: AgentMessage?
    /// It was asked to end, and is not probed any more.
    var isStopping = false
    /// Looks after a keeper that does not get on with the stop.
    var stopWatch: Task<Void, Never>?
    var lostLogBytes: UInt64 = 0
    var logTroubles: [LogStream: LogTrouble] = [:]
    /// Processes of it that were killed for want of memory; nil: nobody counts.
    var memoryKills: UInt64?
    /// What of its limits is not in force.
    var shortfalls: [LimitShortfall] = []
    var treeProvenEmpty = true
    var probes: RunProbes?
    /// It is asked once in the life of a run, whatever is changed while it lives.
    var isStartupPassed = false
    /// What the run says of itself, for its probes.
    let notices = NotifyFeed()
    /// The same for status; nil until its keeper has spoken of it.
    var notice: RunNotice?
    /// It is told, again, not before this.
    var noticeDue = Instant.zero
    var isNoticePending = false
    /// The keeper's pidfd, while it is watched for want of a connection.
    var keeperPidfd: Int32 = -1
    var keeperToken: EventLoop.Token?
    /// Its keeper has answered a ping.
    var answersPings = false

    /// What it was started as; nil for an adopted run.
    var begun: StartedProgram?
    /// How its process was seen after its start.
    var seen: SeenProcess?
    /// What was told of its drift, by kind; "" or nothing: none.
    var drift: [Condition.Kind: String] = [:]
    /// The agent came back to it: what was seen before is compared with what is there at every look.
    var isReturn = false

    /// Its keeper may have much to tell at once. An adopted run's spec is not known.
    var storesDescriptors: Bool { spec?.process.storesDescriptors ?? true }

    /// It is over, and its keeper is still there: as long as it holds what the run was given.
    var isHolding: Bool { phase == .over && socket >= 0 }

    init(slot: Slot, phase: Phase) {
        self.slot = slot
        self.phase = phase
    }
}

/// All runs that are not over and acknowledged, and whose run each slot has.
struct RunTable {
    private(set) var runs: [RunID: RunEntry] = [:]
    private(set) var current: [SlotID: RunID] = [:]

    subscript(run: RunID) -> RunEntry? {
        get { runs[run] }
        _modify { yield &runs[run] }
    }

    /// nil where the slot's present run is not over.
    mutating func admit(_ run: RunID, _ entry: RunEntry) -> Bool {
        if let present = current[entry.slot.id], let phase = runs[present]?.phase, phase != .over {
            return false
        }
        runs[run] = entry
        current[entry.slot.id] = run
        return true
    }

    mutating func remove(_ run: RunID) -> RunEntry? {
        guard let entry = runs.removeValue(forKey: run) else { return nil }
        if current[entry.slot.id] == run { current[entry.slot.id] = nil }
        return entry
    }
}
