package import Reconciler

/// What the wiring tells the loop about this host and its source.
package struct AgentSettings: Sendable {
    package var node: Node
    package var repository: String
    package var ref: String
    package var path: String
    package var stateDir: String
    package var gates: GateSettings
    /// Where a repository elsewhere is read; nil for one on this host.
    package var mirror: String?
    /// Which commit is followed; nil is HEAD's branch.
    package var selection: RefSelection?
    /// The accepted commit may be lost without anybody's word.
    package var allowsRewind = false
    /// Where others reach what runs here; nil: on this host alone.
    package var address: String?
    /// How long a package that nothing needs is kept.
    package var packageRetention: Duration = .seconds(86_400)

    package init(
        node: Node, repository: String, ref: String, path: String, stateDir: String,
        gates: GateSettings = GateSettings(), mirror: String? = nil
    ) {
        self.node = node
        self.repository = repository
        self.ref = ref
        self.path = path
        self.stateDir = stateDir
        self.gates = gates
        self.mirror = mirror
    }
}

/// The one loop: takes events, changes the world synchronously, plans, stores what must be durable, performs.
/// Performing has no choice left in it; what takes time runs beside the loop and comes back as an event.
package actor AgentLoop {
    let settings: AgentSettings
    let runs: any RunPort
    let store: any MemoryPort
    let clock: any ClockPort
    let calendar: any CalendarPort
    /// nil: every commit is believed.
    let trust: (any TrustPort)?
    let reader: RevisionReader
    nonisolated let mailbox = Mailbox()

    var world = World()
    var resolver = Resolver()
    /// Schedules, and what is under way of them.
    var schedules = Schedules()
    /// Schedules whose history may hold more than it should, and when that is looked at.
    var historyDue: (at: Instant, names: Set<String>, isAll: Bool)?
    var conditions = Conditions()
    var gates: Gatekeeper
    /// What the gates hold, as it was read; nil where nothing is held or it was not read in this life.
    var candidate: Candidate?
    /// Commits whose word on what is held was not enough, which was said.
    var refusedApprovals: Set<RevisionID> = []
    /// What no gate holds and is not its turn yet.
    var paced: (candidate: Candidate, wait: PacedRevision)?
    /// Follows what is wanted, for those who ask later what became of it.
    var recorder = HistoryRecorder()
    var source: SourceStatus
    var batch = MemoryBatch()
    /// Runs whose exit is in `batch`: acknowledged once it is durable.
    var ended: [RunID] = []
    /// The acknowledgements that are under way.
    var acknowledging: Task<Void, Never>?
    /// The newest live change of each run, done or under way.
    var updating: [RunID: Task<Void, Never>] = [:]
    var waiting: [Waiting] = []
    var startedWall: WallTime
    var isReady = false
    /// The revision that is being read; the newest one that was seen meanwhile.
    var reading: RevisionID?
    var next: Revision?
    /// Why the repository cannot be read, and why it cannot be fetched: each ends by itself.
    var readFailure: SourceFailure?
    /// The revision that could not be read, though the ref that names it can be.
    var unreadRevision: RevisionID?
    var fetchFailure: SourceFailure?
    /// Why it is not known yet whether it can be read.
    var silence: SourceFailure?
    /// The rewind that waits for somebody's word.
    var waitingRewind: Rewind?
    /// The accepted revision was read from the repository in this life, under the settings of this life.
    var isAcceptedRead = false
    /// Who is trusted changed since the newest revision was judged.
    var mustJudgeAgain = false
    /// Whom nobody can tell how commits stand, and why not.
    var notifyTroubles: [String: String] = [:]
    /// Told after each turn that something may be different; must not wait.
    private let onTurn: @Sendable () -> Void
    var isRetryingTrust = false
    /// What an earlier agent stored of the accepted revision, until that is read once more.
    var storedContent: SourceContent?
    /// Set by `stopRequested`; true once nothing is left to wait for.
    var stopMode: StopMode?
    var timer: (at: Instant, task: Task<Void, Never>)?
    /// Answers to be given once the batch is durable.
    var replies: [(reply: ControlReply, outcome: ControlOutcome)] = []
    var storeFailing = false
    var isRetryingCommit = false
    /// When the packages are to be looked at next; nil: nothing has changed that could free one.
    var packagesDue: Instant?
    /// What is held for the Instances; nil until that was told once.
    private var held: HeldResources?
    /// What was done so far, for metrics.
    package internal(set) var meters: LoopMeters
    /// How long the last plan took.
    private var planning = Duration.zero
    /// Of which world the last plan was, and when it wants to be looked at again.
    private var planned: (version: UInt64, wakeAt: Instant?)?
    /// Runs of which nothing is known but their slots, and of which nothing that was accepted speaks yet.
    var nameless: [AdoptedRun] = []
    /// Oneshots are held because the store that knew of their success is lost.
    var holdsOneshots: String?

    enum StopMode { case keepRuns, stopRuns }

    package init(
        settings: AgentSettings, runs: any RunPort, store: any MemoryPort, source: any SourcePort,
        clock: any ClockPort, calendar: any CalendarPort = AlwaysOpen(), trust: (any TrustPort)? = nil,
        onTurn: @escaping @Sendable () -> Void = {}
    ) {
        self.settings = settings
        self.runs = runs
        self.store = store
        self.clock = clock
        self.calendar = calendar
        gates = Gatekeeper(settings: settings.gates)
        self.trust = trust
        self.onTurn = onTurn
        reader = RevisionReader(source: source)
        self.source = SourceStatus(
            repository: settings.repository, ref: settings.ref, path: settings.path)
        self.source.mirror = settings.mirror
        let moment = clock.now()
        startedWall = moment.wall
        meters = LoopMeters(began: moment.instant)
    }

    /// Tells the loop that something happened. Never blocks.
    package nonisolated func post(_ event: AgentEvent) { mailbox.post(event) }

    /// Goes on until `stopRequested` is done or the task is cancelled.
    package func run() async throws {
        try await open()
        await cycle([])
        while !isFinished {
            let events = await mailbox.next()
            if events.isEmpty { break }
            await cycle(events)
            await rest()
        }
        timer?.task.cancel()
        note(.agentStopped, "agent stopped; \(world.observed.runs.count) runs go on")
        collectChanges()
        if await commitBatch() { acknowledgeEnded() }
        await acknowledging?.value
        await runs.close()
    }

    private var isFinished: Bool {
        switch stopMode {
        case nil: return false
        case .keepRuns: return true
        case .stopRuns:
            // What cannot be proven cannot be stopped; waiting for it would be waiting for ever.
            return schedules.liveRuns.allSatisfy { $0.isUnproven == true }
                && world.observed.runs.values.allSatisfy { run in
                    if case .unknown = run.phase { true } else { false }
                }
        }
    }

    /// One turn: apply, plan, make durable, perform.
    private func cycle(_ events: [AgentEvent]) async {
        let begun = clock.now().instant
        for event in events { apply(event) }
        let moment = clock.now()
        adoptNameless(at: moment)
        weighAgain(at: moment)
        let orders = lookAtSchedules(at: moment)
        let isDue = isPlanDue(at: moment)
        let work = isDue ? planAnew(at: moment) : Work()
        recorder.planned(at: clock.now())
        updateConditions(at: moment, ofRuns: isDue)
        collectChanges()
        let durable = await commitBatch()
        answerCallers(durable: durable)
        if isDue { await hold() }
        perform(work, durable: durable)
        perform(orders, durable: durable)
        becomeReady()
        collectPackagesWhenDue(at: moment)
        trimHistoryWhenDue(at: moment)
        let gate = gates.wakeAt(hasCandidate: candidate != nil, at: moment.instant)
        let firing = stopMode == nil ? schedules.wakeAt(moment) : nil
        setTimer(
            [planned?.wakeAt, gate, paced?.wait.until, packagesDue, firing, historyDue?.at]
                .compactMap { $0 }.min())
        meters.turned(in: clock.now().instant - begun)
        onTurn()
    }

    /// Before anything is prepared or started that needs it.
    private func hold() async {
        let resources = world.heldResources
        guard resources != held else { return }
        held = resources
        await runs.hold(resources)
    }

    private func becomeReady() {
        guard !isReady else { return }
        isReady = true
        conditions.clear(.ready)
    }

    /// Most events (a ref that moved, a question) change nothing that is planned by: with ten thousand
    /// Instances a plan is dear.
    private func isPlanDue(at moment: Moment) -> Bool {
        guard let planned, planned.version == world.version else { return true }
        return planned.wakeAt.map { $0 <= moment.instant } ?? false
    }

    private func planAnew(at moment: Moment) -> Work {
        let begin = clock.now().instant
        world.advanceRollouts(at: moment)
        let version = world.version
        let plan =
            stopMode == .keepRuns
            ? Plan() : Reconciler.plan(observed: world.observed, memory: world.memory, at: moment.instant)
        planned = (version, plan.wakeAt)
        planning = clock.now().instant - begin
        meters.planned(in: planning)
        waiting = plan.waiting
        return take(plan, at: moment)
    }

    /// Lets events gather for as long as the last plan took, so that planning never takes more than half of
    /// a core while a thousand runs report one by one. On a host with few runs it is no time at all.
    private func rest() async {
        guard planning > Self.restMin else { return }
        await clock.sleep(until: clock.now().instant + min(planning, Self.restMax))
    }

    static let restMin = Duration.microseconds(500)
    static let restMax = Duration.milliseconds(20)

    private func setTimer(_ at: Instant?) {
        if timer?.at == at { return }
        timer?.task.cancel()
        timer = nil
        guard let at else { return }
        let (clock, mailbox) = (clock, mailbox)
        let task = Task {
            await clock.sleep(until: at)
            if !Task.isCancelled { mailbox.post(.timerFired) }
        }
        timer = (at, task)
    }

    func note(
        _ kind: EventRecord.Kind, _ message: String, instance: String? = nil, revision: Revision? = nil
    ) {
        world.note(
            EventRecord(
                kind: kind, time: clock.now().wall, instance: instance, revision: revision, message: message))
    }
}
