import Glibc
import TestKit
import Testing

extension EndToEnd {
    /// Another boot, and a wall clock that somebody moves. Both are pretended: debug builds read the boot id
    /// from a variable, and add the seconds of a file to what the kernel says.
    @Suite("Time") struct Time {
        @Test("After a reboot nothing is adopted, and everything starts cleanly", .survives(.reboot))
        func reboot() async throws {
            try await withHost { host in
                try host.commit(
                    "Declare",
                    [
                        "u.yaml": Lonely.unit, "a.yaml": Lonely.instance("a", "replicas: 3"),
                        "m.yaml": Declare.shell(
                            "migrate", "echo migrated >> \"$PLUMB_SHARED_DIR/migrated\"", "profile: oneshot")
                            + "---\n" + Declare.instance("migrate", of: "migrate"),
                    ])
                let names = ["a/0", "a/1", "a/2"]
                try await host.startAgent(variables: ["PLUMB_TEST_BOOT_ID": "boot-0"])
                var last = try await host.settled(names)
                try await host.until("migrated") { $0["migrate/0"]?.phase == "Succeeded" }
                for boot in Attempt.attempts(5) {
                    // The power is cut: nobody has time to write anything, and the tmpfs is empty afterwards.
                    await host.killAgent()
                    await host.cutPower()
                    Files.remove(host.runtime)
                    try await host.startAgent(variables: ["PLUMB_TEST_BOOT_ID": "boot-\(boot)"])
                    let status = try await host.settled(names, seconds: 30)
                    for name in names {
                        #expect(status[name]?.run != last[name]?.run, "\(name) must not be adopted")
                        #expect(status[name]?.lastExit["text"].string?.contains("restarted") == true)
                    }
                    #expect(host.processes.count { $0.replica != nil } == names.count, "one process each")
                    last = status
                }
                #expect(Files.lines(host.shared + "/migrated").count == 1, "a oneshot must not run twice")
            }
        }

        @Test(
            "The wall clock is moved by an hour and by ten years: backoff and probes go on",
            .survives(.wallClock, "pretended by an offset to every reading"),
            arguments: [3600, -3600, 315_360_000, -315_360_000])
        func wallClock(seconds: Int) async throws {
            try await withHost { host in
                let offset = host.root + "/offset"
                try host.commit(
                    "Declare",
                    [
                        "u.yaml": Lonely.unit + "---\n"
                            + Declare.shell(
                                "failing", "echo run >> \"$PLUMB_WORKSPACE_DIR/runs\"\nexit 3",
                                "restart: {backoff: {initial: 600ms, factor: 1, max: 600ms, jitter: 0}}"),
                        "failing.yaml": Declare.instance("failing", of: "failing"),
                        "a.yaml": Lonely.instance(
                            "a",
                            """
                            health:
                              readiness:
                                exec: {command: [/bin/sh, -c, 'echo probe >> "$PLUMB_WORKSPACE_DIR/probes"']}
                                period: 100ms
                            """),
                    ])
                try await host.startAgent(variables: ["PLUMB_TEST_WALL_OFFSET": offset])
                let before = try await host.settled("a/0").pids
                func runs() -> Int { Files.lines(host.workspace("failing/0") + "/runs").count }
                func probes() -> Int { Files.lines(host.workspace("a/0") + "/probes").count }
                try await eventually("it waits for its backoff") {
                    try host.status()["failing/0"]?.phase == "Crashed" && runs() >= 2
                }
                let (runsBefore, probesBefore, begun) = (runs(), probes(), ContinuousClock.now)
                Files.write(offset, "\(seconds)")
                try await eventually("it is tried again", seconds: 30) { runs() == runsBefore + 1 }
                try await eventually("and again", seconds: 30) { runs() == runsBefore + 2 }
                let passed = ContinuousClock.now - begun
                #expect(passed > .milliseconds(550), "a backoff of 0.6 s lies between the two")
                try await eventually("it is probed on", seconds: 30) { probes() - probesBefore > 2 }
                let status = try await host.settled("a/0")
                #expect(status.pids["a/0"] == before["a/0"])
                let seen = status.json["observedAt"].string ?? ""
                #expect(seen.prefix(13) != Clock.text.prefix(13), "the clock was not moved at all: \(seen)")

                // The next agent comes to the moved clock, the one after it to the right one.
                for _ in 0..<2 {
                    await host.killAgent()
                    try await host.startAgent(variables: ["PLUMB_TEST_WALL_OFFSET": offset])
                    #expect(try await host.settled("a/0").pids["a/0"] == before["a/0"])
                    let count = runs()
                    try await eventually("it is tried again", seconds: 30) { runs() > count }
                    unlink(offset)
                }
            }
        }
    }
}

extension Host {
    /// Kills everything of this host at once, as far as that is possible.
    func cutPower() async {
        let all = processes
        for process in all { kill(process.pid, SIGSTOP) }
        for process in all { kill(process.pid, SIGKILL) }
        while !processes.isEmpty { try? await Task.sleep(for: Polling.pause) }
    }
}
