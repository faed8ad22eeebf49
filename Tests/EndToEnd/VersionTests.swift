import Glibc
import TestKit
import Testing

extension EndToEnd {
    @Suite("Versions and nodes") struct Versions {
        @Test("A newer version of a Unit moves its instances, and the cause names that line")
        func newerVersion()
            async throws
        {
            try await withHost { host in
                func unit(_ version: String) -> String {
                    Declare.shell("web", version: version, "exec sleep 100000")
                }
                try host.commit(
                    "Declare",
                    [
                        "web-1.0.yaml": unit("1.0.0"), "i.yaml": Declare.instance("caret", of: "web@^1.0"),
                        "j.yaml": Declare.instance("pinned", of: "web@1.0.0"),
                    ])
                try await host.startAgent()
                let before = try await host.settled("caret/0", "pinned/0")
                try host.commit("Release 1.1", ["web-1.1.yaml": unit("1.1.0")], by: "Eve <eve@example.org>")
                let after = try await host.settled("caret/0", "pinned/0")
                #expect(after.instance("caret")["unit"].string == "web@1.1.0")
                #expect(after.pids["caret/0"] != before.pids["caret/0"])
                #expect(after.pids["pinned/0"] == before.pids["pinned/0"])
                let cause = try host.events().last { $0.kind == "starting" }?.cause ?? ""
                #expect(cause.contains("web@1.0.0 → web@1.1.0"), "\(cause)")
                #expect(cause.contains("web-1.1.yaml"), "\(cause)")
                #expect(cause.contains("Eve"), "\(cause)")
            }
        }

        @Test("Names and labels of nodes decide what runs here") func nodes() async throws {
            try await withHost { host in
                try host.commit(
                    "Declare",
                    [
                        "u.yaml": Declare.sleeper,
                        "here.yaml": Declare.sleeping("here", level: 0, "nodes: {names: [e2e]}"),
                        "there.yaml": Declare.sleeping("there", level: 0, "nodes: {names: [other]}"),
                        "zone.yaml": Declare.sleeping("zone", level: 0, "nodes: {selector: {zone: a}}"),
                    ])
                try host.launchAgent(["--node-label", "zone=a"])
                let status = try await host.settled("here/0", "zone/0")
                #expect(status["there/0"] == nil)
                #expect(status.json["nodeLabels"]["zone"].string == "a")
                let pids = status.pids
                try host.commit(
                    "Move", ["zone.yaml": Declare.sleeping("zone", level: 0, "nodes: {selector: {zone: b}}")])
                let moved = try await host.until("zone has left") {
                    $0["zone/0"] == nil && $0.accepted != nil
                }
                #expect(moved.pids == pids.filter { $0.key != "zone/0" })
            }
        }

        @Test("The settings file, variables and flags: the nearest wins") func settings() async throws {
            try await withHost { host in
                try host.commit(
                    "Declare", ["deep/u.yaml": Declare.sleeper, "deep/a.yaml": Declare.sleeping("a")])
                Files.write(
                    host.root + "/agent.yaml",
                    """
                    apiVersion: plumb.dev/v1
                    kind: Agent
                    source: {path: deep}
                    node: {name: not-this, labels: {rack: "7"}}
                    """)
                try host.launchAgent(["--node-label", "zone=a"])
                let status = try await host.settled("a/0")
                #expect(status.json["node"].string == "e2e")
                #expect(status.json["nodeLabels"].object == ["rack": .string("7"), "zone": .string("a")])
                #expect(status.json["source"]["path"].string == "deep")
                await host.killAgent()
                Files.write(host.root + "/agent.yaml", "apiVersion: plumb.dev/v1\nkind: Agent\nsuorce: {}\n")
                let wrong = try await host.launchAgent().end(within: .seconds(20))
                #expect(wrong == .exited(2))
                #expect(Files.text(host.agentLog)?.contains("agent.yaml:3:") == true)
                #expect(Files.text(host.agentLog)?.contains("unknown setting suorce") == true)
            }
        }

        @Test("A rollout of something broken hurts one replica, and the fix passes it by")
        func brokenRollout()
            async throws
        {
            try await withHost { host in
                func declare(_ command: String) -> String {
                    Declare.shell("web", command, "restart: {backoff: {initial: 200ms}}")
                }
                let update =
                    "replicas: 3\nupdate: {strategy: rolling, minHealthyTime: 500ms, healthyDeadline: 20s}"
                try host.commit(
                    "Declare",
                    [
                        "u.yaml": declare("exec sleep 100000"),
                        "i.yaml": Declare.instance("web", of: "web", update),
                    ])
                try await host.startAgent()
                let names = ["web/0", "web/1", "web/2"]
                let before = try await host.settled(names).pids
                try host.commit("Break", ["u.yaml": declare("exit 1")])
                let broken = try await host.until("one has crashed three times") { status in
                    names.contains { (status[$0]?.restarts ?? 0) >= 3 }
                }
                #expect(broken.pids.count { before[$0.key] == $0.value } == 2)
                try host.commit("Mend", ["u.yaml": declare("exec sleep 100001")])
                let mended = try await host.settled(names, seconds: 30).pids
                #expect(names.allSatisfy { mended[$0] != before[$0] })
            }
        }
    }
}
