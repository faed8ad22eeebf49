import Glibc
import Testing

extension EndToEnd {
    @Suite("Start") struct Start {
        @Test("Three instances come up, with the environment that is promised") func comesUp() async throws {
            try await withHost { host in
                let port = try Ports.free(count: 2)
                let head = try host.commit(
                    "Declare three",
                    [
                        "units/printer.yaml": Declare.shell(
                            "printer", "env; echo complaint >&2; exec sleep 100000",
                            "env: {GREETING: \"hello, world\"}\n"
                                + "endpoints: [{name: http, port: \(port)+index}]"
                        ),
                        "units/sleeper.yaml": Declare.sleeper,
                        "instances/printer.yaml": Declare.instance("printer", of: "printer", "replicas: 2"),
                        "instances/rest.yaml": Declare.sleeping("a") + "---\n" + Declare.sleeping("b"),
                    ])
                try await host.startAgent()
                let status = try await host.settled("printer/0", "printer/1", "a/0", "b/0")
                #expect(Set(status.pids.values).count == 4)
                #expect(status.pids.values.allSatisfy { ProcessTable.isAlive($0) })
                #expect(status.accepted == head)
                #expect(status.condition("Synced") != nil)

                for index in 0..<2 {
                    let lines = try await printed("printer/\(index)", host)
                    let run = try #require(status["printer/\(index)"]?.run)
                    let directory = "\(host.state)/instances/printer/\(index)"
                    for line in [
                        "GREETING=hello, world", "PLUMB_INSTANCE=printer", "PLUMB_REPLICA=\(index)",
                        "PLUMB_RUN_ID=\(run)", "PLUMB_REVISION=\(head)",
                        "PLUMB_PORT_HTTP=\(Int(port) + index)", "PLUMB_PRIVATE_DIR=\(directory)/private",
                        "PLUMB_WORKSPACE_DIR=\(directory)/workspace", "PLUMB_LOG_DIR=\(directory)/logs",
                        "PLUMB_SHARED_DIR=\(host.shared)",
                    ] { #expect(lines.contains(line), "\(line) is missing") }
                    #expect(!lines.contains { $0.contains("AGENT_SECRET_OF_ITS_OWN") }, "not clean")
                }
                #expect(Files.mode("\(host.state)/instances/printer/0/private") == 0o700)

                let both = try await host.plumb("logs", "printer", "--stderr")
                #expect(both.code == 0)
                #expect(both.output.split(separator: "\n").count == 2)
                #expect(both.output.contains("complaint"))
            }
        }

        /// What a replica has printed, once all of it is there.
        private func printed(_ replica: String, _ host: Host) async throws -> [String] {
            var lines: [String] = []
            try await eventually("\(replica) has printed its environment") {
                let result = try await host.plumb("logs", replica, "-n", "all")
                lines = result.output.split(separator: "\n").map(String.init)
                return lines.contains { $0.hasPrefix("PLUMB_REVISION=") }
                    && lines.contains { $0.hasPrefix("GREETING=") }
            }
            return lines
        }

        @Test("What people look at tells of every replica") func tables() async throws {
            try await withHost { host in
                try host.commit(
                    "Declare",
                    ["u.yaml": Declare.sleeper, "i.yaml": Declare.sleeping("web", level: 1, "replicas: 2")])
                try await host.startAgent()
                let pids = try await host.settled("web/0", "web/1").pids

                let status = try await host.plumb("status")
                #expect(status.code == 0)
                #expect(status.output.contains("web"))
                let json = try await host.plumb("status", "-o", "json").json()
                #expect(StatusView(json: json).pids == pids)
                let yaml = try await host.plumb("status", "-o", "yaml")
                #expect(yaml.output.contains("pid: \(pids["web/0"] ?? 0)"))

                let events = try await host.plumb("events")
                #expect(events.code == 0)
                #expect(events.output.contains("web/0 runs with pid \(pids["web/0"] ?? 0)"))
                #expect(try await host.plumb("events", "-o", "json").json()["items"].array.isEmpty == false)
            }
        }
    }
}
