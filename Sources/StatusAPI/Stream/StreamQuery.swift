import Reconciler

/// What a client of the stream wants.
struct StreamQuery: Sendable, Hashable {
    enum Topic: String, Sendable, Hashable, CaseIterable { case status, events, usage, logs }

    var topics: Set<Topic> = [.status, .events]
    var instance: String?
    /// So many of the newest events come first.
    var history = 0
    var tail: TailQuery?

    static let parameters: Set<String> = [
        "topics", "instance", "replica", "stream", "history", "tail", "since", "level",
    ]

    init() {}

    init(_ query: QueryParameters) throws(Refusal) {
        if let text = query["topics"] { topics = try Self.topics(text) }
        instance = query["instance"]
        history = try query.count("history", max: StatusLimits.historyMax) ?? 0
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

    private static func topics(_ text: String) throws(Refusal) -> Set<Topic> {
        var topics = Set<Topic>()
        for word in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let topic = Topic(rawValue: String(word)) else {
                let known = Topic.allCases.map(\.rawValue).joined(separator: ", ")
                throw .badQuery("topics", "is a list with commas of \(known), not '\(text)'")
            }
            topics.insert(topic)
        }
        return topics
    }

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
        var tail = TailQuery(instance: instance, index: try query.index("replica"))
        if let text = query["stream"] {
            guard let stream = TailStream(rawValue: text) else {
                throw .badQuery("stream", "is stdout or stderr, not '\(text)'")
            }
            tail.streams = [stream]
        }
        if let text = query["level"] {
            guard TailQuery.levels.contains(text) else {
                throw .badQuery(
                    "level", "is one of \(TailQuery.levels.joined(separator: ", ")), not '\(text)'")
            }
            tail.level = text
        }
        tail.since = try query.time("since")
        let last = try query.count("tail", max: StatusLimits.tailMax)
        tail.last = tail.since == nil ? last ?? StatusLimits.tailDefault : last
        return tail
    }
}
