import Manifests
import Reconciler

/// Which runs are asked for. Those of Instances and those of Schedules have histories of their own; both are
/// sorted by ids that begin with the time, so that pages of both can be merged.
struct RunFilter: Sendable {
    /// nil: none of them are wanted.
    private(set) var instances: RunHistoryQuery?
    private(set) var schedules: ScheduledRunQuery?

    static let live = "live"
    static let ended = "ended"
    static let words = [live, ended] + ScheduledRun.State.allCases.map(\.rawValue)

    /// - Parameter limit: one more than a page has.
    init(_ query: QueryParameters, in state: AgentState, _ statuses: [ScheduleStatus], limit: Int) {
        let kind = query["kind"]
        let filter = InstanceFilter(query)
        let words = query.words("state")
        let name = query["schedule"]
        if kind != RunDocument.scheduleKind, name == nil, Self.wantsInstances(words) {
            var wanted = RunHistoryQuery(limit: limit)
            wanted.instances = filter.instances(in: state)
            wanted.leavesOutSchedules = wanted.instances == nil
            if let words, words.contains(Self.live) != words.contains(Self.ended) {
                wanted.ending = words.contains(Self.live) ? .live : .ended
            }
            wanted.since = filter.since
            wanted.before = query.cursor.map { RunID(text: $0.key) }
            instances = wanted
        }
        let states = Self.states(words)
        if kind != RunDocument.instanceKind, filter.instance == nil, filter.takes(state.node),
            states?.isEmpty != true
        {
            var wanted = ScheduledRunQuery(schedule: name, limit: limit)
            wanted.schedules = filter.labels.map { labels in
                Set(statuses.filter { labels.matches($0.schedule.labels) }.map(\.schedule.name))
            }
            wanted.states = states ?? []
            wanted.since = filter.since
            wanted.after = query.cursor.map { RunID(text: $0.key) }
            schedules = wanted
        }
    }

    private static func wantsInstances(_ words: Set<String>?) -> Bool {
        words.map { !$0.isDisjoint(with: [live, ended]) } ?? true
    }

    /// nil: all.
    private static func states(_ words: Set<String>?) -> Set<ScheduledRun.State>? {
        words.map { words in
            Set(
                ScheduledRun.State.allCases.filter {
                    words.contains($0.rawValue) || words.contains($0.isOver ? ended : live)
                })
        }
    }
}

extension RouteRequest {
    /// How Schedules stand; empty by an agent that runs none.
    func schedules(in state: AgentState) -> [ScheduleStatus] { source.schedules(in: state) ?? [] }

    /// The page of `/v1/runs` that is asked for.
    func runPage() async throws -> Payload {
        let state = try await state()
        let statuses = schedules(in: state)
        let limit = query.limit
        let filter = RunFilter(query, in: state, statuses, limit: limit + 1)
        let source = source
        let (entries, count) = try await answered {
            guard let asked = filter.instances else { return ([RunHistoryEntry](), 0) }
            return (try await source.runs(asked), try await source.runCount(asked))
        }
        let page = try await answered {
            guard let asked = filter.schedules else { return ScheduledRunPage() }
            return try await source.scheduledRuns(asked)
        }
        let ids = (entries.map(\.run) + page.runs.map(\.id)).sorted(by: >)
        let shown = Set(ids.prefix(limit))
        let replicas = state.replicas(
            of: Set(entries.lazy.filter { shown.contains($0.run) }.map(\.slot.instance)))
        let declared = Dictionary(
            statuses.map { ($0.schedule.name, $0.schedule) }, uniquingKeysWith: { first, _ in first })
        var items = entries.filter { shown.contains($0.run) }.map {
            RunDocument($0, status: replicas[$0.slot.replica], in: state)
        }
        items += page.runs.filter { shown.contains($0.id) }.map {
            RunDocument($0, of: declared[$0.schedule], in: state, source)
        }
        items.sort { $0.runId > $1.runId }
        return try document(
            ListDocument(
                kind: "RunList", items: items, total: count + page.total,
                next: ids.count > limit ? items.last.map { PageCursor(.before, $0.runId).text } : nil))
    }

    /// A run whose id is given in full, or begins so.
    enum FoundRun: Sendable {
        case instance(RunHistoryEntry)
        case schedule(ScheduledRun)

        fileprivate var id: RunID {
            switch self {
            case .instance(let entry): entry.run
            case .schedule(let run): run.id
            }
        }
    }

    func foundRun() async throws -> FoundRun {
        let prefix = segments["id"] ?? ""
        let source = source
        // Behind every id that begins so, and before every other one: no digit is beyond `f`.
        let end = RunID(text: prefix + "g")
        var asked = RunHistoryQuery(before: end, limit: 2)
        asked.leavesOutSchedules = true
        var wanted = ScheduledRunQuery(limit: 2)
        wanted.after = end
        let (runs, scheduled) = (asked, wanted)
        let entries = try await answered { try await source.runs(runs) }
        let page = try await answered { try await source.scheduledRuns(scheduled) }
        let found =
            (entries.map(FoundRun.instance) + page.runs.map(FoundRun.schedule)).filter {
                $0.id.text.hasPrefix(prefix)
            }
        if found.count > 1 { throw Refusal.severalRuns(prefix, found.map(\.id)) }
        if let only = found.first { return only }
        if let run = try await scheduledRun(ofProcess: prefix) { return .schedule(run) }
        throw Refusal.notFound("no run \(prefix) is remembered: it never was, or it is forgotten")
    }

    /// A Schedule's run, by the id of a later attempt's process; only the newest runs are looked at.
    private func scheduledRun(ofProcess id: String) async throws -> ScheduledRun? {
        let (source, run) = (source, RunID(text: id))
        guard run.isWellFormed else { return nil }
        let query = ScheduledRunQuery(limit: StatusLimits.runsMax)
        let page = try await answered { try await source.scheduledRuns(query) }
        return page.runs.first { $0.attempts.contains { $0.run == run } }
    }
}

extension Refusal {
    static func severalRuns(_ prefix: String, _ ids: [RunID]) -> Refusal {
        Refusal(
            problem: ProblemDocument(
                status: 400, code: "ambiguous", title: "Several runs",
                detail: "'\(prefix)' begins the ids of several runs, such as "
                    + ids.map(\.text).joined(separator: " and ") + ": give more of it"))
    }

    static func noSchedule(_ name: String, _ state: AgentState) -> Refusal {
        .notFound("no Schedule '\(name)' is declared for \(state.node.name)")
    }
}

extension AgentState {
    /// The replicas of some Instances, by their names.
    func replicas(of instances: Set<String>) -> [ReplicaID: ReplicaStatus] {
        let statuses =
            instances.count > 3
            ? instanceStatuses().filter { instances.contains($0.name) } : instances.compactMap(instanceStatus)
        return Dictionary(
            statuses.flatMap(\.replicas).map { ($0.replica, $0) }, uniquingKeysWith: { first, _ in first })
    }
}
