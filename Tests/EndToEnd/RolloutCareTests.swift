import Glibc
import TestKit
import Testing

extension EndToEnd {
    /// Canaries, another try, and rollbacks without a way back: one agent for all of it.
    @Suite("Rollout care") struct RolloutCare {
        private static let canaries = ["web/0", "web/1", "web/2"]

        @Test("A canary, another try, and no way back", .survives(.badRevision)) func care() async throws {
            Attempt.tried(3)
            try await withHost { host in
                let program = host.root + "/program"
                Files.write(program, "#!/bin/sh\nexec sleep 100000\n", mode: 0o755)
                try host.commit(
                    "Good",
                    [
                        "u.yaml": Fickle.unit, "i.yaml": canary(level: 0), "m.yaml": manual(mode: "ok"),
                        "plain.yaml": plain("1.0.0", program), "p.yaml": lone("1.0.0"),
                    ])
                try await host.startAgent()
                for name in ["web", "lone", "manual"] { try await host.proven(name) }
                try await host.settled(Self.canaries)
                try await holdsCanary(host)
                try await takesCanaryBack(host)
                try await triesAgain(host)
                try await triesWhatHangs(host)
                try await hasNoWayBack(host, program)
            }
        }

        private func canary(level: Int, mode: String = "ok", hold: String = "1h") -> String {
            Fickle.instance(
                mode: mode, level: level, "replicas: 3",
                update: "maxUnavailable: 2, strategy: canary, canary: {replicas: 1, hold: \(hold)}")
        }

        private func manual(mode: String) -> String {
            Fickle.instance(
                "manual", mode: mode, update: "healthyDeadline: 2s, rollback: {automatic: false}"
            ).replacing("healthyDeadline: 4s, ", with: "")
        }

        private func plain(_ version: String, _ command: String) -> String {
            Declare.unit(
                "plain", version: version,
                "entry: {command: \(command)}\nrestart: {backoff: {initial: 100ms, resetAfter: 1s}}")
        }

        private func lone(_ version: String) -> String {
            Declare.instance(
                "lone", of: "plain@\(version)",
                "replicas: 2\nupdate: {minHealthyTime: 200ms, healthyDeadline: 4s, progressDeadline: 5s}")
        }

        /// One replica is the new spec, and stays the only one, though others are killed meanwhile.
        private func holdsCanary(_ host: Host) async throws {
            let before = try host.status().pids
            try host.commit("Raise", ["i.yaml": canary(level: 1)])
            let held = try await host.until("the canary is held") {
                $0["web/0"]?.isSynced == true && $0["web/0"]?.isReady == true
                    && $0.instance("web")["rollout"]["healthyReplicas"].int == 1
            }
            #expect(held.pids["web/1"] == before["web/1"] && held.pids["web/2"] == before["web/2"])
            signal(before["web/2"], SIGKILL)
            let back = try await host.until("the killed one is back") {
                $0["web/2"]?.isReady == true && $0["web/2"]?.pid != before["web/2"]
            }
            #expect(back["web/2"]?.isSynced == false, "it is one more canary")
            #expect(back.pids["web/0"] == held.pids["web/0"] && back.pids["web/1"] == before["web/1"])
            try host.commit("Hold no longer", ["i.yaml": canary(level: 1, hold: "100ms")])
            let after = try await host.settled(Self.canaries)
            #expect(after.pids["web/0"] == held.pids["web/0"], "the rest follows")
            #expect(Self.canaries.allSatisfy { Fickle.runs("ok", of: $0, on: host) >= 2 })
            try await host.proven("web", replicas: 3)
        }

        private func takesCanaryBack(_ host: Host) async throws {
            let before = try host.status().pids
            try host.commit("Break", ["i.yaml": canary(level: 2, mode: "crash")])
            let back = try await host.rolledBack("web", replicas: 3)
            #expect(back.pids["web/1"] == before["web/1"] && back.pids["web/2"] == before["web/2"])
            #expect(Fickle.runs("crash", of: "web/1", on: host) == 0)
        }

        /// What failed is tried once more by request alone, and `diff` knows that it would not be.
        private func triesAgain(_ host: Host) async throws {
            let tries = Fickle.runs("crash", on: host)
            try host.repository.write("i.yaml", canary(level: 3, hold: "100ms"))
            #expect(try await host.plumb("diff").code == 1)
            try host.commit("Fix", [:])
            try await host.proven("web", replicas: 3)
            try host.repository.write("i.yaml", canary(level: 2, mode: "crash"))
            let diff = try await host.plumb("diff")
            #expect(diff.code == 0)
            #expect(diff.output.contains("which failed here and is not tried again"), "\(diff.output)")
            #expect(!diff.output.contains("touches no process"), "\(diff.output)")
            try host.commit("Break again", [:])
            _ = try await host.rolledBack("web", replicas: 3)
            #expect(Fickle.runs("crash", on: host) == tries)
            let retry = try await host.plumb("retry", "web")
            #expect(retry.code == 0 && retry.output.contains("web is tried again"), "\(retry.errors)")
            try await eventually("it is tried three times more") {
                Fickle.runs("crash", on: host) == tries + 3
            }
            _ = try await host.rolledBack("web", replicas: 3)
            let lifted = try #require(try host.events().last { $0.kind == "quarantineLifted" })
            #expect(lifted.json["caller"]["uid"].int == Int(geteuid()))
            let history = try await host.plumb("history", "web").output.split(separator: "\n")
            #expect(history.contains { $0.contains("good, runs now") }, "\(history)")
            let nothing = try await host.plumb("retry", "lone")
            #expect(nothing.code == 2 && nothing.errors.contains("nothing of lone was rolled back"))
        }

        /// Nothing was rolled back, and what hangs runs still: another try is another run, with its deadline.
        private func triesWhatHangs(_ host: Host) async throws {
            func failed(_ what: String) async throws -> StatusView {
                try await host.until(what) {
                    $0.instance("manual")["rollout"]["state"].string == "Failed"
                }
            }
            try host.commit("Hang", ["m.yaml": manual(mode: "hang")])
            let first = try await failed("the rollout has failed")
            #expect(try await host.plumb("retry", "manual").code == 0)
            try await host.until("it runs anew") {
                $0.pids["manual/0"] != nil && $0.pids["manual/0"] != first.pids["manual/0"]
            }
            _ = try await failed("it has failed once more")
            try host.commit("Mend", ["m.yaml": manual(mode: "ok")])
            try await host.settled("manual/0")
        }

        /// The program of the last known good spec is gone: what serves is left alone until it is back.
        private func hasNoWayBack(_ host: Host, _ program: String) async throws {
            let before = try host.status().pids
            #expect(rename(program, program + ".away") == 0)
            try host.commit(
                "Break lone", ["plain2.yaml": plain("2.0.0", "/bin/false"), "p.yaml": lone("2.0.0")])
            let barred = try await host.until("there is no way back") {
                $0.condition("RollbackImpossible") != nil
                    && $0.instance("lone")["rollout"]["state"].string == "Failed"
            }
            #expect(barred.condition("RollbackImpossible")?.contains(program) == true)
            #expect(barred.pids["lone/1"] == before["lone/1"], "what serves is left alone")
            await host.killAgent()
            try await host.startAgent()
            try await host.until("it says so still") {
                $0.condition("RollbackImpossible") != nil && $0.pids["lone/1"] == before["lone/1"]
            }
            #expect(rename(program + ".away", program) == 0)
            let back = try await host.rolledBack("lone", replicas: 2)
            #expect(back.pids["lone/1"] == before["lone/1"])
            #expect(back.condition("RollbackImpossible") == nil)
        }
    }
}
