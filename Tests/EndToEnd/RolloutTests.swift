import Glibc
import TestKit
import Testing

extension EndToEnd {
    @Suite("Rollout") struct Rollout {
        private static func web(port: UInt16) -> String {
            Declare.python(
                "web", Workload.web,
                """
                env: {SLOW: "0.2"}
                endpoints: [{name: http, port: \(port)+index}]
                config: {fields: [{name: level, type: int, default: 0}]}
                health: {readiness: {http: {port: http, path: /}, period: 100ms}}
                """)
        }

        private static func instance(level: Int, strategy: String) -> String {
            Declare.instance(
                "web", of: "web",
                """
                replicas: 3
                config: {level: \(level)}
                update:
                  strategy: \(strategy)
                  minHealthyTime: 300ms
                  healthyDeadline: 20s
                  progressDeadline: 1m
                """)
        }

        private let names = ["web/0", "web/1", "web/2"]

        @Test("Rolling: one at a time, never fewer than two ready") func rolling() async throws {
            try await withHost { host in
                let port = try Ports.free(count: 3)
                try host.commit(
                    "Declare",
                    ["u.yaml": Self.web(port: port), "i.yaml": Self.instance(level: 0, strategy: "rolling")])
                try await host.startAgent()
                let before = try await host.settled(names).pids
                let head = try host.commit("Raise", ["i.yaml": Self.instance(level: 1, strategy: "rolling")])
                var fewest = 3
                var serving = 3
                try await host.until("all three are replaced", seconds: 40) { status in
                    fewest = min(fewest, names.count { status[$0]?.isReady == true })
                    serving = min(serving, (0..<3).count { answers(port + UInt16($0)) })
                    return status.accepted == head && status.areSettled(names)
                        && names.allSatisfy { status[$0]?.pid != before[$0] }
                }
                #expect(fewest == 2)
                #expect(serving >= 2)
                // Each is stopped only after the one before it was ready again.
                var busy: Set<String> = []
                for event in try host.events().drop(while: { $0.kind != "stopping" }) {
                    guard let replica = event.replica else { continue }
                    if event.kind == "stopping" { busy.insert(replica) }
                    if event.kind == "ready" { busy.remove(replica) }
                    #expect(busy.count <= 1, "\(busy) at once")
                }
            }
        }

        private func answers(_ port: UInt16) -> Bool {
            (try? HTTPExchange.ask("/", at: .port(port)).status) == 200
        }

        @Test("Recreate: all stop before any starts") func recreate() async throws {
            try await withHost { host in
                let port = try Ports.free(count: 3)
                try host.commit(
                    "Declare",
                    ["u.yaml": Self.web(port: port), "i.yaml": Self.instance(level: 0, strategy: "recreate")])
                try await host.startAgent()
                let before = try await host.settled(names).pids
                try host.commit("Raise", ["i.yaml": Self.instance(level: 1, strategy: "recreate")])
                let after = try await host.settled(names).pids
                #expect(names.allSatisfy { before[$0] != after[$0] })
                #expect(try exitsBeforeTheNextStart(host.events()) == 3)
            }
        }

        /// How many runs ended between the first stop and the first start after it.
        private func exitsBeforeTheNextStart(_ events: [EventView]) -> Int {
            var exits = 0
            var hasBegun = false
            for event in events {
                if event.kind == "stopping" { hasBegun = true }
                if hasBegun && event.kind == "exited" { exits += 1 }
                if hasBegun && event.kind == "starting" { return exits }
            }
            return exits
        }

        @Test("Scaled up, down, stopped and started again") func scale() async throws {
            try await withHost { host in
                func declare(_ more: String) throws {
                    try host.commit(more, ["i.yaml": Declare.sleeping("a", more)])
                }
                try host.commit("Declare", ["u.yaml": Declare.sleeper])
                try declare("replicas: 2")
                try await host.startAgent()
                let two = try await host.settled("a/0", "a/1").pids
                try declare("replicas: 4")
                let four = try await host.settled("a/0", "a/1", "a/2", "a/3").pids
                #expect(four["a/0"] == two["a/0"] && four["a/1"] == two["a/1"])
                try declare("replicas: 1")
                let one = try await host.until("one is left") { $0.pids.count == 1 && $0.replicas.count == 1 }
                #expect(one.pids["a/0"] == two["a/0"])

                try declare("replicas: 1\ndesired: stopped")
                let stopped = try await host.until("it is stopped") { $0["a/0"]?.phase == "Stopped" }
                #expect(stopped.pids.isEmpty)
                #expect(!ProcessTable.isAlive(two["a/0"] ?? 0))
                #expect(stopped.instance("a")["sync"].string == "Synced")
                try declare("replicas: 1\ndesired: running")
                try await host.settled("a/0")
            }
        }

        @Test("A suspended instance keeps what it runs until it is released") func suspended() async throws {
            try await withHost { host in
                try host.commit("Declare", ["u.yaml": Declare.sleeper, "i.yaml": Declare.sleeping("a")])
                try await host.startAgent()
                let before = try await host.settled("a/0").pids
                try host.commit(
                    "Suspend and change", ["i.yaml": Declare.sleeping("a", level: 2, "suspend: true")])
                let held = try await host.accepted()
                #expect(held.pids == before)
                #expect(held.instance("a")["suspended"].bool == true)
                signal(before["a/0"], SIGKILL)
                let crashed = try await host.until("supervision goes on") {
                    $0["a/0"]?.phase == "Running" && $0["a/0"]?.pid != before["a/0"] && $0["a/0"]?.pid != nil
                }
                let level = ProcessTable.entry(crashed.pids["a/0"] ?? 0).environment["LEVEL"]
                #expect(level == "0", "what was suspended stays as it was")
                try host.repository.write("i.yaml", Declare.sleeping("a", level: 2))
                #expect(try await host.plumb("diff").code == 1)
                try host.commit("Release")
                let after = try await host.settled("a/0").pids
                #expect(ProcessTable.entry(after["a/0"] ?? 0).environment["LEVEL"] == "2")
            }
        }
    }
}

extension Declare {
    fileprivate static func sleeping(_ name: String, _ more: String) -> String {
        instance(name, of: "sleeper", more)
    }
}
