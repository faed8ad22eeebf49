import Manifests
import Reconciler
import Testing

@testable import StatusAPI

@Suite struct DiscoveryTests {
    private static func state(_ change: (inout AgentState) -> Void = { _ in }) -> AgentState {
        var state = Sample.state()
        state.desired?.instances["web"]?.endpointLabels = ["http": "tier=edge,zone=b"]
        change(&state)
        return state
    }

    @Test func readyEndpointsAreToldWithAllThatTheyAre() async throws {
        let state = Self.state {
            $0.address = "10.0.0.5"
            $0.observed.runs[SlotID(instance: "web", index: 1)]?.readySince = nil
        }
        try await withServer(SampleSource(state)) { at in
            let connection = try Connection(port: at.port)
            let list = try await connection.ask("/v1/discovery").document(ListDocument<EndpointDocument>.self)
            #expect(list.items.map(\.instanceId) == ["db/0", "db/1", "web/0"])
            let web = try #require(list.items.last)
            #expect((web.serviceName, web.nodeId, web.ip, web.port) == ("web", "edge-1", "10.0.0.5", 8080))
            #expect((web.protocol, web.version, web.healthy, web.endpoint) == ("http", "1.4.2", true, "http"))
            #expect(web.labels == ["tier": "edge", "zone": "b"])
            #expect(web.lastSeen == Timestamp(Sample.wall(10)))
            for (query, count) in [
                ("service=web", 1), ("version=%5E1.4", 3), ("version=2", 0), ("protocol=http", 3),
                ("protocol=tcp", 0), ("limit=1", 1), ("service=broken", 0),
            ] {
                let some = try await connection.ask("/v1/discovery?\(query)")
                    .document(ListDocument<EndpointDocument>.self)
                #expect(some.items.count == count, "\(query)")
            }
            let one = try await connection.ask("/v1/discovery?service=web")
                .document(ListDocument<EndpointDocument>.self)
            #expect(one.items.map(\.instanceId) == ["web/0"])
            #expect(try await connection.ask("/v1/discovery?service=nobody").status == 404)
        }
    }

    @Test func severalInstancesMayBeOneService() async throws {
        let state = Self.state {
            for name in ["web", "db"] {
                $0.desired?.instances[name]?.labels[ServiceEndpoints.nameLabel] = "shop"
            }
        }
        try await withServer(SampleSource(state)) { at in
            let list = try await Connection(port: at.port).ask("/v1/discovery?service=shop")
                .document(ListDocument<EndpointDocument>.self)
            #expect(list.items.map(\.instanceId) == ["db/0", "db/1", "web/0", "web/1"])
            #expect(list.items.allSatisfy { $0.ip == "127.0.0.1" })
        }
    }

    @Test func oneIsChosenOrItIsSaidWhyNot() async throws {
        try await withServer(SampleSource(Self.state())) { at in
            let connection = try Connection(port: at.port)
            func chosen(_ query: String) async throws -> String {
                try await connection.ask("/v1/resolve?service=web\(query)").document(ResolutionDocument.self)
                    .endpoint.instanceId
            }
            var turns: [String] = []
            for _ in 0..<4 { turns.append(try await chosen("&strategy=round_robin")) }
            #expect(Set(turns[0..<2]) == ["web/0", "web/1"])
            #expect(Array(turns[0..<2]) == Array(turns[2..<4]))
            let key = try await chosen("&strategy=hash&hashKey=ann")
            for _ in 0..<3 { #expect(try await chosen("&strategy=hash&hashKey=ann") == key) }
            #expect(["web/0", "web/1"].contains(try await chosen("")))
            for (target, status, code) in [
                ("/v1/resolve?service=nobody", 404, "not-found"),
                ("/v1/resolve?service=broken", 503, "nothing-ready"),
                ("/v1/resolve?service=web&version=9", 404, "not-found"),
            ] {
                let reply = try await connection.ask(target)
                #expect(reply.status == status)
                #expect(try reply.document(ProblemDocument.self).code == code)
            }
            let why = try await connection.ask("/v1/resolve?service=broken").document(ProblemDocument.self)
            #expect(why.detail.contains("broken has 0 of 1 ready"), "\(why.detail)")
        }
    }

    /// Of 2,000 keys on ten endpoints those of one that goes move, and no others.
    @Test func fewKeysMoveWhenAnEndpointGoes() throws {
        let all = (0..<10).map { index in
            EndpointDocument(
                serviceName: "web", instanceId: "web/\(index)", nodeId: "edge-1", ip: "", port: 1,
                protocol: "http", version: "1.0.0", labels: [:], healthy: true,
                lastSeen: Timestamp(Sample.start), endpoint: "http")
        }
        func place(_ key: Int, _ endpoints: [EndpointDocument]) -> String? {
            ChoosingStrategy.rendezvous("key \(key)", among: endpoints)?.instanceId
        }
        var counts: [String: Int] = [:]
        for key in 0..<2_000 {
            let before = try #require(place(key, all))
            counts[before, default: 0] += 1
            let after = try #require(place(key, Array(all.dropLast())))
            #expect(before == "web/9" || before == after)
        }
        #expect(counts.count == 10 && counts.values.allSatisfy { (120...280).contains($0) }, "\(counts)")
    }

    @Test func turnsAreBounded() {
        let turns = Turns()
        for number in 0..<(3 * StatusLimits.turnsMax) {
            #expect(turns.take(of: "service \(number)", among: 3) == 0)
        }
        #expect(turns.take(of: "a", among: 2) + turns.take(of: "a", among: 2) == 1)
    }
}
