import Glibc
import TestKit
import Testing

extension EndToEnd {
    @Suite("Limits and accounting") struct Limits {
        private static let sleeper = Declare.unit(
            "web",
            """
            entry: {command: /bin/sh, args: [-c, 'setsid sleep 100000 & exec sleep 100000']}
            """)

        private static func instance(_ resources: String) -> String {
            Declare.instance("web", of: "web", "resources: \(resources)")
        }

        @Test("A limit is changed without a restart, by an agent that has adopted the run too")
        func live() async throws {
            try await withHost { host in
                try host.commit(
                    "Declare", ["u.yaml": Self.sleeper, "i.yaml": Self.instance("{nofile: 100}")])
                try await host.startAgent()
                let pid = try #require(try await host.settled("web/0").pids["web/0"])
                func nofile() -> String {
                    let line = Files.lines("/proc/\(pid)/limits").first { $0.hasPrefix("Max open files") }
                    return line?.split(separator: " ").dropFirst(3).first.map(String.init) ?? ""
                }
                #expect(nofile() == "100")
                try host.commit("More", ["i.yaml": Self.instance("{nofile: 90}")])
                try await host.until("it has the new limit") { _ in nofile() == "90" }
                await host.killAgent()
                try host.commit("Less", ["i.yaml": Self.instance("{nofile: 80}")])
                try await host.startAgent()
                try await host.until("the next agent sets it") { _ in nofile() == "80" }
                let after = try await host.settled("web/0")
                #expect(after.pids["web/0"] == pid && after["web/0"]?.restarts == 0)
            }
        }

        @Test("What a replica uses is shown beside its limits, and every process of it as a tree")
        func usage() async throws {
            try await withHost { host in
                try host.commit(
                    "Declare", ["u.yaml": Self.sleeper, "i.yaml": Self.instance("{pids: 50, memory: 64Mi}")])
                try await host.startAgent()
                let pid = try #require(try await host.settled("web/0").pids["web/0"])
                try await host.until("both processes run") { _ in
                    try host.ask("/v1/instances/web/proctree").json()["replicas"].array
                        .first?["processes"].array.count == 2
                }
                let detail = try await host.plumb("status", "web", "-o", "json").json()
                let replica = try #require(detail["instance"]["replicas"].array.first)
                #expect(replica["limits"]["memory"].string == "64Mi")
                #expect(replica["limits"]["pids"].string == "50")
                #expect(replica["usage"]["tasks"].int == 2)
                #expect((replica["usage"]["memoryBytes"].int ?? 0) > 100_000)
                #expect((replica["usage"]["descriptors"].int ?? 0) >= 6)
                let tree = try await host.plumb("tree", "web/0").output
                #expect(tree.contains("\(pid)") && tree.contains("sleep 100000"), "\(tree)")
                let none = try await host.plumb("tree", "web/7")
                #expect(none.code == 2 && none.errors.contains("there are: web/0"), "\(none)")
                let metrics = try host.ask("/metrics").text
                #expect(metrics.contains("plumb_replica_tasks{instance=\"web\",replica=\"0\"} 2\n"))
                #expect(metrics.contains("plumb_replica_restarts_total{instance=\"web\",replica=\"0\"} 0\n"))
            }
        }

        @Test("Where the host cannot hold a replica to its limits it runs, and what is missing is named")
        func degraded() async throws {
            try await withHost { host in
                // A weight of disks is acted on by few hosts, and by no test machine that has neither BFQ nor
                // io.cost.
                try host.commit(
                    "Declare", ["u.yaml": Self.sleeper, "i.yaml": Self.instance("{io: {weight: 50}}")])
                try await host.startAgent()
                try await host.settled("web/0")
                let schedulers = Files.names(in: "/sys/block").compactMap {
                    Files.text("/sys/block/\($0)/queue/scheduler")
                }
                guard !schedulers.contains(where: { $0.contains("[bfq]") }) else { return }
                try await host.until("what is missing is named") {
                    let found = $0["web/0"]?.json["findings"].array.first
                    return found?["type"].string == "LimitsDegraded"
                        && found?["message"].string?.hasPrefix("io.weight: ") == true
                }
                try host.commit("Take it out", ["i.yaml": Self.instance("{nofile: 100}")])
                try await host.until("it is as declared again") {
                    $0["web/0"]?.json["findings"].array.isEmpty ?? true
                }
            }
        }
    }
}
