package import Reconciler

/// What one turn of the loop has to remember; written whole or not at all.
package struct StoreBatch: Sendable {
    package var claims: [RunClaim]
    package var starts: [(run: RunID, identity: RunIdentity)]
    /// An exit of a run that was never claimed is dropped: after a rebuild, adopted runs are claimed anew.
    package var exits: [(run: RunID, exit: ExitReport)]
    /// nil deletes.
    package var memories: [(instance: String, memory: InstanceMemory?)]
    package var events: [EventRecord]
    package var accepted: AcceptedRecord?
    package var revisions: [RevisionRecord]
    package var settings: [String: String]
    package var specs: [SpecChange] = []
    package var traces: [RevisionTrace] = []
    package var schedules: [ScheduleChange] = []
    /// Lines of the history of Schedules; one that is there already is written anew.
    package var scheduledRuns: [ScheduledRun] = []
    package var forgottenRuns: [RunID] = []

    package init(
        claims: [RunClaim] = [], starts: [(run: RunID, identity: RunIdentity)] = [],
        exits: [(run: RunID, exit: ExitReport)] = [],
        memories: [(instance: String, memory: InstanceMemory?)] = [], events: [EventRecord] = [],
        accepted: AcceptedRecord? = nil, revisions: [RevisionRecord] = [], settings: [String: String] = [:]
    ) {
        self.claims = claims
        self.starts = starts
        self.exits = exits
        self.memories = memories
        self.events = events
        self.accepted = accepted
        self.revisions = revisions
        self.settings = settings
    }

    package var isEmpty: Bool {
        !mustSurvivePowerCut && starts.isEmpty && events.isEmpty && revisions.isEmpty && specs.isEmpty
            && traces.isEmpty && scheduledRuns.isEmpty && forgottenRuns.isEmpty
    }

    /// Claims (those of Schedules are in their memory), exits, memory, the accepted snapshot and settings
    /// decide what is run after a power cut. Starts, events, revisions and the history only tell; they
    /// survive the agent's death, and a power cut once anything durable follows.
    package var mustSurvivePowerCut: Bool {
        !claims.isEmpty || !exits.isEmpty || !memories.isEmpty || accepted != nil || !settings.isEmpty
            || !schedules.isEmpty
    }
}
