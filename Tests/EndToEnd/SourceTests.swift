import Glibc
import TestKit
import Testing

extension EndToEnd {
    @Suite("Source") struct Source {
        private static let declarations = ["u.yaml": Declare.sleeper, "a.yaml": Declare.sleeping("a")]

        /// Runs an agent that is expected to refuse.
        private func refused(_ command: [String], _ host: Host) async throws -> (
            end: ChildProcess.End?, text: String
        ) {
            let log = host.root + "/refused.log"
            unlink(log)
            let child = try ChildProcess(
                command, environment: host.environment, directory: host.root, output: log, errors: log)
            let end = await child.end(within: .seconds(20))
            return (end, Files.text(log) ?? "")
        }

        @Test(
            "A second agent on the same state directory is refused",
            .survives(.twoAgents, "the same state directory")) func secondAgent() async throws
        {
            try await withHost { host in
                try host.commit("Declare", Self.declarations)
                try await host.startAgent()
                let before = try await host.settled("a/0").pids
                let second = try await refused(host.agentCommand(), host)
                #expect(second.end == .exited(2))
                #expect(second.text.contains("another agent"), "\(second.text)")
                #expect(second.text.contains(host.state), "\(second.text)")
                #expect(try host.status().pids == before)
                #expect(try await host.plumb("status").code == 0)
            }
        }

        @Test("A plain directory is refused, and it is said what to do") func plainDirectory() async throws {
            try await withHost { host in
                mkdir(host.root + "/plain", 0o755)
                let plain = try await refused(host.agentCommand(repository: host.root + "/plain"), host)
                #expect(plain.end == .exited(2))
                #expect(plain.text.contains(host.root + "/plain"), "\(plain.text)")
                #expect(plain.text.contains("git init") || plain.text.contains("git clone"), "\(plain.text)")
                let absent = try await refused(host.agentCommand(repository: host.root + "/nowhere"), host)
                #expect(absent.end == .exited(2))
                #expect(absent.text.contains(host.root + "/nowhere"), "\(absent.text)")
            }
        }

        // Only root may give a repository away.
        @Test(
            "Somebody else's repository is refused (as root)", .survives(.repository, "wrong owner"),
            .enabled(if: geteuid() == 0, "needs root"))
        func wrongOwner() async throws {
            try await withHost { host in
                try host.commit("Declare", Self.declarations)
                Files.give(host.repository.path, to: 12_345, 12_345)
                let result = try await refused(host.agentCommand(), host)
                #expect(result.end == .exited(2))
                #expect(result.text.contains("12345"), "\(result.text)")
                #expect(
                    result.text.contains("chown") || result.text.contains("source.owner"), "\(result.text)")
            }
        }

        @Test(
            "An empty repository: the agent waits, and goes on at the first commit",
            .survives(.repository, "empty"))
        func empty()
            async throws
        {
            try await withHost { host in
                try await host.startAgent()
                #expect(try host.ask("/healthz").status == 200)
                let waiting = try host.status()
                #expect(waiting.accepted == nil && waiting.replicas.isEmpty)
                try host.commit("Declare", Self.declarations)
                try await host.settled("a/0")
            }
        }

        @Test("A repository that goes away and comes back", .survives(.repository, "deleted")) func goesAway()
            async throws
        {
            try await withHost { host in
                try host.commit("Declare", Self.declarations)
                try await host.startAgent()
                let before = try await host.settled("a/0").pids
                let away = host.repository.root + "/away"
                rename(host.repository.path, away)
                let stale = try await host.until("the source is stale") { $0.condition("SourceStale") != nil }
                #expect(stale.pids == before)
                #expect(stale.areSettled(["a/0"]))
                #expect(try host.ask("/readyz").status == 200)

                signal(before["a/0"], SIGKILL)
                let again = try await host.until("supervision goes on") {
                    $0["a/0"]?.restarts == 1 && $0.areSettled(["a/0"])
                }
                // An agent that starts without its repository goes on with what it has accepted.
                await host.killAgent()
                try await host.startAgent()
                let adopted = try await host.until("a is known again") { $0.areSettled(["a/0"]) }
                #expect(adopted.pids == again.pids)
                try await host.until("it says that the source is stale") {
                    $0.condition("SourceStale") != nil
                }
                signal(again.pids["a/0"], SIGKILL)
                let third = try await host.until("without a repository too") {
                    $0["a/0"]?.restarts == 2 && $0.areSettled(["a/0"])
                }

                rename(away, host.repository.path)
                try host.commit("More", ["b.yaml": Declare.sleeping("b")])
                let after = try await host.settled(["a/0", "b/0"], seconds: 40)
                #expect(after.condition("SourceStale") == nil)
                #expect(after.pids["a/0"] == third.pids["a/0"])
            }
        }

        @Test("Bare, with a source path, and by another branch") func kinds() async throws {
            let repository = try TemporaryRepository(bare: true)
            let work = try TemporaryRepository()
            try work.write("deploy/u.yaml", Declare.sleeper)
            try work.write("deploy/a.yaml", Declare.sleeping("a"))
            try work.write("elsewhere/broken.yaml", "kind: Nonsense\n")
            try work.commit("Declare")
            try work.git("push", "-q", repository.path, "main:release")
            try await withHost(Host(repository: repository)) { host in
                try host.launchAgent(["--path", "deploy", "--ref", "release"])
                try await host.until("a runs") { $0.areSettled(["a/0"]) }
                try work.write("deploy/b.yaml", Declare.sleeping("b"))
                try work.commit("More")
                try work.git("push", "-q", repository.path, "main:release")
                let status = try await host.until("b runs") { $0.areSettled(["a/0", "b/0"]) }
                #expect(status.json["source"]["ref"].string?.hasSuffix("release") == true)
            }
        }

        @Test(
            "Ctrl-C and hang-up in the agent's terminal reach the agent alone", arguments: [SIGINT, SIGHUP])
        func interrupted(by number: Int32) async throws {
            try await withHost { host in
                try host.commit("Declare", Self.declarations)
                let agent = try await host.startAgent()
                let before = try await host.settled("a/0").pids
                // The terminal sends it to the whole group of the foreground.
                kill(-agent.pid, number)
                let end = await agent.end(within: .seconds(20))
                #expect(number == SIGINT ? end == .exited(0) : end != nil, "\(String(describing: end))")
                #expect(ProcessTable.isAlive(before["a/0"] ?? 0))
                try await host.startAgent()
                #expect(try await host.settled("a/0").pids == before)
                #expect(try host.status()["a/0"]?.restarts == 0)
            }
        }
    }
}
