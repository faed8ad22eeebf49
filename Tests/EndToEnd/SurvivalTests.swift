import Glibc
import TestKit
import Testing

extension EndToEnd {
    @Suite("Survival") struct Survival {
        @Test("The agent is killed a hundred times while commits and crashes go on", .survives(.agentKilled))
        func churn() async throws {
            var numbers = SeededNumbers(seed: Attempt.seed("agent killed under churn"))
            try await withHost { host in
                let still = (0..<8).map { "still\($0)" }
                var files = ["u.yaml": Lonely.unit]
                for name in still { files["\(name).yaml"] = Lonely.instance(name) }
                for name in ["busy0", "busy1"] { files["\(name).yaml"] = Lonely.instance(name) }
                try host.commit("Declare", files)
                try await host.startAgent()
                let replicas = still.map { "\($0)/0" }
                let all = replicas + ["busy0/0", "busy1/0"]
                let before = try await host.settled(all).pids

                for round in Attempt.attempts(100) {
                    await host.killAgent()
                    try host.launchAgent()
                    let moment = ContinuousClock.now + .milliseconds(Int.random(in: 0...300, using: &numbers))
                    try host.commit("Round \(round)", ["busy0.yaml": Lonely.instance("busy0", nonce: round)])
                    if round % 3 == 0 {
                        try host.commit("More", ["busy1.yaml": Lonely.instance("busy1", nonce: round)])
                    }
                    // A crash at a moment when somebody, or nobody, looks.
                    let busy = Files.lines(host.workspace("busy1/0") + "/runs").last.flatMap { pid_t($0) }
                    if round % 4 == 0, let busy, ProcessTable.entry(busy).replica == "busy1/0" {
                        kill(busy, SIGKILL)
                    }
                    try await Task.sleep(until: moment)
                }
                await host.killAgent()
                try await host.startAgent()
                let after = try await host.settled(all, seconds: 30).pids
                for replica in replicas { #expect(after[replica] == before[replica], "\(replica)") }
                try await expectOneOfEach(all, after, on: host)
                let starts = try host.events().filter {
                    $0.kind == "started" && replicas.contains($0.replica ?? "")
                }
                #expect(starts.count <= replicas.count)
            }
        }

        /// No duplicate, no orphan, no keeper or control group without a run.
        private func expectOneOfEach(
            _ replicas: [String], _ pids: [String: Int32], on host: Host
        ) async throws {
            let processes = host.processes
            for replica in replicas {
                let own = processes.filter { $0.replica == replica }
                #expect(own.map(\.pid) == [pids[replica]], "doubled or orphaned: \(own)")
                #expect(!Files.exists(host.workspace(replica) + "/doubled"))
            }
            // A keeper is a fork of the zygote, so both go by one name.
            #expect(processes.count(where: \.isZygote) == replicas.count + 1)
            #expect(ControlGroups.runs(of: host.state) <= replicas.count)
        }

        @Test(
            "A run that ends while the agent is down: its real exit is known",
            .survives(.exitWhileAway, tries: 2)) func endsMeanwhile()
            async throws
        {
            try await withHost { host in
                func ending(_ name: String, _ last: String) -> String {
                    Declare.shell(
                        name, "while ! test -e \"$PLUMB_WORKSPACE_DIR/go\"; do sleep 0.02; done\n\(last)",
                        "restart: {policy: never}") + "---\n" + Declare.instance(name, of: name)
                }
                try host.commit(
                    "Declare",
                    [
                        "code.yaml": ending("code", "exit 7"),
                        "signal.yaml": ending("signal", "kill -USR1 $$; sleep 9"),
                    ])
                try await host.startAgent()
                let before = try await host.settled("code/0", "signal/0")
                await host.killAgent()
                let from = Clock.text
                for name in ["code/0", "signal/0"] { Files.write(host.workspace(name) + "/go", "") }
                try await eventually("both have ended") {
                    before.pids.values.allSatisfy { !ProcessTable.isAlive($0) }
                }
                let to = Clock.text
                try await host.startAgent()
                let status = try await host.until("both ends are known") {
                    $0["code/0"]?.lastExit != .null && $0["signal/0"]?.lastExit != .null
                }
                #expect(status["code/0"]?.lastExit["code"].int == 7)
                #expect(status["signal/0"]?.lastExit["signal"].int == Int(SIGUSR1))
                for name in ["code/0", "signal/0"] {
                    let time = status[name]?.lastExit["at"].string ?? ""
                    #expect(
                        time >= from && time <= to, "\(name) ended at \(time), not within \(from) and \(to)")
                }
                #expect(try host.events().contains { $0.message == "code/0 ended: exit code 7" })
            }
        }

        @Test(
            "A killed keeper: noticed at once, nothing of its tree left, replica restarted",
            .survives(.keeperKilled))
        func keeperKilled()
            async throws
        {
            try await withHost { host in
                try host.commit(
                    "Declare",
                    [
                        "u.yaml": Declare.shell(
                            "family",
                            """
                            (trap '' TERM HUP; exec sleep 100001) &
                            echo $! > "$PLUMB_WORKSPACE_DIR/child"
                            exec sleep 100000
                            """), "i.yaml": Declare.instance("family", of: "family"),
                    ])
                try await host.startAgent()
                let before = try await host.settled("family/0")
                let child = try await number(in: host.workspace("family/0") + "/child")
                let pid = try #require(before.pids["family/0"])
                let keeper = try #require(ProcessTable.parent(of: pid))
                #expect(ProcessTable.entry(keeper).command.first?.hasSuffix("plumb-keeper") == true)
                signal(keeper, SIGKILL)
                let killed = ContinuousClock.now
                try await eventually("the loss is noticed", seconds: 5) {
                    try host.events().contains { $0.kind == "keeperLost" }
                }
                print("keeper killed: noticed after \(ContinuousClock.now - killed)")
                let after = try await host.until("family is back") {
                    $0.areSettled(["family/0"]) && $0["family/0"]?.run != before["family/0"]?.run
                }
                #expect(after["family/0"]?.lastExit["text"].string?.contains("keeper") == true)
                #expect(!ProcessTable.isAlive(pid) && !ProcessTable.isAlive(child))
                let own = host.processes.filter { $0.replica == "family/0" }
                #expect(own.allSatisfy { $0.environment["PLUMB_RUN_ID"] == after["family/0"]?.run }, "\(own)")
            }
        }

        @Test(
            "A keeper killed while the agent is down: the same, once it is back",
            .survives(.keeperAndAgentKilled))
        func keeperKilledMeanwhile()
            async throws
        {
            try await withHost { host in
                try host.commit("Declare", ["u.yaml": Declare.sleeper, "a.yaml": Declare.sleeping("a")])
                try await host.startAgent()
                let before = try await host.settled("a/0")
                let pid = try #require(before.pids["a/0"])
                let keeper = try #require(ProcessTable.parent(of: pid))
                await host.killAgent()
                signal(keeper, SIGKILL)
                try await host.startAgent()
                let after = try await host.until("a is back") {
                    $0.areSettled(["a/0"]) && $0["a/0"]?.run != before["a/0"]?.run
                }
                #expect(!ProcessTable.isAlive(pid))
                #expect(host.processes.filter { $0.replica == "a/0" }.map(\.pid) == [after.pids["a/0"]])
                #expect(try host.events().contains { $0.kind == "keeperLost" })
            }
        }

        @Test("A killed zygote: runs untouched, the next start works", .survives(.zygoteKilled))
        func zygoteKilled() async throws {
            try await withHost { host in
                try host.commit("Declare", ["u.yaml": Declare.sleeper, "a.yaml": Declare.sleeping("a")])
                try await host.startAgent()
                let before = try await host.settled("a/0").pids
                let zygote = try #require(host.processes.first { $0.isZygote && $0.parent == host.agentPID })
                signal(zygote.pid, SIGKILL)
                try await eventually("the zygote is dead") { !ProcessTable.isAlive(zygote.pid) }
                try host.commit("One more", ["b.yaml": Declare.sleeping("b")])
                let after = try await host.settled("a/0", "b/0")
                #expect(after.pids["a/0"] == before["a/0"])
                #expect(after["a/0"]?.restarts == 0)
                signal(after.pids["a/0"], SIGKILL)
                try await host.until("a still is looked after") {
                    $0.areSettled(["a/0"]) && $0["a/0"]?.restarts == 1
                }
            }
        }
    }
}

/// The wall clock as the status writes it.
enum Clock {
    static var text: String {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        var parts = tm()
        gmtime_r(&now.tv_sec, &parts)
        var buffer = [CChar](repeating: 0, count: 64)
        let count = strftime(&buffer, buffer.count, "%Y-%m-%dT%H:%M:%S", &parts)
        let milliseconds = String(now.tv_nsec / 1_000_000 + 1000).dropFirst()
        return String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
            + ".\(milliseconds)Z"
    }
}
