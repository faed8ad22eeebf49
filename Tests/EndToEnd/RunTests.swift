import Glibc
import TestKit
import Testing

extension EndToEnd {
    @Suite("Runs") struct Runs {
        // Only root may become somebody else.
        @Test(
            "User, group, umask, limits and privileges are as declared (as root)",
            .enabled(if: geteuid() == 0, "needs root"))
        func rights() async throws {
            try await withHost { host in
                chmod(host.root, 0o755)
                try host.commit(
                    "Declare",
                    [
                        "u.yaml": Declare.unit(
                            "modest",
                            """
                            entry:
                              command: /bin/sh
                              args: [-c, 'umask > "$PLUMB_WORKSPACE_DIR/umask"; exec sleep 100000']
                              user: nobody
                              umask: "0027"
                              workingDir: /tmp
                            resources: {nofile: 77}
                            """), "i.yaml": Declare.instance("modest", of: "modest"),
                    ])
                try await host.startAgent()
                let pid = try #require(try await host.settled("modest/0").pids["modest/0"])
                try await eventually("the shell has done its part") {
                    Files.lines("/proc/\(pid)/comm") == ["sleep"]
                }
                let facts = Files.lines("/proc/\(pid)/status")
                #expect(facts.contains("Uid:\t65534\t65534\t65534\t65534"))
                #expect(facts.contains("NoNewPrivs:\t1"))
                #expect(facts.contains("Groups:\t65534 "))
                #expect(
                    facts.contains("SigBlk:\t0000000000000000") && facts.contains("SigIgn:\t0000000000000000")
                )
                #expect(Files.target(of: "/proc/\(pid)/cwd") == "/tmp")
                let limit = Files.lines("/proc/\(pid)/limits").first { $0.hasPrefix("Max open files") }
                #expect(limit?.split(separator: " ").dropFirst(3).first == "77")
                #expect(Files.lines(host.workspace("modest/0") + "/umask") == ["0027"])
                #expect(ProcessTable.entry(pid).environment["USER"] == "nobody")
                let open = Set(Files.names(in: "/proc/\(pid)/fd"))
                #expect(open == ["0", "1", "2"], "nothing of ours is open in a workload")
            }
        }

        @Test("A command that is not there: the old run stays, and it is said what is missing")
        func missingCommand()
            async throws
        {
            try await withHost { host in
                func unit(_ command: String) -> String {
                    Declare.unit("tool", "entry: {command: \(command), args: [\"100000\"]}")
                }
                try host.commit(
                    "Declare", ["u.yaml": unit("sleep"), "i.yaml": Declare.instance("tool", of: "tool")])
                try await host.startAgent()
                let before = try await host.settled("tool/0").pids
                try host.commit("Mistake", ["u.yaml": unit("sleeep")])
                let mistaken = try await host.until("it is missed") {
                    $0["tool/0"]?.reason.contains("sleeep") == true
                        || $0.waiting(for: "tool/0")["message"].string?.contains("sleeep") == true
                }
                #expect(mistaken.pids == before)
                #expect(ProcessTable.isAlive(before["tool/0"] ?? 0))
                try host.commit("Mend", ["u.yaml": unit("/bin/sleep")])
                let mended = try await host.settled("tool/0").pids
                #expect(mended["tool/0"] != before["tool/0"])
            }
        }

        @Test("A daemonising workload is found and stopped", .survives(.daemon, "a run of an agent"))
        func daemons() async throws {
            try await withHost { host in
                try host.commit(
                    "Declare",
                    [
                        "u.yaml": Declare.python(
                            "daemon",
                            """
                            import os, signal, time
                            for _ in range(3):
                                if os.fork() == 0:
                                    os.setsid()
                                    if os.fork():
                                        os._exit(0)
                                    signal.signal(signal.SIGTERM, signal.SIG_IGN)
                                    with open(os.environ["PLUMB_WORKSPACE_DIR"] + "/daemons", "a") as file:
                                        file.write(f"{os.getpid()}\\n")
                                    time.sleep(100000)
                            time.sleep(100000)
                            """, "stop: {grace: 300ms}"), "i.yaml": Declare.instance("daemon", of: "daemon"),
                    ])
                try await host.startAgent()
                try await host.settled("daemon/0")
                var daemons: [Int32] = []
                try await eventually("three daemons") {
                    daemons = Files.lines(host.workspace("daemon/0") + "/daemons").compactMap { Int32($0) }
                    return daemons.count == 3
                }
                #expect(daemons.allSatisfy { ProcessTable.isAlive($0) })
                host.repository.remove("i.yaml")
                try host.commit("Remove it")
                try await host.approve("nothing else runs here")
                try await host.until("it is gone") { $0["daemon/0"] == nil && $0.accepted != nil }
                #expect(daemons.allSatisfy { !ProcessTable.isAlive($0) })
                #expect(try host.status().condition("TreeUnproven") == nil)
            }
        }

        @Test("Output is kept with its time, rotated and followed across restarts") func output() async throws
        {
            try await withHost { host in
                try host.commit(
                    "Declare",
                    [
                        "u.yaml": Declare.python(
                            "chatty",
                            """
                            import sys, time, os
                            for number in range(4000):
                                print(f"line {number} " + "x" * 80)
                            print("that is all")
                            sys.stdout.flush()
                            while not os.path.exists(os.environ["PLUMB_WORKSPACE_DIR"] + "/end"):
                                time.sleep(0.02)
                            os.remove(os.environ["PLUMB_WORKSPACE_DIR"] + "/end")
                            """,
                            "logging: {maxSize: 64Ki, maxFiles: 3}\nrestart: {backoff: {initial: 10ms}}"),
                        "i.yaml": Declare.instance("chatty", of: "chatty"),
                    ])
                try await host.startAgent()
                try await host.settled("chatty/0")
                var last = ""
                try await eventually("its last line is there") {
                    last = try await host.plumb("logs", "chatty", "-n", "1", "--timestamps").output
                    return last.contains("that is all")
                }
                #expect(last.contains("T") && last.contains(":"), "no time in \(last)")
                let files = Files.tree(host.state + "/slots/chatty").filter { $0.contains("stdout") }
                let bytes = files.reduce(0) { $0 + (Files.bytes($1)?.count ?? 0) }
                #expect(bytes < 3 * (64 << 10) + (128 << 10), "\(files)")
                let some = try await host.plumb("logs", "chatty", "-n", "3").output.split(separator: "\n")
                #expect(some.map { $0.prefix(9) } == ["line 3998", "line 3999", "that is a"])

                let log = host.root + "/followed"
                let follower = try ChildProcess(
                    [Binaries.plumb, "logs", "-f", "chatty", "-n", "1"], environment: host.environment,
                    directory: host.root, output: log, errors: log)
                try await eventually("the follower shows the last line") {
                    Files.text(log) == "that is all\n"
                }
                Files.write(host.workspace("chatty/0") + "/end", "")
                try await eventually("the follower shows the next run, too") {
                    Files.lines(log).count { $0.contains("that is all") } == 2
                }
                follower.send(SIGINT)
                _ = await follower.end(within: .seconds(5))
            }
        }
    }
}
