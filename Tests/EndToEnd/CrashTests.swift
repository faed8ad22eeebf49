import Glibc
import Testing

extension EndToEnd {
    @Suite("Crash") struct Crash {
        /// Counts its runs in a file and fails, unless its config says otherwise.
        private static let failing = Declare.shell(
            "failing",
            """
            echo run >> "$PLUMB_WORKSPACE_DIR/runs"
            test "$LEVEL" -ge 9 && exec sleep 100000
            exit 3
            """, "config: {fields: [{name: level, type: int, default: 0}]}")

        private func runs(_ name: String, _ host: Host) -> Int {
            Files.lines(host.workspace("\(name)/0") + "/runs").count
        }

        @Test("A killed workload is back, and repeated crashes wait longer") func restarts() async throws {
            try await withHost { host in
                try host.commit(
                    "Declare",
                    [
                        "u.yaml": Declare.sleeper + "---\n" + Self.failing,
                        "a.yaml": Declare.sleeping("a", level: 0, "restart: {backoff: {initial: 10ms}}"),
                        "bad.yaml": Declare.instance(
                            "bad", of: "failing", "restart: {backoff: {initial: 100ms, factor: 3, max: 1m}}"),
                    ])
                try await host.startAgent()
                let before = try await host.settled("a/0")
                signal(before.pids["a/0"], SIGKILL)
                let after = try await host.until("a is back") {
                    $0.areSettled(["a/0"]) && $0["a/0"]?.run != before["a/0"]?.run
                }
                #expect(after["a/0"]?.restarts == 1)
                #expect(after["a/0"]?.lastExit["signal"].int == 9)
                #expect(try host.events().contains { $0.message == "a/0 ended: killed by SIGKILL" })

                let waiting = try await host.until("bad waits after its fifth failure") {
                    ($0["bad/0"]?.restarts ?? 0) >= 5 && $0["bad/0"]?.phase == "Crashed"
                }
                #expect(waiting["bad/0"]?.reason.contains("exit code 3") == true)
                #expect(waiting["bad/0"]?.reason.contains("in a row") == true)
                let wait = waiting.waiting(for: "bad/0")
                #expect(wait["reason"].string == "Backoff")
                let until = try #require(wait["until"].string)
                #expect(until > (waiting.json["observedAt"].string ?? "~"), "both are UTC in RFC 3339")
                #expect(try await host.plumb("status", "bad").output.contains("Crashed"))
            }
        }

        @Test("After maxRetries it is Failed; a new spec and a new nonce try again") func givesUp()
            async throws
        {
            try await withHost { host in
                func declare(level: Int, nonce: String) -> String {
                    Declare.instance(
                        "bad", of: "failing",
                        """
                        config: {level: \(level)}
                        restartNonce: "\(nonce)"
                        restart: {maxRetries: 2, backoff: {initial: 10ms}}
                        """)
                }
                try host.commit(
                    "Declare", ["u.yaml": Self.failing, "bad.yaml": declare(level: 0, nonce: "")])
                try await host.startAgent()
                func failed(runs count: Int) async throws {
                    let status = try await host.until("bad is given up after \(count) runs") {
                        $0["bad/0"]?.phase == "Failed" && runs("bad", host) == count
                    }
                    #expect(status["bad/0"]?.reason.contains("2 of 2 retries failed") == true)
                    #expect(status["bad/0"]?.health == "failed")
                }
                try await failed(runs: 3)
                try host.commit("Try again", ["bad.yaml": declare(level: 0, nonce: "once more")])
                try await failed(runs: 6)
                try host.commit("Change it, in vain", ["bad.yaml": declare(level: 1, nonce: "once more")])
                try await failed(runs: 9)
                try host.commit("Mend", ["bad.yaml": declare(level: 9, nonce: "once more")])
                try await host.settled("bad/0")
                #expect(runs("bad", host) == 10)
            }
        }

        @Test("Policy never and on-failure say what follows an end") func policies() async throws {
            try await withHost { host in
                try host.commit(
                    "Declare",
                    [
                        "u.yaml": Self.failing + "---\n" + Declare.shell("fine", "exit 0"),
                        "never.yaml": Declare.instance("never", of: "failing", "restart: {policy: never}"),
                        "fine.yaml": Declare.instance("fine", of: "fine", "restart: {policy: on-failure}"),
                    ])
                try await host.startAgent()
                let status = try await host.until("both have ended") {
                    $0["never/0"]?.phase == "Failed"
                        && ["Stopped", "Succeeded"].contains($0["fine/0"]?.phase ?? "")
                }
                #expect(status["never/0"]?.reason.contains("restart.policy is never") == true)
                #expect(status["fine/0"]?.health == "healthy")
                #expect(runs("never", host) == 1)
            }
        }
    }
}
