import Glibc
import TestKit
import Testing

extension EndToEnd {
    /// Trees that do not want to be found or ended.
    @Suite("Wild trees") struct WildTrees {
        /// 128 processes, each of which forks again and again: enough to outrun a naive killer, and bounded,
        /// so that this machine survives a failure of the test.
        private static let bomb = Declare.python(
            "bomb",
            """
            import os, signal, time
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            for _ in range(7):
                os.fork()
            if os.getpid() != os.getpgid(0) and os.getpid() % 3 == 0:
                os.setsid()
            open(os.environ["PLUMB_WORKSPACE_DIR"] + f"/{os.getpid()}", "w").close()
            end = time.time() + 60
            while time.time() < end:
                try:
                    if os.fork() == 0:
                        time.sleep(0.05)
                        os._exit(0)
                    os.waitpid(-1, os.WNOHANG)
                except OSError:
                    pass
                time.sleep(0.05)
            """, "stop: {grace: 0s}")

        private func defuse(_ host: Host, isGrouped: Bool) async throws {
            try host.commit("Declare", ["u.yaml": Self.bomb + "---\n" + Lonely.unit])
            try await host.startAgent()
            try host.commit(
                "Arm", ["b.yaml": Declare.instance("bomb", of: "bomb"), "a.yaml": Lonely.instance("a")])
            let before = try await host.settled("a/0", "bomb/0").pids
            try await eventually("it has spread", seconds: 20) {
                Files.names(in: host.workspace("bomb/0")).count >= 128
            }
            let asked = ContinuousClock.now
            _ = try host.status()
            let answer = ContinuousClock.now - asked
            host.repository.remove("b.yaml")
            try host.commit("Disarm")
            let stopping = ContinuousClock.now
            try await host.until("it is gone, or called unproven") {
                $0["bomb/0"] == nil || $0.condition("TreeUnproven") != nil
            }
            let told = ContinuousClock.now - stopping
            let left = host.processes.filter { $0.replica == "bomb/0" }
            let isUnproven = try host.status().condition("TreeUnproven") != nil
            print(
                "fork bomb, \(isGrouped ? "with" : "without") a control group: answered after \(answer),",
                "told after \(told), \(left.count) left\(isUnproven ? ", called unproven" : "")")
            // Bounds for a loaded machine; what it took stands in the log.
            #expect(answer < .seconds(10))
            #expect(told < .seconds(20))
            if isGrouped { #expect(!isUnproven) }
            if !isUnproven { #expect(left.isEmpty, "called empty, and it is not") }
            #expect(try host.status().pids["a/0"] == before["a/0"])
        }

        @Test("A fork bomb with a control group is ended", .survives(.forkBomb, "with a control group"))
        func grouped() async throws {
            try await withHost { host in
                try await defuse(host, isGrouped: ControlGroups.areThere && geteuid() == 0)
            }
        }

        @Test(
            "A fork bomb without a control group is ended, or called unproven (as root, with setpriv)",
            .survives(.forkBomb, "as an ordinary user, without a control group"),
            .enabled(if: OrdinaryUser.reason == nil, Comment(rawValue: OrdinaryUser.reason ?? "")))
        func ungrouped() async throws {
            try await withHost(Host(user: OrdinaryUser.nobody)) { try await defuse($0, isGrouped: false) }
        }

        @Test(
            "A child that ignores SIGTERM is gone before the stop is told",
            .survives(.childIgnoresTerm, "a run of an agent", tries: 10))
        func ignoring() async throws {
            try await withHost { host in
                let unit = Declare.shell(
                    "family",
                    """
                    (trap '' TERM HUP INT; while :; do sleep 0.05; done) &
                    echo $! > "$PLUMB_WORKSPACE_DIR/child"
                    trap 'exit 0' TERM
                    while :; do sleep 0.02; done
                    """, "stop: {grace: 5s}")
                // Something stays, or each removal would have to be approved.
                try host.commit(
                    "Declare", ["u.yaml": unit + "---\n" + Lonely.unit, "k.yaml": Lonely.instance("keep")])
                try await host.startAgent()
                for round in 0..<10 {
                    unlink(host.workspace("family/0") + "/child")
                    try host.commit("Start", ["i.yaml": Declare.instance("family", of: "family")])
                    try await host.settled("family/0")
                    let child = try await number(in: host.workspace("family/0") + "/child")
                    #expect(ProcessTable.isAlive(child))
                    host.repository.remove("i.yaml")
                    try host.commit("Stop")
                    try await host.until("it is gone, round \(round)") {
                        $0["family/0"] == nil && $0.accepted != nil
                    }
                    #expect(!ProcessTable.isAlive(child))
                    #expect(try host.status().condition("TreeUnproven") == nil)
                }
            }
        }

        @Test(
            "An ordinary user's daemons are found and ended as well (as root, with setpriv)",
            .survives(.daemon, "as an ordinary user, without a control group"),
            .enabled(if: OrdinaryUser.reason == nil, Comment(rawValue: OrdinaryUser.reason ?? "")))
        func daemons() async throws {
            try await withHost(Host(user: OrdinaryUser.nobody)) { host in
                let script = """
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
                    """
                try host.commit(
                    "Declare",
                    [
                        "u.yaml": Declare.python("daemon", script, "stop: {grace: 300ms}"),
                        "i.yaml": Declare.instance("daemon", of: "daemon"),
                    ])
                try await host.startAgent()
                try await host.settled("daemon/0")
                let file = host.workspace("daemon/0") + "/daemons"
                try await eventually("three daemons") { Files.lines(file).count == 3 }
                let daemons = Files.lines(file).compactMap { Int32($0) }
                host.repository.remove("i.yaml")
                try host.commit("Remove it")
                try await host.approve("nothing else runs here")
                try await host.until("it is gone") { $0["daemon/0"] == nil && $0.accepted != nil }
                #expect(daemons.allSatisfy { !ProcessTable.isAlive($0) })
            }
        }
    }
}
