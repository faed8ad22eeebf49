package import Reconciler

/// What the endpoint asks of whoever knows. Nothing here can change anything.
package protocol StatusSource: HistorySource, ScheduleSource {
    /// The agent at this moment, by value.
    func state() async -> AgentState
    /// In ascending order. Without `after` the newest ones that fit, with it the first ones after it.
    func events(_ query: EventHistoryQuery) async throws -> [EventHistoryEntry]
    /// What was wanted of one Instance, the newest first.
    func specs(of instance: String, limit: Int) async throws -> [SpecRecord]
    /// The revisions whose id begins so, the newest first.
    func traces(prefix: String, limit: Int) async throws -> [RevisionTrace]
    /// The last lines that a run wrote, the oldest first.
    func lastOutput(of run: RunID, in slot: SlotID, lines: Int) async -> [OutputLine]
    /// What these runs use now; read when it is asked for. A run that is not alive has no answer.
    func usage(of runs: Set<RunID>) async -> [RunID: RunUsage]
    /// Every process of a run, parents before their children.
    func processes(of run: RunID) async -> [RunProcess]
    /// What the kernel says of the sandbox of a run, read when it is asked for; nil where it has no process.
    func sandbox(of run: RunID) async -> SandboxObservation?
    /// What the logs of these slots take on disk; a slot that is not known has no answer.
    func logBytes(of slots: [SlotID]) async -> [SlotID: UInt64]
    /// What runs have written and write, until the consumer stops. Nothing is read ahead of it.
    func tail(_ query: TailQuery) -> AsyncStream<[TailRecord]>
    /// What the agent has counted; nil where nobody counts.
    func meters() async -> AgentMeters?
    /// What the webhook has answered; nil where there is none.
    var webhook: WebhookCounts? { get }
}

extension StatusSource {
    package var webhook: WebhookCounts? { nil }
    package func meters() async -> AgentMeters? { nil }
    package func logBytes(of slots: [SlotID]) async -> [SlotID: UInt64] { [:] }
}

/// A line that a run wrote.
package struct OutputLine: Sendable, Hashable {
    package var isError: Bool
    package var time: WallTime?
    package var text: String

    package init(isError: Bool, time: WallTime?, text: String) {
        self.isError = isError
        self.time = time
        self.text = text
    }
}

package struct EventHistoryQuery: Sendable, Hashable {
    /// Only events with a greater id.
    package var after: Int64?
    /// Only events with a smaller id.
    package var before: Int64?
    package var instance: String?
    /// Only of these Instances; nil: whatever they are of.
    package var instances: Set<String>?
    /// Only of one run; to be given with its Instance, by which it is found.
    package var run: RunID?
    package var kinds: Set<String>?
    /// Only what somebody asked for on the host or approved.
    package var isAudit = false
    package var since: WallTime?
    package var limit: Int

    package init(after: Int64? = nil, instance: String? = nil, since: WallTime? = nil, limit: Int) {
        self.after = after
        self.instance = instance
        self.since = since
        self.limit = limit
    }
}

package struct EventHistoryEntry: Sendable {
    package var id: Int64
    package var record: EventRecord

    package init(id: Int64, record: EventRecord) {
        self.id = id
        self.record = record
    }
}

package struct RevisionHistoryEntry: Sendable {
    /// Grows with each entry.
    package var id: Int64
    package var revision: Revision
    /// `accepted`, `invalid`, …
    package var outcome: String
    package var message: String
    package var at: WallTime

    package init(id: Int64, revision: Revision, outcome: String, message: String, at: WallTime) {
        self.id = id
        self.revision = revision
        self.outcome = outcome
        self.message = message
        self.at = at
    }
}
