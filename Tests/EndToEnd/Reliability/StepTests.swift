import Glibc
import TestKit
import Testing

extension EndToEnd {
    /// Deaths at each step of starting and ending a run. Only debug builds know the steps.
    @Suite("Steps") struct Steps {
        @Test("The agent dies at each step of a run", .survives(.agentKilledAtStep))
        func agentDies() async throws { try await walk(Step.ofAgent) }

        @Test("The zygote dies at each step of a start", .survives(.zygoteKilledAtStep))
        func zygoteDies() async throws { try await walk(Step.ofZygote) }

        @Test("The keeper, or its child, dies at each step of a run", .survives(.keeperKilledAtStep))
        func keeperDies() async throws { try await walk(Step.ofKeeper) }

        @Test(
            "The agent dies while its zygote is stopped with a start in its queue",
            .survives(.zygoteKilledAtStep, "stopped, then the agent killed", tries: 2),
            arguments: [true, false])
        func zygoteStopped(goesOn: Bool) async throws {
            try await withHost { host in
                try host.commit("Declare", ["u.yaml": Lonely.unit, "still.yaml": Lonely.instance("still")])
                try await host.startAgent()
                let still = try await host.settled("still/0").pids
                let zygote = try #require(host.processes.first { $0.isZygote && $0.parent == host.agentPID })
                    .pid
                kill(zygote, SIGSTOP)
                try host.commit("One more", ["a.yaml": Lonely.instance("a")])
                try await host.until("the start is asked for") { $0["a/0"]?.phase == "Starting" }
                await host.killAgent()
                try host.launchAgent()
                if goesOn { kill(zygote, SIGCONT) }
                // It goes by itself or the next agent ends it: no start happens behind its back.
                let status = try await host.settled(["still/0", "a/0"], seconds: 30)
                #expect(!ProcessTable.isAlive(zygote))
                #expect(status.pids["still/0"] == still["still/0"])
                #expect(host.processes.filter { $0.replica == "a/0" }.map(\.pid) == [status.pids["a/0"]])
                let runs = host.workspace("a/0") + "/runs"
                // A shell may have been executed and have written nothing yet.
                try await eventually("it has told that it runs") { !Files.lines(runs).isEmpty }
                #expect(Files.lines(runs).count == 1)
            }
        }

        /// One host for all of them, so that what one leaves behind disturbs the next.
        private func walk(_ steps: [Step]) async throws {
            Attempt.tried(steps.count)
            try await withHost { host in
                try host.commit("Declare", ["u.yaml": Lonely.unit, "still.yaml": Lonely.instance("still")])
                try await host.startAgent()
                let still = try await host.settled("still/0").pids
                for (number, step) in steps.enumerated() {
                    do {
                        try await take(step, on: host, "r\(number)")
                    } catch {
                        throw Host.Failure(description: "\(step): \(error)")
                    }
                    #expect(try host.status().pids["still/0"] == still["still/0"], "\(step)")
                }
                // A keeper is a fork of the zygote, so both go by one name.
                let runs = host.processes.count { $0.replica != nil }
                #expect(runs == steps.count + 1, "one process for each replica")
                // A zygote that died with nothing left to do is started with the next run.
                let keepers = host.processes.count(where: \.isZygote)
                #expect(keepers == runs || keepers == runs + 1, "a keeper each, and a zygote")
                #expect(ControlGroups.runs(of: host.state) <= runs, "no group without a run")
            }
        }

        private func take(_ step: Step, on host: Host, _ name: String) async throws {
            let reached = host.root + "/reached-\(name)"
            await host.killAgent()
            try host.commit("Declare \(name)", ["\(name).yaml": Lonely.instance(name)])
            let signal = step.victim == .itself ? SIGKILL : SIGSTOP
            try host.launchAgent(variables: ["PLUMB_FAIL_POINT": "\(step.point),1,\(signal),\(reached)"])
            if step.isAtExit {
                let pid = try #require(try await host.settled("\(name)/0").pids["\(name)/0"])
                kill(pid, SIGTERM)
            }
            try await eventually("the step is reached", seconds: 30) { Self.firstPID(reached) != nil }
            let pid = try #require(Self.firstPID(reached))
            try await eventually("it has stopped or died") { ["T", "Z", "X"].contains(Self.state(of: pid)) }
            await end(step.victim, pid, host)
            kill(pid, SIGCONT)

            let agent = host.agentPID
            if agent.map({ !ProcessTable.isAlive($0) }) ?? true {
                await host.killAgent()
                try await host.startAgent()
            }
            // The status may be from before the death, so that both have to agree in the end.
            try await eventually("one process, which the status knows", seconds: 60) {
                let status = try await host.settled(["still/0", "\(name)/0"])
                return host.processes.filter { $0.replica == "\(name)/0" }.map(\.pid) == [
                    status.pids["\(name)/0"]
                ]
            }
            #expect(!Files.exists(host.workspace("\(name)/0") + "/doubled"), "\(step)")
        }

        /// Kills the victim while `pid` stands still at the step.
        private func end(_ victim: Step.Victim, _ pid: pid_t, _ host: Host) async {
            switch victim {
            case .itself: break
            case .agent: await host.killAgent()
            case .zygote:
                let zygote = host.processes.first { $0.isZygote && $0.parent == host.agentPID }
                if let zygote { kill(zygote.pid, SIGKILL) }
            case .keeper:
                // Of the run that has the step: the newest keeper that is not the zygote.
                let keepers = host.processes.filter { $0.isZygote && $0.parent != host.agentPID }
                let own = ProcessTable.parent(of: pid).flatMap { parent in
                    keepers.first { $0.pid == parent }?.pid
                }
                if let keeper = own ?? keepers.map(\.pid).max() { kill(keeper, SIGKILL) }
            }
        }

        private static func firstPID(_ path: String) -> pid_t? {
            Files.lines(path).first.flatMap { line in pid_t(line.filter(\.isNumber)) }
        }

        /// `R`, `S`, `T`, …; `X` where there is no such process.
        static func state(of pid: pid_t) -> String {
            guard let text = Files.text("/proc/\(pid)/stat"), let end = text.lastIndex(of: ")") else {
                return "X"
            }
            return String(text[text.index(after: end)...].dropFirst().prefix(1))
        }
    }
}

/// A workload that notices a second one of its kind in its place.
enum Lonely {
    static let unit = Declare.shell(
        "lonely",
        """
        exec 9>"$PLUMB_WORKSPACE_DIR/alone"
        flock -n 9 || echo "$$" >> "$PLUMB_WORKSPACE_DIR/doubled"
        echo "$$" >> "$PLUMB_WORKSPACE_DIR/runs"
        exec sleep 100000
        """, "stop: {grace: 2s}\nrestart: {backoff: {initial: 10ms, max: 100ms}}")

    static func instance(_ name: String, nonce: Int = 0, _ more: String = "") -> String {
        Declare.instance(name, of: "lonely", "restartNonce: \"\(nonce)\"" + (more.isEmpty ? "" : "\n" + more))
    }
}
