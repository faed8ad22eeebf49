import Synchronization

/// What the endpoint can tell of itself.
final class Serving: Sendable {
    private struct Key: Hashable {
        var route: String
        var code: Int
    }

    /// How long answers took, from the whole request to the head of its answer.
    private struct Durations {
        var counts = [UInt64](repeating: 0, count: Serving.bounds.count + 1)
        var seconds = 0.0

        mutating func add(_ time: Double) {
            counts[Serving.bounds.firstIndex { time <= $0 } ?? Serving.bounds.count] += 1
            seconds += time
        }
    }

    /// Upper ends of the histogram, in seconds.
    private static let bounds = [0.001, 0.005, 0.025, 0.1, 0.5, 2.5]

    let connections = ConnectionCounts()
    let streams: Broadcaster
    private let requests = Mutex<[Key: Durations]>([:])
    private let certificate = Mutex<TLSKeeper?>(nil)

    init(streams: Broadcaster) { self.streams = streams }

    func use(_ keeper: TLSKeeper?) { certificate.withLock { $0 = keeper } }

    /// Routes are those of the table, whatever was asked for, so that nobody can make new labels.
    func answered(path: String, code: Int, after time: Duration) {
        let segments = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        let route = Route.all.first { $0.match(Array(segments)) != nil }?.template ?? "other"
        requests.withLock { $0[Key(route: route, code: code), default: Durations()].add(time / .seconds(1)) }
    }

    var families: [MetricFamily] {
        var answers = MetricFamily(
            "plumb_http_requests_total", .counter, "Requests to the status endpoint, by route and code.")
        var durations = MetricFamily(
            "plumb_http_request_duration_seconds", .histogram,
            "How long answers took, by route and code; a stream until it began.")
        let counts = requests.withLock { $0 }
        for (key, took) in counts.sorted(by: { ($0.key.route, $0.key.code) < ($1.key.route, $1.key.code) }) {
            let labels: KeyValuePairs = ["route": key.route, "code": "\(key.code)"]
            answers.add(took.counts.reduce(0, +), labels)
            durations.add(
                AgentMeters.Histogram(bounds: Self.bounds, counts: took.counts, sum: took.seconds), labels)
        }
        var open = MetricFamily("plumb_http_connections", .gauge, "Open connections to the endpoint.")
        open.add(connections.total)
        var watching = MetricFamily("plumb_streams", .gauge, "Open streams.")
        watching.add(streams.streams)
        var expiry = MetricFamily(
            "plumb_tls_certificate_expiry_seconds", .gauge,
            "When the certificate in force ends, in seconds since 1970.")
        var reloads = MetricFamily(
            "plumb_tls_reloads_total", .counter, "Certificate files that changed, by what became of it.")
        if let facts = certificate.withLock({ $0?.facts }) {
            expiry.add(Double(facts.notAfter))
            reloads.add(facts.reloads, ["result": "used"])
            reloads.add(facts.failures, ["result": "failed"])
        }
        return [answers, durations, open, watching, expiry, reloads]
    }
}
