import Glibc
import TestKit
import Testing

extension EndToEnd {
    @Suite("Draining and stop steps") struct Drain {
        private static let unit = Declare.shell(
            "web",
            """
            trap 'exit 0' TERM
            while :; do sleep 0.02; done
            """,
            """
            config: {fields: [{name: level, type: int, default: 0}]}
            stop:
              drain: 3s
              steps:
                - {command: {command: [/bin/sh, -c, "echo drained >> $PLUMB_WORKSPACE_DIR/log; exit 7"]}}
                - {signal: SIGTERM, grace: 5s}
            """)

        @Test("A replica that drains is not ready, and its steps follow") func drains() async throws {
            try await withHost { host in
                try host.commit(
                    "Declare", ["u.yaml": Self.unit, "i.yaml": Declare.instance("web", of: "web")])
                try await host.startAgent()
                let pid = try await host.settled("web/0").pids["web/0"]
                try host.commit("Stop", ["i.yaml": Declare.instance("web", of: "web", "desired: stopped")])
                try await host.until("it drains") { status in
                    guard let web = status["web/0"], web.phase == "Stopping" else { return false }
                    return !web.isReady && web.reason.hasPrefix("draining for another ")
                }
                #expect(ProcessTable.isAlive(pid ?? 0))
                #expect(Files.text(host.workspace("web/0") + "/log") == nil)
                try await host.until("it is stopped") { $0["web/0"]?.phase == "Stopped" }
                #expect(Files.text(host.workspace("web/0") + "/log") == "drained\n")
                let failed = try host.events().filter { $0.kind == "stopStepFailed" }.map(\.message)
                #expect(failed == ["web/0: the stop command /bin/sh exited 7; the next step follows"])
            }
        }

        @Test("An agent killed while a replica drains: the same steps, once, in time") func killed()
            async throws
        {
            try await withHost { host in
                try host.commit(
                    "Declare", ["u.yaml": Self.unit, "i.yaml": Declare.instance("web", of: "web")])
                try await host.startAgent()
                let before = try await host.settled("web/0").pids["web/0"]
                try host.commit(
                    "Change", ["i.yaml": Declare.instance("web", of: "web", "config: {level: 1}")])
                try await host.until("it drains") { $0["web/0"]?.phase == "Stopping" }
                let begun = Moments.now
                await host.killAgent()
                try await host.startAgent()
                try await host.until("it is replaced") {
                    $0.areSettled(["web/0"]) && $0["web/0"]?.pid != before
                }
                #expect(Files.text(host.workspace("web/0") + "/log") == "drained\n")
                #expect(Moments.now - begun >= 2)
            }
        }
    }
}

private enum Moments {
    static var now: Double {
        var time = timespec()
        clock_gettime(CLOCK_BOOTTIME, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
