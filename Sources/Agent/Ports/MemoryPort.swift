package import Reconciler

/// What the loop asks of whoever remembers.
package protocol MemoryPort: Sendable {
    func load() async throws -> Remembered
    /// Durable when it returns, where the batch holds more than events.
    func commit(_ batch: MemoryBatch) async throws
    /// Lines of a Schedule's history that are to go: more than so many, or older than this.
    func expiredRuns(
        of schedule: String, keep: Int, keepFailed: Int, before: WallTime
    ) async throws -> [ScheduledRun]
    /// Every Schedule that has a line in the history.
    func schedulesInHistory() async throws -> [String]
}

/// What an earlier agent left.
package struct Remembered: Sendable {
    package var memory: Memory
    package var accepted: AcceptedSource?
    /// Runs that were claimed and whose end was never stored.
    package var openRuns: [RunID]
    /// The boot in which it was written; nil on a first start.
    package var bootID: String?
    /// Why the store had to be made anew, with what was set aside; nil if it was found well.
    package var rebuilt: String?
    /// The branch that was chosen at the first start.
    package var ref: String?
    /// Holds, approvals, suspension; nil on a first start.
    package var gates: GateMemory?
    /// Where the history of specs and of the accepted revision goes on.
    package var openSpecs: [OpenSpec] = []
    package var trace: RevisionTrace?
    /// Up to where every commit is verified, in the verifier's own words.
    package var trustFrontier: String?
    /// What was remembered for others by a name of theirs, `notify.…`.
    package var notes: [String: String]
    package var schedules: [String: ScheduleMemory] = [:]

    package init(
        memory: Memory = Memory(), accepted: AcceptedSource? = nil, openRuns: [RunID] = [],
        bootID: String? = nil,
        rebuilt: String? = nil, ref: String? = nil, gates: GateMemory? = nil, trustFrontier: String? = nil,
        notes: [String: String] = [:]
    ) {
        self.memory = memory
        self.accepted = accepted
        self.openRuns = openRuns
        self.bootID = bootID
        self.rebuilt = rebuilt
        self.ref = ref
        self.gates = gates
        self.trustFrontier = trustFrontier
        self.notes = notes
    }
}

/// One cycle's worth of what must be remembered; written in one transaction.
package struct MemoryBatch: Sendable {
    package var claims: [RunClaimed] = []
    package var starts: [(run: RunID, identity: RunIdentity)] = []
    package var exits: [(run: RunID, exit: ExitReport)] = []
    /// nil: forgotten.
    package var memories: [(instance: String, memory: InstanceMemory?)] = []
    package var events: [EventRecord] = []
    package var accepted: AcceptedSource?
    package var revisions: [RevisionOutcome] = []
    package var bootID: String?
    /// What the gates remember, where that changed.
    package var gates: GateMemory?
    package var specs: [SpecChange] = []
    package var traces: [RevisionTrace] = []
    package var schedules: [ScheduleRemembered] = []
    package var scheduledRuns: [ScheduledRun] = []
    package var forgottenRuns: [RunID] = []

    package init() {}

    /// Events that wait at most for a store that cannot be written.
    static let keptEventsMax = 10_000

    package var isEmpty: Bool {
        claims.isEmpty && starts.isEmpty && exits.isEmpty && memories.isEmpty && events.isEmpty
            && accepted == nil && revisions.isEmpty && bootID == nil && gates == nil && specs.isEmpty
            && traces.isEmpty && schedules.isEmpty && scheduledRuns.isEmpty && forgottenRuns.isEmpty
    }

    /// Adds what came later; of two memories of one Instance the later one counts.
    mutating func append(_ later: MemoryBatch) {
        claims += later.claims
        starts += later.starts
        exits += later.exits
        let names = Set(later.memories.map(\.instance))
        memories = memories.filter { !names.contains($0.instance) } + later.memories
        // While nothing can be stored, only the newest history is kept for later; all else decides what runs.
        events = Array((events + later.events).suffix(Self.keptEventsMax))
        accepted = later.accepted ?? accepted
        revisions += later.revisions
        bootID = later.bootID ?? bootID
        gates = later.gates ?? gates
        specs = Array((specs + later.specs).suffix(Self.keptEventsMax))
        traces = Array((traces + later.traces).suffix(Self.keptEventsMax))
        append(schedulesOf: later)
    }

    private mutating func append(schedulesOf later: MemoryBatch) {
        for var change in later.schedules {
            if let index = schedules.firstIndex(where: { $0.schedule == change.schedule }) {
                change.isDeclared = change.isDeclared || schedules[index].isDeclared
                schedules.remove(at: index)
            }
            schedules.append(change)
        }
        let newer = Set(later.scheduledRuns.map(\.id))
        scheduledRuns = Array(
            (scheduledRuns.filter { !newer.contains($0.id) } + later.scheduledRuns).suffix(Self.keptEventsMax)
        )
        forgottenRuns += later.forgottenRuns
    }
}

/// What of one Schedule is to be remembered.
package struct ScheduleRemembered: Sendable {
    package var schedule: String
    /// nil: it is forgotten.
    package var memory: ScheduleMemory?
    /// What is declared changed, and not only its state.
    package var isDeclared: Bool
}

/// A run that is about to be started.
package struct RunClaimed: Sendable {
    package var run: RunID
    package var slot: SlotID
    package var spec: InstanceSpec
    package var nonce: String
    package var revision: Revision
    package var claimedWall: WallTime
    package var bootID: String
}

/// The accepted snapshot, whole: an agent that starts without its repository goes on with it.
package struct AcceptedSource: Sendable {
    package var revision: Revision
    package var acceptedAt: WallTime
    private let form: Form

    private enum Form {
        case encoded([UInt8])
        case whole(SourceContent)
    }

    /// `SourceContent.encoded()`: made only where it is asked for, because some MB take their time.
    package var content: [UInt8] {
        switch form {
        case .encoded(let bytes): bytes
        case .whole(let content): content.encoded()
        }
    }

    package init(revision: Revision, acceptedAt: WallTime, content: [UInt8]) {
        self.revision = revision
        self.acceptedAt = acceptedAt
        form = .encoded(content)
    }

    package init(revision: Revision, acceptedAt: WallTime, source: SourceContent) {
        self.revision = revision
        self.acceptedAt = acceptedAt
        form = .whole(source)
    }
}

/// What became of a revision that was seen.
package struct RevisionOutcome: Sendable {
    package var revision: Revision
    package var outcome: Revision.Outcome
    package var message: String
    package var at: WallTime
}
