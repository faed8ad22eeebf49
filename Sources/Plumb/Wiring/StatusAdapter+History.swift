import Agent
import Reconciler
import StatusAPI
import Store

/// What is remembered, and what was written.
extension StatusAdapter {
    func events(_ query: EventHistoryQuery) async throws -> [EventHistoryEntry] {
        try await store.events(EventQuery(query)).map { EventHistoryEntry(id: $0.id, record: $0.record) }
    }

    func eventCount(_ query: EventHistoryQuery) async throws -> Int {
        try await store.count(EventQuery(query))
    }

    func event(_ id: Int64) async throws -> EventHistoryEntry? {
        try await store.event(id).map { EventHistoryEntry(id: $0.id, record: $0.record) }
    }

    func runs(_ query: RunHistoryQuery) async throws -> [RunHistoryEntry] {
        try await store.runs(RunQuery(query)).map { record in
            let claim = record.claim
            return RunHistoryEntry(
                run: claim.run, slot: claim.slot, unit: claim.unit, revision: claim.revision,
                startHash: claim.startHash, specHash: claim.specHash, claimedAt: claim.claimedWall,
                identity: record.identity, exit: record.exit)
        }
    }

    func runCount(_ query: RunHistoryQuery) async throws -> Int { try await store.count(RunQuery(query)) }

    func revisions(_ query: RevisionHistoryQuery) async throws -> [RevisionHistoryEntry] {
        try await store.revisions(RevisionQuery(query)).map { stored in
            RevisionHistoryEntry(
                id: stored.id, revision: stored.record.revision, outcome: stored.record.outcome.rawValue,
                message: stored.record.message, at: stored.record.at)
        }
    }

    func revisionCount(_ query: RevisionHistoryQuery) async throws -> Int {
        try await store.count(RevisionQuery(query))
    }

    func logs(_ query: LogHistoryQuery) async throws -> LogHistoryPage? {
        try await logPages.page(query, await secrets())
    }

    func secrets() async -> SecretMask { secretValues.mask(with: await loop.state().observed.runs.values) }
}

extension EventQuery {
    fileprivate init(_ query: EventHistoryQuery) {
        self.init(after: query.after, instance: query.instance, since: query.since, limit: query.limit)
        before = query.before
        instances = query.instances
        run = query.run
        kinds = query.kinds
        isAudit = query.isAudit
    }
}

extension RunQuery {
    fileprivate init(_ query: RunHistoryQuery) {
        self.init(limit: query.limit)
        run = query.run
        instances = query.instances
        leavesOutSchedules = query.leavesOutSchedules
        hasEnded = query.ending.map { $0 == .ended }
        since = query.since
        before = query.before
    }
}

extension RevisionQuery {
    fileprivate init(_ query: RevisionHistoryQuery) {
        self.init(limit: query.limit)
        prefix = query.prefix
        outcome = query.outcome
        since = query.since
        before = query.before
    }
}
