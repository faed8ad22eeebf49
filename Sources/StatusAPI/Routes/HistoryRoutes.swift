import Manifests
import Reconciler

extension Route {
    /// What led to how things are.
    static let history: [Route] = instanceHistory + revisions + events

    private static let instanceHistory: [Route] = [
        Route(
            template: "/v1/instances/{name}/why",
            summary: "Say why an Instance is as it is, back to the commit",
            parameters: [
                .instanceName,
                Parameter("replica", .number(0...1_000_000), "Only of this replica.", example: "0"),
            ],
            produces: .json(WhyDocument.self)
        ) { request in
            let state = try await request.state()
            let (source, name) = (request.source, request.name)
            let query = EventHistoryQuery(instance: name, limit: Why.eventsMax)
            let events = try await answered { try await source.events(query) }
            guard
                let why = Why(
                    state, instance: name, replica: request.query.number("replica").map { Int($0) },
                    events: events.map(\.record))
            else { throw Refusal.noInstance(name, state) }
            return try request.document(
                WhyDocument(why, output: try await request.output(of: why), in: state))
        },
        Route(
            template: "/v1/instances/{name}/history",
            summary: "List what was wanted of an Instance, the newest first",
            parameters: [.instanceName, .limit(StatusLimits.specsDefault, max: StatusLimits.specsMax)],
            produces: .json(ListDocument<SpecRecordDocument>.self)
        ) { request in
            let state = try await request.state()
            let (source, name) = (request.source, request.name)
            let limit = request.query.limit
            let records = try await answered { try await source.specs(of: name, limit: limit) }
            if records.isEmpty, state.instanceStatus(name) == nil { throw Refusal.noInstance(name, state) }
            return try request.document(
                ListDocument(
                    kind: "SpecHistory", items: records.map { SpecRecordDocument($0, now: state.nowWall) }))
        },
    ]

    private static let revisions: [Route] = [
        Route(
            template: "/v1/revisions",
            summary: "List the revisions that were seen and what became of them, the newest first",
            parameters: [
                .since,
                Parameter(
                    "outcome", .text(), "Only of this outcome: accepted, invalid, held, rejected, …",
                    example: "accepted"),
                .limit(StatusLimits.revisionsDefault, max: StatusLimits.revisionsMax), .cursor,
            ],
            produces: .json(ListDocument<RevisionHistoryDocument>.self)
        ) { request in
            let limit = request.query.limit
            let query = RevisionHistoryQuery(
                outcome: request.query["outcome"], since: request.query.time("since"),
                before: try request.query.numberedPlace(), limit: limit + 1)
            let source = request.source
            let (entries, total) = try await answered {
                (try await source.revisions(query), try await source.revisionCount(query))
            }
            return try request.newestFirst(
                "RevisionList", entries, total: total, id: \.id, RevisionHistoryDocument.init)
        },
        Route(
            template: "/v1/revisions/{id}", summary: "Show one revision, and what became of it",
            parameters: [revision], produces: .json(RevisionDetailDocument.self)
        ) { request in
            let state = try await request.state()
            let (source, prefix) = (request.source, request.segments["id"] ?? "")
            let query = RevisionHistoryQuery(prefix: prefix, limit: StatusLimits.revisionsMax)
            let entries = try await answered { try await source.revisions(query) }
            guard Set(entries.map(\.revision.id)).count <= 1 else { throw Refusal.ambiguous(prefix) }
            guard let document = RevisionDetailDocument(entries, in: state) else {
                throw Refusal.unseen(prefix)
            }
            return try request.document(document)
        },
        Route(
            template: "/v1/revisions/{id}/trace", summary: "Show when a revision got how far on this host",
            parameters: [revision], produces: .json(TraceDocument.self)
        ) { request in
            let state = try await request.state()
            let (source, prefix) = (request.source, request.segments["id"] ?? "")
            let traces = try await answered { try await source.traces(prefix: prefix, limit: 2) }
            guard let trace = traces.first else { throw Refusal.unseen(prefix) }
            guard traces.count == 1 || trace.revision.id.hex == prefix else {
                throw Refusal.ambiguous(prefix)
            }
            return try request.document(TraceDocument(trace, node: state.node.name))
        },
    ]

    private static let revision = Parameter.path(
        "id", .text(max: 40, pattern: TextPattern.revision),
        "A commit's id, or its first digits, four at least.", example: "3f2a9c1")

    private static let events: [Route] = [
        Route(
            template: "/v1/events", summary: "List events, as they happened",
            parameters: [
                .after, .instance, .label, .node, .since,
                Parameter(
                    "kind", .words(EventRecord.Kind.allCases.map(\.rawValue)), "Only of these kinds.",
                    example: "exited,backoff"),
                Parameter(
                    "run", .text(max: 20, pattern: TextPattern.run), "Only of this run.",
                    example: "019a2f3b4c5d00000001"),
                .limit(StatusLimits.eventsDefault, max: StatusLimits.eventsMax), .cursor,
            ],
            produces: .json(ListDocument<EventDocument>.self)
        ) { request in
            try await request.events()
        },
        Route(
            template: "/v1/events/{id}", summary: "Show one event", parameters: [eventID],
            produces: .json(EventDetailDocument.self)
        ) { request in
            let entry = try await request.event()
            let node = try await request.state().node.name
            return try request.document(EventDetailDocument(EventDocument(entry), node: node))
        },
        Route(
            template: "/v1/audit",
            summary: "List who asked for what on this host, the newest first",
            parameters: [
                .since, .limit(StatusLimits.eventsDefault, max: StatusLimits.eventsMax), .cursor,
            ],
            produces: .json(ListDocument<AuditDocument>.self)
        ) { request in
            let limit = request.query.limit
            var query = EventHistoryQuery(since: request.query.time("since"), limit: limit + 1)
            query.isAudit = true
            query.before = try request.query.numberedPlace()
            let (entries, total) = try await request.entries(query)
            return try request.newestFirst(
                "AuditList", entries.reversed(), total: total, id: \.id, AuditDocument.init)
        },
        Route(
            template: "/v1/audit/{id}", summary: "Show one thing that somebody asked for",
            parameters: [eventID], produces: .json(AuditDetailDocument.self)
        ) { request in
            let entry = try await request.event()
            guard AuditDocument.tells(entry.record) else {
                throw Refusal.notFound("event \(entry.id) is nothing that somebody asked for")
            }
            let node = try await request.state().node.name
            return try request.document(AuditDetailDocument(AuditDocument(entry), node: node))
        },
    ]

    private static let eventID = Parameter.path(
        "id", .number(0...Int64.max), "An event's id.", example: "1")
}

extension RouteRequest {
    /// A page of what was asked for with one more than fits; `next` leads to what is older.
    fileprivate func newestFirst<Entry, Item: Codable & Sendable>(
        _ kind: String, _ entries: [Entry], total: Int, id: (Entry) -> Int64, _ item: (Entry) -> Item
    ) throws -> Payload {
        let shown = entries.prefix(query.limit)
        let next =
            entries.count > query.limit ? shown.last.map { PageCursor(.before, "\(id($0))").text } : nil
        return try document(ListDocument(kind: kind, items: shown.map(item), total: total, next: next))
    }

    /// What the telling runs wrote last, for whoever may read logs.
    fileprivate func output(of why: Why) async throws -> [RunID: [OutputLine]] {
        guard scopes.contains(.logs) else { return [:] }
        var output: [RunID: [OutputLine]] = [:]
        let source = source
        for replica in why.replicas.prefix(StatusLimits.outputRunsMax) {
            guard let run = replica.telling else { continue }
            let slot = SlotID(replica: replica.status.replica)
            output[run] = try await answered {
                await source.lastOutput(of: run, in: slot, lines: StatusLimits.outputLinesMax)
            }
        }
        return output
    }

    /// Forward with `after` (or a cursor of such a page), else the newest and then ever older ones.
    fileprivate func events() async throws -> Payload {
        let limit = query.limit
        let cursor = query.cursor
        var wanted = EventHistoryQuery(since: query.time("since"), limit: limit + 1)
        let place = try query.numberedPlace()
        switch cursor?.way {
        case .after?: wanted.after = place
        case .before?: wanted.before = place
        case nil: wanted.after = query.number("after")
        }
        wanted.kinds = query.words("kind")
        wanted.run = query["run"].map { RunID(text: $0) }
        let filter = InstanceFilter(query)
        if filter.labels != nil || filter.node != nil {
            let state = try await state()
            // What is of the agent itself is of its node, and of no Instance.
            wanted.instances =
                filter.takes(state.node) && filter.labels == nil ? nil : filter.instances(in: state)
        }
        wanted.instance = filter.instance
        let (entries, total) = try await entries(wanted)
        let isForward = wanted.after != nil
        let shown = isForward ? entries.prefix(limit) : entries.suffix(limit)
        let edge = isForward ? shown.last : shown.first
        let next =
            entries.count > limit
            ? edge.map { PageCursor(isForward ? .after : .before, "\($0.id)").text } : nil
        return try document(
            ListDocument(
                kind: "EventList", items: shown.map(EventDocument.init),
                cursor: shown.last?.id ?? wanted.after,
                total: total, next: next))
    }

    fileprivate func entries(_ query: EventHistoryQuery) async throws -> ([EventHistoryEntry], Int) {
        let source = source
        return try await answered { (try await source.events(query), try await source.eventCount(query)) }
    }

    fileprivate func event() async throws -> EventHistoryEntry {
        let source = source
        let id = segments["id"].flatMap { Int64($0) } ?? 0
        guard let entry = try await answered({ try await source.event(id) }) else {
            throw Refusal.notFound("no event \(id) is remembered: it never was, or it is forgotten")
        }
        return entry
    }
}

extension AuditDocument {
    /// The kinds of events that an audit is made of; of some only where somebody asked.
    static let kinds: Set<EventRecord.Kind> = [
        .approved, .approvalRefused, .suspended, .resumed, .rewindApproved, .quarantineLifted,
    ]

    static func tells(_ record: EventRecord) -> Bool {
        kinds.contains(record.kind) && (record.kind != .quarantineLifted || record.caller != nil)
    }
}

extension Refusal {
    static func badRevision(_ detail: String) -> Refusal {
        Refusal(
            problem: ProblemDocument(
                status: 400, code: "bad-revision", title: "Bad revision", detail: detail))
    }

    fileprivate static func ambiguous(_ prefix: String) -> Refusal {
        .badRevision("'\(prefix)' fits several revisions: give more digits")
    }

    fileprivate static func unseen(_ prefix: String) -> Refusal {
        .notFound("no revision \(prefix) has been seen by this agent, or not lately")
    }

    static func noInstance(_ name: String, _ state: AgentState) -> Refusal {
        .notFound("no Instance '\(name)' is declared for \(state.node.name) or runs on it")
    }
}
