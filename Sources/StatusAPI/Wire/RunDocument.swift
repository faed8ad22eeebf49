import Manifests
package import Reconciler

/// A run, as far as it is remembered: one life of a replica's process, or a line of a Schedule's history.
package struct RunDocument: Codable, Sendable, Hashable {
    /// Of a Schedule's, that of its first process; where none was started, of the record.
    package var runId: String
    /// `instance` or `schedule`: whose it is.
    package var kind: String
    /// nil of a Schedule's.
    package var instance: String?
    /// `web/0`; nil of a Schedule's.
    package var replica: String?
    /// nil of an Instance's.
    package var schedule: String?
    package var node: String
    /// nil of a Schedule's that starts nothing, or was another at that time.
    package var unit: String?
    package var revision: RevisionDocument
    package var specHash: String?
    package var startHash: String?
    /// Of an Instance's: `live`, `ended`, or `unknown`: it began, and it is not known whether it goes on. Of
    /// a Schedule's: `queued`, `waiting`, `starting`, `running`, `stopping`; and over `succeeded`, `failed`,
    /// `timedOut`, `replaced`, `stopped`, `lost`, `missed`, `skipped`, `forbidden`.
    package var state: String
    /// Of a live one.
    package var phase: String?
    package var ready: Bool?
    package var pid: Int32?
    /// When it was recorded.
    package var claimedAt: Timestamp
    /// nil: it never was seen to execute.
    package var startedAt: Timestamp?
    package var endedAt: Timestamp?
    /// From its start to its end; of an Instance's that is live to now.
    package var seconds: Double?
    /// How its newest process ended.
    package var exit: RunExitDocument?
    /// Why it was started; of a live one.
    package var cause: CauseDocument?
    /// How it ended, what it is at, or why nothing was started; "" where it simply runs.
    package var reason: String

    // Of a Schedule's alone.
    /// `Missed`, `Forbidden`, `DeadlinePassed`, `TimedOut`, …
    package var reasonCode: String?
    /// What to do about it.
    package var remedy: String?
    /// `time`, `catchUp`, `event`, `path` or `nonce`.
    package var trigger: String?
    /// When it was to begin, by the calendar alone; of what no clock triggered, when it was triggered.
    package var nominalAt: Timestamp?
    /// `nominalAt` as clocks in the Schedule's time zone show it; nil where the zone is not known.
    package var nominalLocal: String?
    /// With its jitter; nil: the same.
    package var dueAt: Timestamp?
    /// How long after it was due it began; negative where the clock was set back meanwhile.
    package var lateSeconds: Double?
    /// 1 is the first.
    package var attempt: Int?
    /// Of what was not started: for how many times of the calendar this stands, and the last of them; nil:
    /// for one.
    package var count: Int?
    package var untilAt: Timestamp?

    package init(_ entry: RunHistoryEntry, status: ReplicaStatus?, in state: AgentState) {
        let live = entry.exit == nil ? state.observed.runs[entry.slot].filter { $0.id == entry.run } : nil
        runId = entry.run.text
        kind = Self.instanceKind
        instance = entry.slot.instance
        replica = entry.slot.replica.description
        node = state.node.name
        unit = entry.unit
        revision = RevisionDocument(entry.revision)
        specHash = entry.specHash.hex
        startHash = entry.startHash.hex
        self.state = entry.exit != nil ? "ended" : live != nil ? "live" : "unknown"
        let own = live == nil ? nil : status
        phase = own?.phase.rawValue
        ready = own?.ready
        pid = live?.identity?.pid
        claimedAt = Timestamp(entry.claimedAt)
        let identity = live?.identity ?? entry.identity
        let began =
            live?.identity.map { state.startedWall(of: $0) } ?? entry.exit?.startedWall
            ?? identity?.startedWall
        startedAt = began.map(Timestamp.init)
        endedAt = entry.exit.map { Timestamp($0.endedWall) }
        let end = entry.exit?.endedWall ?? (live == nil ? nil : state.nowWall)
        seconds = Self.seconds(from: began, to: end)
        exit = entry.exit.map(RunExitDocument.init)
        cause = live.map { CauseDocument($0.startCause) }
        reason =
            entry.exit?.text ?? own?.reason
            ?? (live == nil ? "it began, and whether it goes on is not known" : "")
    }

    /// - Parameter schedule: as it is declared now; nil: it is declared no longer.
    package init(
        _ run: ScheduledRun, of schedule: DesiredSchedule?, in state: AgentState,
        _ source: some ScheduleSource
    ) {
        runId = run.id.text
        kind = Self.scheduleKind
        self.schedule = run.schedule
        node = state.node.name
        if case .run(let spec, _)? = schedule?.action, spec.wrappedValue.specHash == run.specHash {
            unit = spec.wrappedValue.unit
        }
        revision = RevisionDocument(run.revision)
        specHash = run.specHash?.hex
        self.state = run.state.rawValue
        if !run.state.isOver, let newest = run.attempts.last?.run {
            pid = state.observed.runs.values.first { $0.id == newest }?.identity?.pid
        }
        claimedAt = Timestamp(run.recorded)
        startedAt = run.started.map(Timestamp.init)
        let end = run.state.isOver ? run.ended : nil
        endedAt = end.map(Timestamp.init)
        seconds = Self.seconds(from: run.started, to: end)
        exit = run.exit.map(RunExitDocument.init)
        reason = run.state == .running && run.message == nil ? "" : run.text
        reasonCode = run.reason
        remedy = run.remedy
        trigger = run.trigger.rawValue
        nominalAt = Timestamp(run.nominal)
        nominalLocal = schedule.flatMap { ZonedTime.text(run.nominal, $0.timezone, source) }
        dueAt = run.due.flatMap { $0 == run.nominal ? nil : Timestamp($0) }
        lateSeconds = run.lateness.map { Double($0.nanoseconds / 1_000_000) / 1_000 }
        attempt = run.attempt
        count = run.count
        untilAt = run.until.map(Timestamp.init)
    }

    package static let instanceKind = "instance"
    package static let scheduleKind = "schedule"

    private static func seconds(from start: WallTime?, to end: WallTime?) -> Double? {
        guard let start, let end else { return nil }
        return Double(max(0, end.nanoseconds &- start.nanoseconds) / 1_000_000) / 1_000
    }
}

package struct RunExitDocument: Codable, Sendable, Hashable {
    /// `exit code 1`, `killed by SIGKILL (out of memory)`.
    package var text: String
    package var code: Int32?
    package var signal: Int32?
    package var at: Timestamp
    /// The OOM killer ended its main process.
    package var oomKilled: Bool
    package var cpuSeconds: Double
    package var memoryPeakBytes: UInt64
    /// Of its output, in no log.
    package var lostLogBytes: UInt64

    init(_ report: ExitReport) {
        let plain = ExitDocument(report)
        text = plain.text
        code = plain.code
        signal = plain.signal
        at = plain.at
        oomKilled = report.oomKilled
        cpuSeconds = Double(report.cpuTime.nanoseconds / 1_000_000) / 1_000
        memoryPeakBytes = report.memoryPeakBytes
        lostLogBytes = report.lostLogBytes
    }
}

/// `/v1/runs/{id}`: a run, and what happened to it.
package struct RunDetailDocument: Codable, Sendable {
    package var apiVersion: String
    package var kind: String
    package var run: RunDocument
    /// The oldest first.
    package var events: [EventDocument]
    /// The processes of a Schedule's run, the newest last; nil of an Instance's, like what follows.
    package var attempts: [RunAttemptDocument]?
    /// What it wrote last to standard error, 4 KiB at most; for those who may read logs.
    package var stderr: String?
    /// What it left in its output directory, by path.
    package var output: [OutputFileDocument]?
    /// Where the logs and the output of its newest process are kept on the node, until the history drops it.
    package var directory: String?

    init(_ run: RunDocument, events: [EventDocument]) {
        apiVersion = WireFormat.apiVersion
        kind = "Run"
        self.run = run
        self.events = events
    }
}

package struct RunAttemptDocument: Codable, Sendable, Hashable {
    /// Of its process.
    package var runId: String
    /// nil: it never was seen to execute.
    package var startedAt: Timestamp?
    package var endedAt: Timestamp?
    package var exit: RunExitDocument?
    /// Where its logs and its output are kept on the node; nil while it runs.
    package var directory: String?

    init(_ attempt: ScheduledRun.Attempt) {
        runId = attempt.run.text
        startedAt = attempt.started.map(Timestamp.init)
        endedAt = attempt.ended.map(Timestamp.init)
        exit = attempt.exit.map(RunExitDocument.init)
    }
}

package struct OutputFileDocument: Codable, Sendable, Hashable {
    package var path: String
    package var bytes: UInt64

    init(_ file: ScheduledRun.OutputFile) {
        path = file.path
        bytes = file.bytes
    }
}

extension Optional {
    fileprivate func filter(_ isWanted: (Wrapped) -> Bool) -> Wrapped? {
        flatMap { isWanted($0) ? $0 : nil }
    }
}
