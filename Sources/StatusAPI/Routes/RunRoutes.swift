import Manifests
import Reconciler

extension Route {
    /// Runs, live and ended, and what they wrote.
    static let runs: [Route] = [
        Route(
            template: "/v1/runs", summary: "List runs, live and ended, the newest first",
            parameters: [
                .instance, .label, .node, .since,
                Parameter(
                    "state", .word(["live", "ended"]), "Only runs that go on, or that are over.",
                    example: "ended"),
                .limit(StatusLimits.runsDefault, max: StatusLimits.runsMax), .cursor,
            ],
            produces: .json(ListDocument<RunDocument>.self)
        ) { request in
            let state = try await request.state()
            var query = RunHistoryQuery(limit: request.query.limit + 1)
            query.instances = InstanceFilter(request.query).instances(in: state)
            query.ending = request.query["state"].flatMap(RunHistoryQuery.Ending.init)
            query.since = request.query.time("since")
            query.before = request.query.cursor.map { RunID(text: $0.key) }
            let (source, asked) = (request.source, query)
            let (entries, total) = try await answered {
                (try await source.runs(asked), try await source.runCount(asked))
            }
            let shown = entries.prefix(request.query.limit)
            let replicas = state.replicas(of: Set(shown.map(\.slot.instance)))
            let items = shown.map { RunDocument($0, status: replicas[$0.slot.replica], in: state) }
            let more = entries.count > shown.count
            return try request.document(
                ListDocument(
                    kind: "RunList", items: items, total: total,
                    next: more ? items.last.map { PageCursor(.before, $0.runId).text } : nil))
        },
        Route(
            template: "/v1/runs/{id}", summary: "Show one run, and what happened to it",
            parameters: [
                .path(
                    "id", .text(max: 20, pattern: TextPattern.run), "A run's id.",
                    example: "019a2f3b4c5d00000001")
            ],
            produces: .json(RunDetailDocument.self)
        ) { request in
            let state = try await request.state()
            let id = RunID(text: request.segments["id"] ?? "")
            let source = request.source
            let entries = try await answered { try await source.runs(RunHistoryQuery(run: id, limit: 1)) }
            guard let entry = entries.first else {
                throw Refusal.notFound("no run \(id) is remembered: it never was, or it is forgotten")
            }
            var query = EventHistoryQuery(instance: entry.slot.instance, limit: StatusLimits.runEventsMax)
            query.run = id
            let asked = query
            let events = try await answered { try await source.events(asked) }
            let status = state.replicas(of: [entry.slot.instance])[entry.slot.replica]
            return try request.document(
                RunDetailDocument(
                    RunDocument(entry, status: status, in: state), events: events.map(EventDocument.init)))
        },
        Route(
            template: "/v1/instances/{name}/logs", audience: .localSocket, scope: .logs,
            summary: "Show what an Instance's runs have written",
            parameters: [
                .instanceName,
                Parameter("replica", .number(0...1_000_000), "Only of this replica.", example: "0"),
                Parameter(
                    "run", .text(max: 20, pattern: LogRunWord.pattern),
                    "Only of one run: its id, `current` or `previous`.", example: "current"),
                Parameter("stream", .word(["stdout", "stderr"]), "Only of one stream.", example: "stderr"),
                Parameter(
                    "level", .word(["debug", "info", "warn", "error"]), "Only of this level or worse.",
                    example: "warn"),
                Parameter(
                    "grep", .text(),
                    "Only lines that hold this text, as they are shown: not within a masked secret.",
                    example: "timeout"),
                Parameter(
                    "since", .time, "Only lines that were begun then or later.",
                    example: "2026-11-21T09:30:00Z"),
                Parameter(
                    "until", .time, "Only lines that were begun before then.", example: "2026-11-21T10:30:00Z"
                ),
                .limit(StatusLimits.linesDefault, max: StatusLimits.linesMax), .cursor,
            ],
            produces: .json(LogListDocument.self)
        ) { request in
            let state = try await request.state()
            var query = LogHistoryQuery(instance: request.name, limit: request.query.limit)
            query.replica = request.query.number("replica").map { Int($0) }
            query.run = request.query["run"].flatMap(LogRunWord.choice)
            query.stream = request.query["stream"]
            query.level = request.query["level"]
            query.text = request.query["grep"]
            query.since = request.query.time("since")
            query.until = request.query.time("until")
            if let cursor = request.query.cursor {
                guard let place = LogPlace(cursor) else { throw Refusal.strangeCursor }
                query.until = place.until
                query.skipped = place.skipped
            }
            let (source, asked) = (request.source, query)
            let page: LogHistoryPage?
            do {
                page = try await answered { try await source.logs(asked) }
            } catch is LogsBusy {
                throw Refusal.busy
            }
            // An Instance that is gone has its logs for as long as they are kept.
            guard let page else {
                throw state.instanceStatus(request.name) == nil
                    ? Refusal.noInstance(request.name, state)
                    : Refusal.notFound("'\(request.name)' has written nothing like that here")
            }
            var payload = try request.document(
                LogListDocument(
                    instance: request.name, items: page.records,
                    next: page.older.map { LogPlace(until: $0.until, skipped: $0.skipped).cursor.text }))
            payload.etag = nil
            return payload
        },
    ]
}

/// What `run` of the logs may say.
private enum LogRunWord {
    static let pattern = "^([0-9a-f]{20}|current|previous)$"

    static func choice(_ text: String) -> LogHistoryQuery.RunChoice? {
        switch text {
        case "current": .current
        case "previous": .previous
        default: .id(RunID(text: text))
        }
    }
}

/// Where older lines are, as a cursor carries it.
private struct LogPlace {
    var until: WallTime
    var skipped: Int

    /// A cursor is not believed: lines of one nanosecond, at most.
    private static let skippedMax = 100_000

    init(until: WallTime, skipped: Int) {
        self.until = until
        self.skipped = skipped
    }

    init?(_ cursor: PageCursor) {
        let parts = cursor.key.split(separator: "+")
        guard parts.count == 2, let time = Int64(parts[0]), let count = Int(parts[1]),
            (0...Self.skippedMax).contains(count)
        else { return nil }
        self.init(until: WallTime(nanoseconds: time), skipped: count)
    }

    var cursor: PageCursor { PageCursor(.before, "\(until.nanoseconds)+\(skipped)") }
}

extension AgentState {
    /// The replicas of some Instances, by their names.
    fileprivate func replicas(of instances: Set<String>) -> [ReplicaID: ReplicaStatus] {
        let statuses =
            instances.count > 3
            ? instanceStatuses().filter { instances.contains($0.name) } : instances.compactMap(instanceStatus)
        return Dictionary(
            statuses.flatMap(\.replicas).map { ($0.replica, $0) }, uniquingKeysWith: { first, _ in first })
    }
}
