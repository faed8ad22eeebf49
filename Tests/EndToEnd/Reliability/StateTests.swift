import Glibc
import TestKit
import Testing

extension EndToEnd {
    /// Files of the agent's own that somebody damages, locks or takes twice.
    @Suite("State") struct State {
        @Test(
            "The record of a slot is torn or empty under a live run: never doubled, well again at its end",
            .survives(.stateTrouble, "a slot's record torn under a live run"),
            arguments: ["spec", "id", "exit"])
        func torn(file: String) async throws {
            let lengths = [0, 1, 9, 40, 100]
            Attempt.tried(lengths.count)
            try await withHost { host in
                try host.commit("Declare", ["u.yaml": Lonely.unit, "still.yaml": Lonely.instance("still")])
                try await host.startAgent()
                let still = try await host.settled("still/0").pids
                for length in lengths {
                    let name = "a\(length)"
                    try host.commit("Declare \(name)", ["\(name).yaml": Lonely.instance(name)])
                    let before = try await host.settled("\(name)/0")
                    let pid = try #require(before.pids["\(name)/0"])
                    await host.killAgent()
                    truncate("\(host.state)/slots/\(name)/0/\(file)", length)
                    try await host.startAgent()
                    try await host.until("\(name) is accounted for") {
                        $0["\(name)/0"] != nil && $0.accepted != nil
                    }
                    // The planner has had its turn once the instance that came after is settled.
                    try host.commit("Another", ["after-\(name).yaml": Lonely.instance("after-\(name)")])
                    try await host.settled("after-\(name)/0")
                    #expect(
                        host.processes.filter { $0.replica == "\(name)/0" }.map(\.pid) == [pid],
                        "\(file) cut to \(length)")
                    kill(pid, SIGTERM)
                    let after = try await host.until(
                        "\(name) is well again, \(file) cut to \(length)", seconds: 30
                    ) {
                        $0.areSettled(["\(name)/0"]) && $0["\(name)/0"]?.pid != pid
                    }
                    // The shell that began it may have a process of its own for a moment.
                    try await eventually("\(name) has one process") {
                        host.processes.filter { $0.replica == "\(name)/0" }.map(\.pid)
                            == [after.pids["\(name)/0"]]
                    }
                    #expect(!Files.exists(host.workspace("\(name)/0") + "/doubled"))
                    #expect(after.pids["still/0"] == still["still/0"])
                }
            }
        }

        @Test(
            "The database is locked by somebody: supervision goes on, and it is said",
            .survives(.stateTrouble, "database locked under live runs"))
        func locked() async throws {
            try await withHost { host in
                try host.commit("Declare", ["u.yaml": Lonely.unit, "a.yaml": Lonely.instance("a")])
                try await host.startAgent()
                let before = try await host.settled("a/0")
                let script = """
                    import os, sqlite3, sys, time
                    base = sqlite3.connect(sys.argv[1], isolation_level=None)
                    base.execute("BEGIN IMMEDIATE")
                    open(sys.argv[2], "w").close()
                    while os.path.exists(sys.argv[2]):
                        time.sleep(0.02)
                    base.execute("ROLLBACK")
                    """
                let held = host.root + "/held"
                let locker = try ChildProcess(
                    ["python3", "-c", script, host.state + "/plumb.db", held], environment: host.environment,
                    directory: host.root, output: host.root + "/locker.log", errors: host.root + "/locker.log"
                )
                try await eventually("it is locked") { Files.exists(held) }
                signal(before.pids["a/0"], SIGKILL)
                let meanwhile = try await host.until("a is back although nothing can be stored", seconds: 30)
                {
                    $0.areSettled(["a/0"]) && $0["a/0"]?.run != before["a/0"]?.run
                }
                #expect(meanwhile.condition("StoreFailing") != nil)
                unlink(held)
                _ = await locker.end(within: .seconds(5))
                try await host.until("it is stored again") { $0.condition("StoreFailing") == nil }
                await host.killAgent()
                try await host.startAgent()
                let after = try await host.settled("a/0")
                #expect(after.pids == meanwhile.pids)
                #expect(after["a/0"]?.restarts == 1)
            }
        }

        @Test(
            "A second agent with the same runtime directory is refused, and harms nobody",
            .survives(.twoAgents, "the same runtime directory, another state directory"))
        func sameRuntimeDirectory() async throws {
            try await withHost { host in
                try host.commit("Declare", ["u.yaml": Lonely.unit, "a.yaml": Lonely.instance("a")])
                try await host.startAgent()
                let before = try await host.settled("a/0").pids
                let log = host.root + "/second.log"
                let command = host.agentCommand().map { word in
                    word == host.state
                        ? host.state + "2" : word.replacing("127.0.0.1:\(host.port)", with: "127.0.0.1:0")
                }
                let second = try ChildProcess(
                    command, environment: host.environment, directory: host.root, output: log, errors: log)
                #expect(await second.end(within: .seconds(20)) == .exited(2))
                let text = Files.text(log) ?? ""
                #expect(text.hasPrefix("plumb: "), "the refusal comes first, without a banner: \(text)")
                #expect(text.contains(host.runtime) && text.contains("--runtime-dir"), "\(text)")
                #expect(try host.status().pids == before)
                #expect(try await host.plumb("status").code == 0)
                #expect(host.processes.count { $0.replica != nil } == 1, "the second has started nothing")
            }
        }
    }
}
