import Synchronization

/// What the endpoint can tell of itself.
final class Serving: Sendable {
    private struct Key: Hashable {
        var route: String
        var code: Int
    }

    let connections = ConnectionCounts()
    let streams: Broadcaster
    private let requests = Mutex<[Key: Int]>([:])
    private let certificate = Mutex<TLSKeeper?>(nil)

    init(streams: Broadcaster) { self.streams = streams }

    func use(_ keeper: TLSKeeper?) { certificate.withLock { $0 = keeper } }

    /// Routes are those of the table, whatever was asked for, so that nobody can make new labels.
    func answered(path: String, code: Int) {
        let segments = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        let route = Route.all.first { $0.match(Array(segments)) != nil }?.template ?? "other"
        requests.withLock { $0[Key(route: route, code: code), default: 0] += 1 }
    }

    var families: [MetricFamily] {
        var answers = MetricFamily(
            "plumb_http_requests_total", .counter, "Requests to the status endpoint, by route and code.")
        let counts = requests.withLock { $0 }
        for (key, count) in counts.sorted(by: { ($0.key.route, $0.key.code) < ($1.key.route, $1.key.code) }) {
            answers.add(count, ["route": key.route, "code": "\(key.code)"])
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
        return [answers, open, watching, expiry, reloads]
    }
}
