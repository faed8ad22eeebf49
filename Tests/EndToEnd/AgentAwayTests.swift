import Glibc
import TestKit
import Testing

extension EndToEnd {
    /// What the death of the agent must not change.
    @Suite("Agent away") struct AgentAway {
        private static let failing = Declare.shell(
            "failing", "echo run >> \"$PLUMB_WORKSPACE_DIR/runs\"\nexit 3")

        private func runs(_ replica: String, _ host: Host) -> Int {
            Files.lines(host.workspace(replica) + "/runs").count
        }

        @Test("Waiting and giving up outlive the agent") func failures() async throws {
            try await withHost { host in
                try host.commit(
                    "Declare",
                    [
                        "u.yaml": Self.failing,
                        "waits.yaml": Declare.instance(
                            "waits", of: "failing", "restart: {backoff: {initial: 10m, max: 10m}}"),
                        "gone.yaml": Declare.instance(
                            "gone", of: "failing", "restart: {maxRetries: 1, backoff: {initial: 10ms}}"),
                        "never.yaml": Declare.instance("never", of: "failing", "restart: {policy: never}"),
                    ])
                try await host.startAgent()
                func asBefore(_ status: StatusView) -> Bool {
                    status["waits/0"]?.phase == "Crashed" && status["gone/0"]?.phase == "Failed"
                        && status["never/0"]?.phase == "Failed"
                }
                try await host.until("all have failed", asBefore)
                for _ in 0..<3 {
                    await host.killAgent()
                    try await host.startAgent()
                    let status = try host.status()
                    #expect(asBefore(status))
                    #expect(status.waiting(for: "waits/0")["reason"].string == "Backoff")
                    #expect(status["never/0"]?.lastExit["code"].int == 3)
                }
                #expect(["waits/0", "gone/0", "never/0"].map { runs($0, host) } == [1, 2, 1])
            }
        }

        @Test(
            "A oneshot that runs while the agent dies runs once, and its success counts",
            .survives(.exitWhileAway, "a oneshot")) func oneshot()
            async throws
        {
            try await withHost { host in
                try host.commit(
                    "Declare",
                    [
                        "u.yaml": Declare.shell(
                            "job",
                            """
                            echo run >> "$PLUMB_WORKSPACE_DIR/runs"
                            while ! test -e "$PLUMB_WORKSPACE_DIR/go"; do sleep 0.02; done
                            """, "profile: oneshot") + "---\n" + Declare.sleeper,
                        "job.yaml": Declare.instance("job", of: "job"),
                        "after.yaml": Declare.sleeping(
                            "after", level: 0, "dependsOn: [{instance: job, condition: completed}]"),
                    ])
                try await host.startAgent()
                let pid = try #require(
                    try await host.until("it runs") { $0["job/0"]?.pid != nil }.pids["job/0"])
                await host.killAgent()
                try await host.startAgent()
                #expect(
                    try await host.until("it still runs") { $0["job/0"]?.pid != nil }.pids["job/0"] == pid)
                await host.killAgent()
                Files.write(host.workspace("job/0") + "/go", "")
                try await eventually("it has ended") { !ProcessTable.isAlive(pid) }
                try await host.startAgent()
                let status = try await host.settled("after/0")
                #expect(status["job/0"]?.phase == "Succeeded")
                await host.killAgent()
                try await host.startAgent()
                try await host.settled("after/0")
                #expect(runs("job/0", host) == 1)
            }
        }

        @Test("What was committed meanwhile is done on return, and no more than that") func commits()
            async throws
        {
            try await withHost { host in
                var files = ["u.yaml": Declare.sleeper]
                for name in ["same", "changed", "removed", "ended"] {
                    files["\(name).yaml"] = Declare.sleeping(name)
                }
                try host.commit("Declare", files)
                try await host.startAgent()
                let before = try await host.settled("same/0", "changed/0", "removed/0", "ended/0").pids
                await host.killAgent()
                host.repository.remove("removed.yaml")
                signal(before["ended/0"], SIGKILL)
                try host.commit(
                    "Meanwhile",
                    [
                        "changed.yaml": Declare.sleeping("changed", level: 1),
                        "same.yaml": "# A word.\n" + Declare.sleeping("same"),
                        "new.yaml": Declare.sleeping("new"),
                    ], by: "Flo <flo@example.org>")
                try await host.startAgent()
                let status = try await host.settled("same/0", "changed/0", "ended/0", "new/0")
                try await host.until("removed is gone") { $0["removed/0"] == nil }
                #expect(status.pids["same/0"] == before["same/0"])
                #expect(status.pids["changed/0"] != before["changed/0"])
                #expect(status["ended/0"]?.restarts == 1)
                #expect(before.filter { $0.key != "same/0" }.values.allSatisfy { !ProcessTable.isAlive($0) })
                #expect(host.processes.count { $0.replica != nil } == 4)
                let stops = try host.events().filter { $0.kind == "stopping" }
                #expect(Set(stops.compactMap(\.replica)) == ["changed/0", "removed/0"])
                #expect(stops.allSatisfy { $0.cause.contains("Flo <flo@example.org>") })
            }
        }

        @Test("Probes go on after the agent's return") func probes() async throws {
            try await withHost { host in
                let port = try Ports.free()
                try host.commit(
                    "Declare",
                    [
                        "u.yaml": Declare.python(
                            "web", Workload.web,
                            """
                            endpoints: [{name: http, port: \(port)}]
                            health:
                              readiness: {http: {port: http, path: /}, period: 100ms, failureThreshold: 2}
                              liveness:
                                exec: {command: [/bin/sh, -c, 'test ! -e "$PLUMB_WORKSPACE_DIR/dead"']}
                                period: 200ms
                            """), "i.yaml": Declare.instance("web", of: "web"),
                    ])
                try await host.startAgent()
                let before = try await host.settled("web/0")
                await host.killAgent()
                Files.write(host.workspace("web/0") + "/sick", "")
                try await host.startAgent()
                let sick = try await host.until("it is not ready") {
                    $0["web/0"]?.isReady == false && $0["web/0"]?.reason.contains("503") == true
                }
                #expect(sick.pids == before.pids)
                unlink(host.workspace("web/0") + "/sick")
                #expect(try await host.settled("web/0").pids == before.pids)
                await host.killAgent()
                Files.write(host.workspace("web/0") + "/dead", "")
                try await host.startAgent()
                try await host.until("it is restarted") { ($0["web/0"]?.restarts ?? 0) >= 1 }
                unlink(host.workspace("web/0") + "/dead")
                #expect(try await host.settled("web/0").pids != before.pids)
            }
        }

        @Test(
            "A rolling update goes on through kills of the agent, two of three always there",
            .survives(.agentKilled, "in a rolling update", tries: 13)) func rolling()
            async throws
        {
            let seed = UInt64.random(in: 0...UInt64.max)
            print("rolling update under kills, seed \(seed)")
            var numbers = SeededNumbers(seed: seed)
            try await withHost { host in
                let update =
                    "replicas: 3\nupdate: {strategy: rolling, minHealthyTime: 200ms, healthyDeadline: 20s}"
                let names = ["web/0", "web/1", "web/2"]
                // The replicas tell themselves when they come and go: each line is appended whole, so the
                // order of lines is the order of things, however seldom this test is given the processor.
                let ledger = host.base + "/ledger"
                let unit = Declare.shell(
                    "sleeper",
                    """
                    trap 'echo "- $PLUMB_REPLICA" >> \(ledger); exit 0' TERM
                    echo "+ $PLUMB_REPLICA" >> \(ledger)
                    while :; do sleep 0.05; done
                    """,
                    "config: {fields: [{name: level, type: int, default: 0}]}\nstop: {grace: 20s}")
                try host.commit(
                    "Declare", ["u.yaml": unit, "i.yaml": Declare.sleeping("web", level: 0, update)])
                try await host.startAgent()
                let before = try await host.settled(names).pids
                func moves() -> [Substring] { (Files.text(ledger) ?? "").split(separator: "\n") }
                try await eventually("all have told that they began") { moves().count == 3 }
                try host.commit("Raise", ["i.yaml": Declare.sleeping("web", level: 1, update)])
                for _ in 0..<12 {
                    try await Task.sleep(for: .milliseconds(Int.random(in: 20...500, using: &numbers)))
                    await host.killAgent()
                    try host.launchAgent()
                }
                await host.killAgent()
                try await host.startAgent()
                let after = try await host.settled(names).pids
                try await eventually("the last has told it began") { moves().last?.hasPrefix("+") == true }
                var there = 3
                let counts = moves().dropFirst(3).map { move -> Int in
                    there += move.hasPrefix("+") ? 1 : -1
                    return there
                }
                print("rolling update under 13 kills: \(counts) of 3 replicas there")
                let told = try host.events()
                #expect(
                    counts == [2, 3, 2, 3, 2, 3], "seed \(seed): \(moves()); \(told.map(\.message))")
                #expect(names.allSatisfy { after[$0] != before[$0] }, "seed \(seed)")
                #expect(told.count { $0.kind == "started" } <= 6, "each was replaced once, seed \(seed)")
            }
        }

        @Test("Paths may be longer than a socket's name") func longPaths() async throws {
            let host = try Host(name: String(repeating: "a-long-name-", count: 12))
            try await withHost(host) { host in
                try host.commit("Declare", ["u.yaml": Declare.sleeper, "a.yaml": Declare.sleeping("a")])
                try host.launchAgent()
                var pids: [String: Int32] = [:]
                try await eventually("a runs", seconds: 20) {
                    let result = try await host.plumb("status", "-o", "json")
                    guard result.code == 0 else { return false }
                    let status = StatusView(json: try result.json())
                    pids = status.pids
                    return status.areSettled(["a/0"])
                }
                await host.killAgent()
                try host.launchAgent()
                try await eventually("a is known again", seconds: 20) {
                    let result = try await host.plumb("status", "-o", "json")
                    return try result.code == 0 && StatusView(json: result.json()).areSettled(["a/0"])
                }
                #expect(try await StatusView(json: host.plumb("status", "-o", "json").json()).pids == pids)
            }
        }

        @Test("All removed at once: dependents stop before what they need") func removal() async throws {
            try await withHost { host in
                func unit(_ name: String) -> String {
                    Declare.shell(
                        name,
                        """
                        trap 'sleep 0.2; echo \(name) >> "$PLUMB_SHARED_DIR/order"; exit 0' TERM
                        while :; do sleep 0.02; done
                        """) + "---\n"
                }
                try host.commit(
                    "Declare",
                    [
                        "keep.yaml": Declare.sleeper + "---\n" + Declare.sleeping("keep"),
                        "chain.yaml": unit("a") + unit("b") + unit("c") + Declare.instance("a", of: "a")
                            + "---\n"
                            + Declare.instance("b", of: "b", "dependsOn: [{instance: a, condition: started}]")
                            + "---\n"
                            + Declare.instance("c", of: "c", "dependsOn: [{instance: b, condition: started}]"),
                    ])
                try await host.startAgent()
                let before = try await host.settled("keep/0", "a/0", "b/0", "c/0").pids
                host.repository.remove("chain.yaml")
                try host.commit("Remove the chain")
                // More than half of what runs here: the fuse holds it.
                try await host.approve()
                let after = try await host.until("the chain is gone") { $0.replicas.count == 1 }
                #expect(after.pids["keep/0"] == before["keep/0"])
                #expect(Files.lines(host.shared + "/order") == ["c", "b", "a"])
            }
        }
    }
}
