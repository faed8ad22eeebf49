import Reconciler
import Synchronization

/// How one of several endpoints is chosen.
enum ChoosingStrategy: String, Sendable, CaseIterable {
    case random
    /// One after the other, for all who ask.
    case roundRobin = "round_robin"
    /// The same key leads to the same endpoint, for as long as that is ready.
    case hash

    /// Rendezvous hashing: each endpoint has a number for the key, and the greatest wins. One that goes takes
    /// only its own keys along, and one that comes takes a fair share of each other's.
    static func rendezvous(_ key: String, among endpoints: [EndpointDocument]) -> EndpointDocument? {
        endpoints.map { endpoint in
            let place = "\(endpoint.nodeId)/\(endpoint.instanceId)/\(endpoint.endpoint)"
            var hash = MessageAuthenticationCode(key: Array(key.utf8))
            hash.update(Array(place.utf8))
            return (weight: hash.finish(), endpoint: endpoint)
        }.max { $0.weight < $1.weight }?.endpoint
    }
}

/// Whose turn it is, by service. A service that was forgotten begins anew.
final class Turns: Sendable {
    private let next = Mutex<[String: UInt64]>([:])

    func take(of service: String, among count: Int) -> Int {
        guard count > 0 else { return 0 }
        let turn = next.withLock { next -> UInt64 in
            if next[service] == nil, next.count >= StatusLimits.turnsMax { next = [:] }
            defer { next[service, default: 0] &+= 1 }
            return next[service] ?? 0
        }
        return Int(turn % UInt64(count))
    }
}
