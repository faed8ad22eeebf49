import Manifests
import Reconciler

extension Route {
    /// Runs, live and ended, and what they wrote.
    static let runs: [Route] = [
        Route(
            template: "/v1/runs",
            summary: "List runs of Instances and of Schedules, live and ended, the newest first",
            parameters: [
                Parameter(
                    "kind", .word([RunDocument.instanceKind, RunDocument.scheduleKind]),
                    "Only those of Instances, or of Schedules.", example: "schedule"),
                .instance, .schedule, .label, .node, .since,
                Parameter(
                    "state", .words(RunFilter.words),
                    "Only what goes on (`live`) or is over (`ended`), or runs of Schedules in these states.",
                    example: "ended"),
                .limit(StatusLimits.runsDefault, max: StatusLimits.runsMax), .cursor,
            ],
            produces: .json(ListDocument<RunDocument>.self)
        ) { request in
            try await request.runPage()
        },
        Route(
            template: "/v1/runs/{id}", summary: "Show one run, and what happened to it",
            parameters: [runID], produces: .json(RunDetailDocument.self)
        ) { request in
            switch try await request.foundRun() {
            case .instance(let entry): try await request.detail(of: entry)
            case .schedule(let run): try await request.detail(of: run)
            }
        },
        Route(
            template: "/v1/runs/{id}/logs", audience: .localSocket, scope: .logs,
            summary: "Show what a run has written",
            parameters: [runID] + logParameters, produces: .json(LogListDocument.self)
        ) { request in
            let found = try await request.foundRun()
            let owner: String
            switch found {
            case .instance(let entry): owner = entry.slot.instance
            case .schedule(let run): owner = run.schedule
            }
            var query = try request.logQuery(of: owner)
            if case .instance(let entry) = found { query.run = .id(entry.run) }
            let (source, asked) = (request.source, query)
            return try await request.logPage(of: owner) {
                switch found {
                case .instance: try await source.logs(asked)
                case .schedule(let run): try await source.logs(of: run, asked)
                }
            } without: {
                Refusal.notFound(
                    "the logs of this run are gone, or it never wrote any: they are kept for as long as "
                        + "its history")
            }
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
            ] + logParameters,
            produces: .json(LogListDocument.self)
        ) { request in
            let state = try await request.state()
            var query = try request.logQuery(of: request.name)
            query.replica = request.query.number("replica").map { Int($0) }
            query.run = request.query["run"].flatMap(LogRunWord.choice)
            let (source, asked) = (request.source, query)
            // An Instance that is gone has its logs for as long as they are kept.
            return try await request.logPage(of: request.name) {
                try await source.logs(asked)
            } without: {
                state.instanceStatus(request.name) == nil
                    ? Refusal.noInstance(request.name, state)
                    : Refusal.notFound("'\(request.name)' has written nothing like that here")
            }
        },
    ]

    private static let runID = Parameter.path(
        "id", .text(max: 20, pattern: TextPattern.runPrefix),
        "A run's id, or its first digits, four at least.", example: "019a2f3b4c5d00000001")

    private static let logParameters: [Parameter] = [
        Parameter("stream", .word(["stdout", "stderr"]), "Only of one stream.", example: "stderr"),
        Parameter(
            "level", .word(["debug", "info", "warn", "error"]), "Only of this level or worse.",
            example: "warn"),
        Parameter(
            "grep", .text(),
            "Only lines that hold this text, as they are shown: not within a masked secret.",
            example: "timeout"),
        Parameter(
            "since", .time, "Only lines that were begun then or later.", example: "2026-11-21T09:30:00Z"),
        Parameter(
            "until", .time, "Only lines that were begun before then.", example: "2026-11-21T10:30:00Z"),
        .limit(StatusLimits.linesDefault, max: StatusLimits.linesMax), .cursor,
    ]
}

extension RouteRequest {
    fileprivate func detail(of entry: RunHistoryEntry) async throws -> Payload {
        let state = try await state()
        let events = try await events(of: [entry.run], owner: entry.slot.instance)
        let status = state.replicas(of: [entry.slot.instance])[entry.slot.replica]
        return try document(
            RunDetailDocument(RunDocument(entry, status: status, in: state), events: events))
    }

    fileprivate func detail(of run: ScheduledRun) async throws -> Payload {
        let state = try await state()
        let schedule = schedules(in: state).first { $0.schedule.name == run.schedule }?.schedule
        let processes = Set(run.attempts.map(\.run)).union([run.id])
        let events = try await events(of: processes, owner: DesiredSchedule.owner(of: run.schedule))
        var detail = RunDetailDocument(RunDocument(run, of: schedule, in: state, source), events: events)
        detail.attempts = run.attempts.map { attempt in
            var document = RunAttemptDocument(attempt)
            guard attempt.ended != nil else { return document }
            document.directory = "\(state.stateDir)/schedules/\(run.schedule)/\(attempt.run)"
            return document
        }
        if scopes.contains(.logs) { detail.stderr = run.errors }
        detail.output = run.output.map(OutputFileDocument.init)
        detail.directory = detail.attempts?.last?.directory
        return try document(detail)
    }

    /// What happened to some runs, the oldest first.
    private func events(of runs: Set<RunID>, owner: String) async throws -> [EventDocument] {
        let source = source
        var found: [EventHistoryEntry] = []
        for run in runs.sorted().suffix(StatusLimits.runAttemptsMax) {
            var query = EventHistoryQuery(limit: StatusLimits.runEventsMax)
            // An event of a Schedule is of no Instance.
            if DesiredSchedule.schedule(ofOwner: owner) == nil {
                query.instance = owner
            } else {
                query.kinds = EventRecord.Kind.ofSchedules
            }
            query.run = run
            let asked = query
            found += try await answered { try await source.events(asked) }
        }
        return found.sorted { $0.id < $1.id }.map(EventDocument.init)
    }

    fileprivate func logQuery(of owner: String) throws -> LogHistoryQuery {
        var wanted = LogHistoryQuery(instance: owner, limit: query.limit)
        wanted.stream = query["stream"]
        wanted.level = query["level"]
        wanted.text = query["grep"]
        wanted.since = query.time("since")
        wanted.until = query.time("until")
        if let cursor = query.cursor {
            guard let place = LogPlace(cursor) else { throw Refusal.strangeCursor }
            wanted.until = place.until
            wanted.skipped = place.skipped
        }
        return wanted
    }

    fileprivate func logPage(
        of owner: String, _ read: @escaping @Sendable () async throws -> LogHistoryPage?,
        without refusal: () -> Refusal
    ) async throws -> Payload {
        let page: LogHistoryPage?
        do { page = try await answered(read) } catch is LogsBusy { throw Refusal.busy }
        guard let page else { throw refusal() }
        var payload = try document(
            LogListDocument(
                instance: owner, items: page.records,
                next: page.older.map { LogPlace(until: $0.until, skipped: $0.skipped).cursor.text }))
        payload.etag = nil
        return payload
    }
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
