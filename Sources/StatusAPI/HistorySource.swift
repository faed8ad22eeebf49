package import Reconciler

/// What is remembered, and what was written: the part of a `StatusSource` that reads from disk.
package protocol HistorySource: Sendable {
    /// Of one event; nil: there is none, or it is forgotten.
    func event(_ id: Int64) async throws -> EventHistoryEntry?
    /// How many events fit, whatever the query's place and limit.
    func eventCount(_ query: EventHistoryQuery) async throws -> Int
    /// The newest first.
    func runs(_ query: RunHistoryQuery) async throws -> [RunHistoryEntry]
    /// How many fit, whatever the query's place and limit.
    func runCount(_ query: RunHistoryQuery) async throws -> Int
    /// What became of revisions, the newest first.
    func revisions(_ query: RevisionHistoryQuery) async throws -> [RevisionHistoryEntry]
    func revisionCount(_ query: RevisionHistoryQuery) async throws -> Int
    /// What an Instance's runs have written, the oldest first; nil: there is no such run.
    func logs(_ query: LogHistoryQuery) async throws -> LogHistoryPage?
    /// The secrets that runs of this host have had, as far as they are known.
    func secrets() async -> SecretMask
}

extension HistorySource {
    package func secrets() async -> SecretMask { SecretMask() }
}

package struct RunHistoryQuery: Sendable, Hashable {
    package enum Ending: String, Sendable { case live, ended }
    /// One run.
    package var run: RunID?
    /// nil: of all.
    package var instances: Set<String>?
    /// Without the processes of Schedules' runs, which have a history of their own.
    package var leavesOutSchedules = false
    package var ending: Ending?
    /// Claimed then or later.
    package var since: WallTime?
    /// Only runs that were claimed before this one.
    package var before: RunID?
    package var limit: Int

    package init(
        run: RunID? = nil, instances: Set<String>? = nil, ending: Ending? = nil, since: WallTime? = nil,
        before: RunID? = nil, limit: Int
    ) {
        self.run = run
        self.instances = instances
        self.ending = ending
        self.since = since
        self.before = before
        self.limit = limit
    }
}

/// One run, as it is remembered.
package struct RunHistoryEntry: Sendable, Hashable {
    package var run: RunID
    package var slot: SlotID
    package var unit: String
    package var revision: Revision
    package var startHash: StartHash
    package var specHash: SpecHash
    package var claimedAt: WallTime
    /// nil: it never was seen to execute.
    package var identity: RunIdentity?
    /// nil: it has not ended, as far as is known.
    package var exit: ExitReport?

    package init(
        run: RunID, slot: SlotID, unit: String, revision: Revision, startHash: StartHash, specHash: SpecHash,
        claimedAt: WallTime, identity: RunIdentity? = nil, exit: ExitReport? = nil
    ) {
        self.run = run
        self.slot = slot
        self.unit = unit
        self.revision = revision
        self.startHash = startHash
        self.specHash = specHash
        self.claimedAt = claimedAt
        self.identity = identity
        self.exit = exit
    }
}

package struct RevisionHistoryQuery: Sendable, Hashable {
    /// Of the commit's id.
    package var prefix: String?
    package var outcome: String?
    package var since: WallTime?
    /// Only entries with a smaller id.
    package var before: Int64?
    package var limit: Int

    package init(
        prefix: String? = nil, outcome: String? = nil, since: WallTime? = nil, before: Int64? = nil,
        limit: Int
    ) {
        self.prefix = prefix
        self.outcome = outcome
        self.since = since
        self.before = before
        self.limit = limit
    }
}

package struct LogHistoryQuery: Sendable, Hashable {
    package enum RunChoice: Sendable, Hashable {
        case id(RunID)
        case current, previous
    }
    package var instance: String
    package var replica: Int?
    package var run: RunChoice?
    /// `stdout` or `stderr`; nil: both.
    package var stream: String?
    /// The least level.
    package var level: String?
    /// What a line must hold.
    package var text: String?
    package var since: WallTime?
    package var until: WallTime?
    /// Of the lines that began at the last nanosecond before `until`, so many are known already.
    package var skipped: Int
    /// So many of the newest lines that fit.
    package var limit: Int

    package init(
        instance: String, replica: Int? = nil, run: RunChoice? = nil, stream: String? = nil,
        level: String? = nil, text: String? = nil, since: WallTime? = nil, until: WallTime? = nil,
        skipped: Int = 0, limit: Int
    ) {
        self.instance = instance
        self.replica = replica
        self.run = run
        self.stream = stream
        self.level = level
        self.text = text
        self.since = since
        self.until = until
        self.skipped = skipped
        self.limit = limit
    }
}

package struct LogHistoryPage: Sendable {
    package var records: [LogRecordDocument]
    /// Where older lines are: before which time, and how many of that very nanosecond are in this page or
    /// behind it. nil: there are none.
    package var older: (until: WallTime, skipped: Int)?

    package init(records: [LogRecordDocument], older: (until: WallTime, skipped: Int)?) {
        self.records = records
        self.older = older
    }
}

/// Thrown where so many read logs already that one more has to wait.
package struct LogsBusy: Error, Sendable {
    package init() {}
}
