import Glibc
import TestKit
import Testing

extension EndToEnd {
    @Suite("Git") struct Git {
        private static let declarations = ["u.yaml": Declare.sleeper, "a.yaml": Declare.sleeping("a")]

        @Test("Packed, collected, and another branch checked out: only commits to the branch count")
        func housekeeping() async throws {
            try await withHost { host in
                try host.commit("Declare", Self.declarations)
                try await host.startAgent()
                let before = try await host.settled("a/0").pids
                try host.repository.git("pack-refs", "--all")
                try host.repository.git("gc", "-q", "--prune=now")
                try host.repository.branch("idea")
                try host.commit("Elsewhere", ["a.yaml": Declare.sleeping("a", level: 8)])
                try host.repository.git("branch", "-q", "feature/deep/er")
                try host.repository.git("checkout", "-q", "main")
                let head = try host.commit("Here", ["b.yaml": Declare.sleeping("b")])
                let after = try await host.settled("a/0", "b/0")
                #expect(after.pids["a/0"] == before["a/0"])
                #expect(after.accepted == head)
                try host.repository.git("gc", "-q", "--aggressive", "--prune=now")
                try host.repository.git("pack-refs", "--all")
                try host.commit("Again", ["c.yaml": Declare.sleeping("c")])
                #expect(try await host.settled("a/0", "b/0", "c/0").pids["a/0"] == before["a/0"])
                #expect(try !host.events().contains { $0.kind == "sourceStale" })
            }
        }

        @Test("A linked work tree is as good as its repository") func linkedWorktree() async throws {
            try await withHost { host in
                try host.commit("Declare", Self.declarations)
                let linked = try host.repository.worktree("linked", branch: "deploy")
                try host.launchAgent(repository: linked)
                let before = try await host.until("a runs") { $0.areSettled(["a/0"]) }
                #expect(before.json["source"]["ref"].string?.hasSuffix("deploy") == true)
                try host.commit("On main", ["a.yaml": Declare.sleeping("a", level: 1)])
                try host.repository.git("-C", linked, "merge", "-q", "--ff-only", "main")
                let after = try await host.until("the merge is in force") {
                    $0.areSettled(["a/0"]) && $0["a/0"]?.pid != before["a/0"]?.pid
                }
                #expect(ProcessTable.entry(after.pids["a/0"] ?? 0).environment["LEVEL"] == "1")
            }
        }

        @Test(
            "A missing object stops nothing, and its return is noticed",
            .survives(.repository, "object missing"))
        func missingObject() async throws {
            try await withHost { host in
                try host.commit("Declare", Self.declarations)
                try await host.startAgent()
                let before = try await host.settled("a/0")
                // The object goes before the ref that needs it comes.
                try host.repository.write("a.yaml", Declare.sleeping("a", level: 5))
                let blob = try host.repository.git("hash-object", "-w", "a.yaml")
                let object = "\(host.repository.path)/.git/objects/\(blob.prefix(2))/\(blob.dropFirst(2))"
                try host.repository.git("add", "a.yaml")
                #expect(rename(object, object + ".aside") == 0)
                let tree = try host.repository.git("write-tree", "--missing-ok")
                let commit = try host.repository.git("commit-tree", tree, "-p", "main", "-m", "Half there")
                try host.repository.git("update-ref", "refs/heads/main", commit)
                let stale = try await host.until("the loss is noticed") { $0.condition("SourceStale") != nil }
                #expect(stale.pids == before.pids)
                #expect(stale.accepted == before.accepted)
                #expect(stale.condition("SourceStale")?.contains(blob.prefix(7)) == true)
                #expect(rename(object + ".aside", object) == 0)
                let after = try await host.settled(["a/0"], seconds: 60)
                #expect(after.condition("SourceStale") == nil)
                #expect(ProcessTable.entry(after.pids["a/0"] ?? 0).environment["LEVEL"] == "5")
            }
        }

        @Test("A port in use is said so, and nothing that runs is touched") func portInUse() async throws {
            try await withHost { host in
                try host.commit("Declare", Self.declarations)
                try await host.startAgent()
                let before = try await host.settled("a/0").pids
                await host.killAgent()
                let holder = try ChildProcess(
                    ["/usr/bin/python3", "-m", "http.server", "--bind", "127.0.0.1", "\(host.port)"],
                    environment: host.environment, directory: host.root, output: host.root + "/holder.log",
                    errors: host.root + "/holder.log")
                try await eventually("the port is taken") {
                    (try? HTTPExchange.ask("/", at: .port(host.port)).status) != nil
                }
                let refused = try host.launchAgent()
                #expect(await refused.end(within: .seconds(20)) == .exited(2))
                let said = Files.text(host.agentLog) ?? ""
                #expect(said.contains("127.0.0.1:\(host.port) is in use"), "\(said)")
                holder.send(SIGKILL)
                _ = await holder.end(within: .seconds(5))
                #expect(ProcessTable.isAlive(before["a/0"] ?? 0))
                try await host.startAgent()
                #expect(try await host.settled("a/0").pids == before)
            }
        }

        @Test("An agent that has nothing to do uses no CPU") func idle() async throws {
            try await withHost { host in
                var text = Declare.sleeper
                for number in 0..<10 {
                    text += "---\n" + Declare.sleeping("s\(number)", level: 0, "replicas: 5")
                }
                try host.commit("Declare fifty", ["all.yaml": text])
                let agent = try await host.startAgent()
                try await host.settled(
                    (0..<10).flatMap { one in (0..<5).map { "s\(one)/\($0)" } }, seconds: 40)
                // What it did last must have settled before anything is measured.
                var last = ProcessTable.cpuTicks(agent.pid)
                var still = ContinuousClock.now
                try await eventually("two seconds without a tick of the clock", seconds: 30) {
                    let now = ProcessTable.cpuTicks(agent.pid)
                    if now != last { (last, still) = (now, .now) }
                    return ContinuousClock.now - still > .seconds(2)
                }
            }
        }
    }
}
