import Glibc
import TestKit
import Testing

extension EndToEnd {
    @Suite("Trouble") struct Trouble {
        @Test(
            "The agent is killed while it starts a hundred: one process each",
            .survives(.agentKilled, "while it starts a hundred", tries: 7)) func killedWhileStarting()
            async throws
        {
            let seed = UInt64.random(in: 0...UInt64.max)
            print("agent killed while it starts a hundred, seed \(seed)")
            var numbers = SeededNumbers(seed: seed)
            try await withHost { host in
                var names: [String] = []
                var text = Declare.sleeper
                for number in 0..<10 {
                    text +=
                        "---\n"
                        + Declare.sleeping(
                            "many\(number)", level: 0, "replicas: 10\nrestart: {maxRetries: 0}")
                    names += (0..<10).map { "many\(number)/\($0)" }
                }
                try host.commit("Declare a hundred", ["all.yaml": text])
                for _ in 0..<6 {
                    try host.launchAgent()
                    try await Task.sleep(
                        until: .now + .milliseconds(Int.random(in: 50...350, using: &numbers)))
                    await host.killAgent()
                }
                try await host.startAgent()
                let status = try await host.settled(names, seconds: 60)
                let processes = host.processes.filter { $0.replica != nil }
                #expect(processes.count == names.count, "seed \(seed)")
                #expect(Set(processes.map(\.pid)) == Set(status.pids.values), "seed \(seed)")
                #expect(status.replicas.values.allSatisfy { $0.restarts == 0 }, "seed \(seed)")

                await host.killAgent()
                let begin = ContinuousClock.now
                try await host.startAgent()
                let adopted = try await host.settled(names)
                print("a hundred runs adopted \(ContinuousClock.now - begin) after the agent's start")
                #expect(adopted.pids == status.pids)
            }
        }

        @Test(
            "The agent is killed in the middle of a stop: the next one ends it",
            .survives(.agentKilledAtStep, "in the middle of a stop")) func killedWhileStopping()
            async throws
        {
            try await withHost { host in
                try host.commit(
                    "Declare",
                    [
                        "u.yaml": Declare.shell(
                            "slow", "trap '' TERM\nwhile :; do sleep 0.1; done", "stop: {grace: 1s}"),
                        "i.yaml": Declare.instance("slow", of: "slow"),
                    ])
                try await host.startAgent()
                let pid = try #require(try await host.settled("slow/0").pids["slow/0"])
                host.repository.remove("i.yaml")
                try host.commit("Remove it")
                try await host.approve("nothing else runs here")
                try await host.until("it is stopping") { $0["slow/0"]?.phase == "Stopping" }
                await host.killAgent()
                try await host.startAgent()
                try await host.until("it is gone") { $0["slow/0"] == nil && $0.accepted != nil }
                #expect(!ProcessTable.isAlive(pid))
                #expect(try host.events().count { $0.kind == "started" } == 1)
            }
        }

        @Test(
            "A corrupt database is set aside; processes are untouched, oneshots held",
            .survives(.stateTrouble, "database corrupt under live runs"))
        func corruptDatabase()
            async throws
        {
            try await withHost { host in
                try host.commit(
                    "Declare",
                    [
                        "u.yaml": Declare.sleeper, "a.yaml": Declare.sleeping("a"),
                        "m.yaml": Declare.shell(
                            "migrate", "echo migrated >> \"$PLUMB_SHARED_DIR/migrated\"", "profile: oneshot")
                            + "---\n"
                            + Declare.instance("migrate", of: "migrate"),
                    ])
                try await host.startAgent()
                try await host.until("migrated") { $0["migrate/0"]?.phase == "Succeeded" }
                let before = try await host.settled("a/0").pids
                await host.killAgent()
                for name in ["plumb.db", "plumb.db-wal", "plumb.db-shm"] {
                    Files.write(host.state + "/" + name, String(repeating: "garbage ", count: 1000))
                }
                try await host.startAgent()
                let after = try await host.settled("a/0")
                #expect(after.pids == before)
                #expect(after.condition("StoreRebuilt") != nil)
                #expect(
                    Files.names(in: host.state).contains {
                        $0.hasPrefix("plumb.db") && $0.contains("corrupt")
                    })
                signal(before["a/0"], SIGKILL)
                try await host.until("supervision goes on") {
                    $0["a/0"]?.restarts == 1 && $0.areSettled(["a/0"])
                }
                #expect(Files.lines(host.shared + "/migrated").count == 1, "a oneshot must not run twice")
            }
        }

        @Test(
            "The runtime directory is wiped: unknown, never doubled, well again at the next exit",
            .survives(.runtimeWiped))
        func wiped()
            async throws
        {
            try await withHost { host in
                try host.commit("Declare", ["u.yaml": Declare.sleeper, "a.yaml": Declare.sleeping("a")])
                try await host.startAgent()
                let before = try await host.settled("a/0").pids
                await host.killAgent()
                Files.remove(host.runtime)
                try await host.startAgent()
                let status = try await host.until("a is accounted for") { $0["a/0"] != nil }
                #expect(ProcessTable.isAlive(before["a/0"] ?? 0))
                if status["a/0"]?.phase == "Unknown" {
                    #expect(status["a/0"]?.reason.isEmpty == false)
                } else {
                    #expect(status.pids == before)
                }
                #expect(host.processes.filter { $0.replica == "a/0" }.map(\.pid) == [before["a/0"]])
                signal(before["a/0"], SIGTERM)
                let after = try await host.settled(["a/0"], seconds: 40)
                #expect(after.pids["a/0"] != before["a/0"])
                #expect(host.processes.filter { $0.replica == "a/0" }.map(\.pid) == [after.pids["a/0"]])
            }
        }

        @Test(
            "Commits at 50 in a second for 10 s: the last one wins, without a storm of restarts",
            .survives(.commitStorm, "50 in a second", tries: 500))
        func storm() async throws {
            try await withHost { host in
                let count = 500
                try host.commit(
                    "Declare",
                    [
                        "u.yaml": Declare.sleeper, "a.yaml": Declare.sleeping("a"),
                        "b.yaml": Declare.sleeping("b"),
                    ])
                try await host.startAgent()
                let before = try await host.settled("a/0", "b/0").pids
                let begin = ContinuousClock.now
                let descriptors = Files.names(in: "/proc/\(host.agentPID ?? 0)/fd").count
                for commit in try chain(host, count) {
                    // As git moves a ref, at a pace that its own start would not keep.
                    Files.write(host.repository.path + "/.git/refs/heads/main.lock", commit + "\n")
                    rename(
                        host.repository.path + "/.git/refs/heads/main.lock",
                        host.repository.path + "/.git/refs/heads/main")
                    try await Task.sleep(for: .milliseconds(20))
                }
                let after = try await host.settled("a/0", "b/0").pids
                #expect(Files.names(in: "/proc/\(host.agentPID ?? 0)/fd").count <= descriptors + 4)
                #expect(ProcessTable.entry(after["a/0"] ?? 0).environment["LEVEL"] == "\(count)")
                #expect(after["b/0"] == before["b/0"])
                let starts = try host.events().count { $0.kind == "starting" && $0.replica == "a/0" }
                let accepted = try host.events().count { $0.kind == "revisionAccepted" }
                #expect(starts <= accepted, "no restart without a revision")
                // Two at once, and one a second from then on.
                let span = ContinuousClock.now - begin
                #expect(starts - 1 <= 3 + Int(span / .seconds(1)), "\(starts - 1) restarts in \(span)")
                print("\(count) commits in a row: \(accepted - 1) accepted, \(starts - 1) restarts")
                let known = try host.ask("/v1/revisions").json()["items"].array
                let overtaken = try #require(known.first { $0["outcome"].string == "superseded" })
                let id = try #require(overtaken["revision"]["commit"].string)
                let trace = try host.ask("/v1/revisions/\(id)/trace").json()
                #expect(trace["outcome"].string == "superseded", "\(trace)")
                #expect(trace["supersededBy"]["commit"].string != nil, "\(trace)")
            }
        }

        /// Commits on top of main, each with another level of `a`; none is on a branch yet.
        private func chain(_ host: Host, _ count: Int) throws -> [String] {
            var script = ""
            for number in 1...count {
                let text = Declare.sleeping("a", level: number)
                script +=
                    "commit refs/storm\ncommitter Ann <ann@example.org> \(1_700_000_000 + number) +0000\n"
                script += "data 5\nstorm\n" + (number == 1 ? "from refs/heads/main\n" : "")
                script += "M 100644 inline a.yaml\ndata \(text.utf8.count)\n\(text)\n"
            }
            try host.repository.git(["fast-import", "--quiet"], input: script)
            let list = try host.repository.git("rev-list", "--reverse", "main..refs/storm")
            return list.split(separator: "\n").map(String.init)
        }
    }
}
