import Reconciler
import Synchronization

/// Makes what is streamed, once for all who watch, and wakes them. While nobody does it does nothing: the
/// loop's turns pass it by, no timer runs, and what it knows is brought up to date when somebody comes.
final class Broadcaster: Sendable {
    private struct State {
        var ledger: StreamLedger
        var seats = StreamSeats()
        var members: [ObjectIdentifier: StreamMember] = [:]
        /// Refreshes that have begun and that are done; whoever came in between waits for the next.
        var begun: UInt64 = 0
        var done: UInt64 = 0
        var isRefreshing = false
        var isStale = false
        var refreshedAt: ContinuousClock.Instant?
        var waiting: [(turn: UInt64, continuation: CheckedContinuation<Void, any Error>)] = []
        /// The id of the newest event that was taken from the store.
        var lastEvent: Int64?
        var agent: Agent?
        var usage: Usage?
        var ticker: Task<Void, Never>?
        var isEnding = false
    }

    /// What of the agent a `hello` tells.
    struct Agent: Sendable {
        var node: String
        var version: String
        var startedAt: Timestamp
        var revision: RevisionDocument?
    }

    /// What was sampled last.
    struct Usage: Sendable {
        var number: UInt64
        var time: Timestamp
        var samples: [UsageSampleDocument]
    }

    /// What a stream reads at once.
    struct Reading: Sendable {
        var bytes: [UInt8]
        var id: StreamID
        var usage: Usage?
        var isEnding: Bool
    }

    private let source: any StatusSource
    let settings: StreamSettings
    private let state = Mutex(State(ledger: StreamLedger(epoch: StreamID.newEpoch())))

    init(source: any StatusSource, settings: StreamSettings = StreamSettings()) {
        self.source = source
        self.settings = settings
    }

    var streams: Int { state.withLock { $0.seats.taken } }

    /// Something may be different. Called in each turn of the loop, so it costs nothing where nobody watches.
    func turned() {
        let isNeeded = state.withLock { state in
            guard state.members.values.contains(where: \.query.wantsPicture) else { return false }
            state.isStale = true
            defer { state.isRefreshing = true }
            return !state.isRefreshing
        }
        if isNeeded { Task { await refresh() } }
    }

    // Coming and going -------------------------------------------------------------------------------

    func join(_ client: String, _ query: StreamQuery) throws(Refusal) -> StreamMember {
        let member = StreamMember(client: client, query: query)
        let result = state.withLock { state -> Result<Void, Refusal> in
            guard !state.isEnding else { return .failure(.tooManyStreams("the agent is ending", 503)) }
            do throws(Refusal) { try state.seats.take(client, query) } catch { return .failure(error) }
            state.members[ObjectIdentifier(member)] = member
            if state.ticker == nil { state.ticker = Task { await tick() } }
            return .success(())
        }
        try result.get()
        return member
    }

    func leave(_ member: StreamMember) {
        let ticker = state.withLock { state -> Task<Void, Never>? in
            guard state.members.removeValue(forKey: ObjectIdentifier(member)) != nil else { return nil }
            state.seats.leave(member.client, member.query)
            guard state.members.isEmpty else { return nil }
            defer { state.ticker = nil }
            return state.ticker
        }
        ticker?.cancel()
    }

    /// Every stream says goodbye, and no new one begins.
    func end() {
        let members = state.withLock { state in
            state.isEnding = true
            return Array(state.members.values)
        }
        for member in members { member.ring() }
    }

    /// Returns once the picture is one that was taken after this call.
    func freshen() async throws {
        let turn = state.withLock { state in
            state.isStale = true
            return state.begun + 1
        }
        turned()
        try await withCheckedThrowingContinuation { continuation in
            let isDone = state.withLock { state in
                if state.done >= turn { return true }
                state.waiting.append((turn, continuation))
                return false
            }
            if isDone { continuation.resume() }
        }
    }

    func cursor(_ query: StreamQuery, resuming id: String?) -> (StreamCursor, Agent?, lastEvent: Int64) {
        state.withLock { state in
            (StreamCursor(query, resuming: id, in: state.ledger), state.agent, state.lastEvent ?? 0)
        }
    }

    var epoch: String { state.withLock { $0.ledger.epoch } }

    func read(_ cursor: inout StreamCursor) throws -> Reading {
        let (ledger, usage, isEnding) = state.withLock { ($0.ledger, $0.usage, $0.isEnding) }
        let bytes = try cursor.next(in: ledger)
        return Reading(
            bytes: bytes, id: cursor.id(in: ledger) ?? ledger.id, usage: usage, isEnding: isEnding)
    }

    // Making it --------------------------------------------------------------------------------------

    /// One at a time, and not more often than `refreshMin` says.
    private func refresh() async {
        while true {
            let last = state.withLock { $0.refreshedAt }
            if let last {
                let wait = last + settings.refreshMin - .now
                if wait > .zero { try? await Task.sleep(for: wait) }
            }
            let turn = state.withLock { state in
                state.begun += 1
                state.isStale = false
                state.refreshedAt = .now
                return state.begun
            }
            let result: Result<Void, any Error>
            do { result = .success(try await take()) } catch { result = .failure(error) }
            let (waiting, members, isStale) = state.withLock { state in
                state.done = turn
                let due = state.waiting.filter { $0.turn <= turn }
                state.waiting.removeAll { $0.turn <= turn }
                state.isRefreshing = state.isStale && !state.members.isEmpty
                return (due, Array(state.members.values), state.isRefreshing)
            }
            for waiter in waiting { waiter.continuation.resume(with: result) }
            for member in members where member.query.wantsPicture { member.ring() }
            guard isStale else { return }
        }
    }

    private func take() async throws {
        let source = source
        let now = try await answered { await source.state() }
        let schedules = ScheduleDocument.all(in: now, source)
        let status = StatusDocument(now, schedules: schedules)
        let after = state.withLock { $0.lastEvent }
        // A store that cannot be read is told by the conditions; the rest goes on.
        let news = try? await answered { try await NewEvents(source, after: after) }
        try state.withLock { state in
            try state.ledger.take(status, schedules: schedules)
            if let news {
                try state.ledger.take(news.entries.map(EventDocument.init), lost: news.lost)
                state.lastEvent = news.last
            }
            state.agent = Agent(
                node: now.node.name, version: now.version, startedAt: status.startedAt,
                revision: status.source.accepted)
        }
    }

    // While somebody watches -------------------------------------------------------------------------

    private func tick() async {
        while !Task.isCancelled {
            guard (try? await Task.sleep(for: settings.tick)) != nil else { return }
            let members = state.withLock { Array($0.members.values) }
            if members.contains(where: { $0.query.topics.contains(.usage) }) { await sample() }
            for member in members { member.ring() }
        }
    }

    private func sample() async {
        let source = source
        guard let now = try? await answered({ await source.state() }) else { return }
        let runs = Dictionary(
            now.observed.runs.values.map { ($0.id, $0.slot.replica) }, uniquingKeysWith: { first, _ in first }
        )
        guard let used = try? await answered({ await source.usage(of: Set(runs.keys)) }) else { return }
        let samples = used.compactMap { run, usage in
            runs[run].map {
                UsageSampleDocument(replica: $0.description, instance: $0.instance, run: run, usage)
            }
        }
        state.withLock { state in
            state.usage = Usage(
                number: (state.usage?.number ?? 0) + 1, time: Timestamp(now.nowWall),
                samples: samples.sorted { ($0.instance, $0.replica) < ($1.instance, $1.replica) })
        }
    }
}

/// The events behind the last one that is known; where there are too many only the newest.
struct NewEvents: Sendable {
    var entries: [EventHistoryEntry] = []
    var lost: UInt64 = 0
    var last: Int64 = 0

    /// - Parameter after: nil where nothing is known: then nothing is new.
    init(_ source: any StatusSource, after: Int64?) async throws {
        guard let after else {
            last = try await source.events(EventHistoryQuery(limit: 1)).last?.id ?? 0
            return
        }
        let limit = StatusLimits.eventsMax
        entries = try await source.events(EventHistoryQuery(after: after, limit: limit))
        if entries.count == limit, let end = entries.last?.id {
            let newest = try await source.events(EventHistoryQuery(limit: limit))
            if let begin = newest.first?.id, begin > end + 1 {
                entries = newest
                lost = UInt64(clamping: begin - 1 - after)
            } else {
                entries += newest.filter { $0.id > end }
            }
        }
        last = entries.last?.id ?? after
    }
}
