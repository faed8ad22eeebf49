import Glibc
import TestKit
import Testing

extension EndToEnd {
    @Suite("Probes") struct Probes {
        @Test("Readiness comes and goes without a restart") func readiness() async throws {
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
                            """), "i.yaml": Declare.instance("web", of: "web"),
                    ])
                try await host.startAgent()
                let before = try await host.settled("web/0").pids
                Files.write(host.workspace("web/0") + "/sick", "")
                let sick = try await host.until("it is not ready") { $0["web/0"]?.isReady == false }
                #expect(sick.pids == before)
                #expect(sick["web/0"]?.phase == "Running")
                #expect(sick["web/0"]?.reason.contains("503") == true, "\(sick["web/0"]?.reason ?? "")")
                unlink(host.workspace("web/0") + "/sick")
                let well = try await host.settled("web/0")
                #expect(well.pids == before)
                #expect(well["web/0"]?.restarts == 0)
                let kinds = try host.events().map(\.kind)
                #expect(kinds.contains("unready"))
            }
        }

        @Test("A failing liveness probe restarts") func liveness() async throws {
            try await withHost { host in
                try host.commit(
                    "Declare",
                    [
                        "u.yaml": Declare.shell(
                            "web",
                            """
                            rm -f "$PLUMB_WORKSPACE_DIR/sick"
                            touch "$PLUMB_WORKSPACE_DIR/up"
                            exec sleep 100000
                            """,
                            """
                            health:
                              liveness:
                                exec: {command: [/bin/sh, -c, 'test ! -e "$PLUMB_WORKSPACE_DIR/sick"']}
                                period: 200ms
                                failureThreshold: 2
                            """), "i.yaml": Declare.instance("web", of: "web"),
                    ])
                try await host.startAgent()
                let before = try await host.settled("web/0")
                // It is ready from its start on, and its shell may not have come that far.
                try await eventually("it has begun") { Files.exists(host.workspace("web/0") + "/up") }
                Files.write(host.workspace("web/0") + "/sick", "")
                let after = try await host.until("it was restarted") {
                    $0.areSettled(["web/0"]) && $0["web/0"]?.run != before["web/0"]?.run
                }
                #expect(after["web/0"]?.restarts == 1)
                #expect(!ProcessTable.isAlive(before.pids["web/0"] ?? 0))
                let stop = try host.events().last { $0.kind == "stopping" }
                #expect(stop?.cause.contains("liveness probe failed") == true, "\(stop?.cause ?? "no stop")")
            }
        }

        @Test("Until startup has succeeded, nothing else is asked") func startup() async throws {
            try await withHost { host in
                let check = "echo \\$1 >> \"$PLUMB_WORKSPACE_DIR/asked\"; test -e \"$PLUMB_WORKSPACE_DIR/up\""
                try host.commit(
                    "Declare",
                    [
                        "u.yaml": Declare.shell(
                            "slow", "exec sleep 100000",
                            """
                            health:
                              startup:
                                exec: {command: [/bin/sh, -c, '\(check.replacing("\\$1", with: "startup"))']}
                                period: 100ms
                                failureThreshold: 1000
                              liveness:
                                exec: {command: [/bin/sh, -c, '\(check.replacing("\\$1", with: "liveness"))']}
                                period: 100ms
                                failureThreshold: 1
                            """), "i.yaml": Declare.instance("slow", of: "slow"),
                    ])
                try await host.startAgent()
                let asked = host.workspace("slow/0") + "/asked"
                try await eventually("startup was asked often") { Files.lines(asked).count >= 6 }
                let waiting = try host.status()
                #expect(waiting["slow/0"]?.isReady == false)
                #expect(waiting["slow/0"]?.phase == "Starting" || waiting["slow/0"]?.phase == "Running")
                #expect(waiting["slow/0"]?.restarts == 0)
                #expect(Set(Files.lines(asked)) == ["startup"])
                Files.write(host.workspace("slow/0") + "/up", "")
                let up = try await host.settled("slow/0")
                #expect(up.pids == waiting.pids)
                try await eventually("liveness is asked now") { Files.lines(asked).contains("liveness") }
            }
        }
    }
}
