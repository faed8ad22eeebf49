import Manifests
package import Reconciler

/// One life of one replica's process, as far as it is remembered.
package struct RunDocument: Codable, Sendable, Hashable {
    package var runId: String
    package var instance: String
    /// `web/0`.
    package var replica: String
    package var node: String
    package var unit: String
    package var revision: RevisionDocument
    package var specHash: String
    package var startHash: String
    /// `live`, `ended`, or `unknown`: it began, and it is not known whether it goes on.
    package var state: String
    /// Of a live one.
    package var phase: String?
    package var ready: Bool?
    package var pid: Int32?
    package var claimedAt: Timestamp
    /// nil: it never was seen to execute.
    package var startedAt: Timestamp?
    package var endedAt: Timestamp?
    /// From its start to its end, or to now.
    package var seconds: Double?
    package var exit: RunExitDocument?
    /// Why it was started; of a live one.
    package var cause: CauseDocument?
    /// How it ended, or what it is at; "" where it simply runs.
    package var reason: String

    package init(_ entry: RunHistoryEntry, status: ReplicaStatus?, in state: AgentState) {
        let live = entry.exit == nil ? state.observed.runs[entry.slot].filter { $0.id == entry.run } : nil
        runId = entry.run.text
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
        if let began, let end {
            seconds = Double(max(0, end.nanoseconds - began.nanoseconds) / 1_000_000) / 1_000
        }
        exit = entry.exit.map(RunExitDocument.init)
        cause = live.map { CauseDocument($0.startCause) }
        reason =
            entry.exit?.text ?? own?.reason
            ?? (live == nil ? "it began, and whether it goes on is not known" : "")
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

    init(_ run: RunDocument, events: [EventDocument]) {
        apiVersion = WireFormat.apiVersion
        kind = "Run"
        self.run = run
        self.events = events
    }
}

extension Optional {
    fileprivate func filter(_ isWanted: (Wrapped) -> Bool) -> Wrapped? {
        flatMap { isWanted($0) ? $0 : nil }
    }
}
