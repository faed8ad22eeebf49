import Glibc
import TestKit
import Testing

extension EndToEnd {
    /// The state directory is not the one that it was.
    @Suite("State loss") struct StateLoss {
        @Test(
            "The state directory is moved away and back: nothing is ended, nothing doubled, and it is said",
            .survives(.stateTrouble, "state directory moved away and back under a live run"))
        func moved() async throws {
            try await withHost { host in
                try host.commit("Declare", ["u.yaml": Lonely.unit, "a.yaml": Lonely.instance("a")])
                try await host.startAgent()
                let before = try await host.settled("a/0").pids
                await host.killAgent()
                #expect(rename(host.state, host.state + ".away") == 0)
                mkdir(host.state, 0o755)
                try await host.startAgent()
                let status = try await host.until("a/0 is left alone") { $0["a/0"]?.phase == "Unknown" }
                #expect(status["a/0"]?.reason.contains(host.state) == true, "\(host.report(status))")
                // The planner has had its turn once what came after is settled.
                try host.commit("Another", ["b.yaml": Lonely.instance("b")])
                try await host.settled("b/0")
                #expect(host.processes.filter { $0.replica == "a/0" }.map(\.pid) == [before["a/0"]])
                await host.killAgent()
                let other = try #require(host.processes.first { $0.replica == "b/0" }?.pid)
                kill(other, SIGKILL)
                try await eventually("b is gone") { !ProcessTable.isAlive(other) }
                Files.remove(host.state)
                #expect(rename(host.state + ".away", host.state) == 0)
                try await host.startAgent()
                let after = try await host.settled("a/0", "b/0")
                #expect(after.pids["a/0"] == before["a/0"])
                #expect(after["a/0"]?.restarts == 0)
            }
        }

        @Test(
            "root: an agent of another mount namespace has the same path for another directory",
            .survives(.twoAgents, "the same path, another directory behind it"),
            .enabled(if: geteuid() == 0, "mount namespaces need root"))
        func samePathElsewhere() async throws {
            try await withHost { host in
                try host.commit("Declare", ["u.yaml": Lonely.unit, "a.yaml": Lonely.instance("a")])
                try await host.startAgent()
                let before = try await host.settled("a/0").pids
                let (other, runtime) = (host.root + "/other", host.root + "/run2")
                for directory in [other, runtime] { mkdir(directory, 0o755) }
                let command = host.agentCommand().map { word in
                    word == host.runtime
                        ? runtime : word.replacing("127.0.0.1:\(host.port)", with: "127.0.0.1:0")
                }
                let log = host.root + "/second.log"
                var environment = host.environment
                environment["PLUMB_SOCKET"] = nil
                let second = try ChildProcess(
                    [
                        "unshare", "--mount", "--propagation", "private", "/bin/sh", "-c",
                        "mount --bind '\(other)' '\(host.state)' && exec \"$@\"", "sh",
                    ] + command, environment: environment, directory: host.root, output: log, errors: log)
                defer { second.send(SIGKILL) }
                try await eventually("the second has a run of its own") {
                    let answer = try? HTTPExchange.ask("/v1/status", at: .socket(runtime + "/plumb.sock"))
                    return try answer.map { StatusView(json: try $0.json()).areSettled(["a/0"]) } ?? false
                }
                #expect(try host.status().pids == before)
                #expect(host.processes.count { $0.replica == "a/0" } == 2)
                let starts = try host.events().count { $0.kind == "started" }
                #expect(starts == 1)
            }
        }
    }
}
