import Reconciler
import Testing

struct IdentifierTests {
    @Test("run ids sort by the time of their claim")
    func order() {
        let times: [UInt64] = [0, 1, 15, 16, 255, 256, 1_767_225_600_000, 1_767_225_600_001, (1 << 48) - 1]
        let ids = times.map { RunID(milliseconds: $0, randomness: UInt32.random(in: .min ... .max)) }
        #expect(ids == ids.sorted())
        #expect(ids.allSatisfy { $0.text.utf8.count == 20 })
    }

    @Test("replicas read back from their text", arguments: ["web/0", "web/12", "a-b/3"])
    func replica(text: String) { #expect(ReplicaID(text)?.description == text) }

    @Test(
        "what is no replica is refused", arguments: ["", "web", "web/", "/0", "web/-1", "web/0/1", "web/x"])
    func noReplica(text: String) { #expect(ReplicaID(text) == nil) }

    @Test("instants do not wrap around")
    func instants() {
        let late = Instant(nanoseconds: .max - 5)
        #expect(late + .seconds(1) == Instant(nanoseconds: .max))
        #expect(Instant(nanoseconds: .min) - late < .zero)
        #expect(late - Instant(nanoseconds: .min) > .zero)
    }

    @Test("an indexed port adds the replica's index, and stays a port")
    func ports() {
        let indexed = EndpointSpec(name: "http", protocolName: "tcp", basePort: 8080, indexed: true)
        #expect([0, 1, 7].map(indexed.port) == [8080, 8081, 8087])
        #expect(indexed.port(index: 60_000) == nil)
        let fixed = EndpointSpec(name: "http", protocolName: "tcp", basePort: 8080, indexed: false)
        #expect(fixed.port(index: 7) == 8080)
    }

    @Test(
        "durations read at a glance",
        arguments: [
            (0, "0ms"), (850, "850ms"), (12_000, "12s"), (192_000, "3m12s"), (18_180_000, "5h03m"),
            (1_036_800_000, "12d"),
        ])
    func rough(milliseconds: Int, text: String) { #expect(Duration.milliseconds(milliseconds).rough == text) }

    @Test(
        "durations read back as they would be declared",
        arguments: [(90_000, "1m30s"), (500, "500ms"), (0, "0s")])
    func declared(milliseconds: Int, text: String) {
        #expect(Duration.milliseconds(milliseconds).declared == text)
    }
}
