import Reconciler

/// What a client of the stream wants.
struct StreamQuery: Sendable, Hashable {
    enum Topic: String, Sendable, Hashable, CaseIterable { case status, events, usage, logs }

    var topics: Set<Topic> = [.status, .events]
    var instance: String?
    /// So many of the newest events come first.
    var history = 0
    var tail: TailQuery?

    static let parameters: [Parameter] = [
        Parameter(
            "topics", .words(Topic.allCases.map(\.rawValue)), "What is wanted; `status,events` if not said.",
            example: "status,events"),
        Parameter("instance", .text(), "Only of this Instance; needed for logs.", example: "web"),
        Parameter("replica", .number(0...1_000_000), "Of logs: only of this replica.", example: "0"),
        Parameter(
            "stream", .word(TailStream.allCases.map(\.rawValue)), "Of logs: only one stream.",
            example: "stderr"),
        Parameter(
            "history", .number(0...Int64(StatusLimits.historyMax)),
            "So many of the newest events come first.",
            example: "10"),
        Parameter(
            "tail", .number(0...Int64(StatusLimits.tailMax)),
            "Of logs: so many of the newest lines come first.",
            example: "10"),
        Parameter("since", .time, "Of logs: lines from then on.", example: "2026-11-21T09:30:00Z"),
        Parameter("level", .word(TailQuery.levels), "Of logs: only this level or worse.", example: "warn"),
    ]

    init() {}

    init(_ query: QueryParameters) throws(Refusal) {
        if let words = query.words("topics") { topics = Set(words.compactMap(Topic.init)) }
        instance = query["instance"]
        history = query.number("history").map { Int($0) } ?? 0
        if history > 0, !topics.contains(.events) {
            throw .badQuery("history", "is about events: add them to topics")
        }
        tail = try Self.tail(query, topics)
    }

    /// What a token must allow.
    var scopes: Set<Scope> {
        var scopes: Set<Scope> = topics.subtracting([.logs]).isEmpty ? [] : [.status]
        if topics.contains(.logs) { scopes.insert(.logs) }
        return scopes
    }

    /// Whether it needs more than logs.
    var wantsPicture: Bool { topics.contains(.status) || topics.contains(.events) }

    private static func tail(_ query: QueryParameters, _ topics: Set<Topic>) throws(Refusal) -> TailQuery? {
        guard topics.contains(.logs) else {
            for name in ["replica", "stream", "tail", "since", "level"] where query[name] != nil {
                throw .badQuery(name, "is about logs: add them to topics")
            }
            return nil
        }
        guard let instance = query["instance"] else {
            throw .badQuery("instance", "is missing: logs are followed for one Instance")
        }
        var tail = TailQuery(instance: instance, index: query.number("replica").map { Int($0) })
        if let stream = query["stream"].flatMap(TailStream.init) { tail.streams = [stream] }
        tail.level = query["level"]
        tail.since = query.time("since")
        let last = query.number("tail").map { Int($0) }
        tail.last = tail.since == nil ? last ?? StatusLimits.tailDefault : last
        return tail
    }
}
