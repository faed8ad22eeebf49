import Glibc
import TestKit
import Testing

extension EndToEnd {
    @Suite("Change") struct Change {
        @Test("Of twenty, the edited one restarts alone, and the history says why") func editOne()
            async throws
        {
            try await withHost { host in
                let names = (0..<20).map { "i\($0)" }
                var files = ["units/sleeper.yaml": Declare.sleeper]
                for name in names { files["instances/\(name).yaml"] = Declare.sleeping(name, level: 1) }
                try host.commit("Declare twenty", files)
                try await host.startAgent()
                let replicas = names.map { "\($0)/0" }
                let before = try await host.settled(replicas).pids

                let commit = try host.commit(
                    "Raise one", ["instances/i7.yaml": Declare.sleeping("i7", level: 2)],
                    by: "Bea <bea@example.org>")
                let after = try await host.settled(replicas).pids
                #expect(after["i7/0"] != before["i7/0"])
                #expect(after.filter { $0.key != "i7/0" } == before.filter { $0.key != "i7/0" })

                let events = try await host.plumb("events").output
                for part in [
                    "spec.config.level 1 → 2", "instances/i7.yaml:6", "main@\(commit.prefix(7))",
                    "Bea <bea@example.org>",
                ] { #expect(events.contains(part), "\(part) is missing in:\n\(events)") }
                let change = try host.events().last { $0.kind == "starting" }
                #expect(change?.replica == "i7/0")
                let field = change?.json["cause"]["changes"].array.first
                #expect(field?["old"].string == "1" && field?["new"].string == "2")
                #expect(field?["file"].string == "instances/i7.yaml" && field?["line"].int == 6)
            }
        }

        @Test("Comments, order, moved and split files and labels touch no process") func untouched()
            async throws
        {
            try await withHost { host in
                let more = "restart: {policy: always}\nstop: {grace: 3s}"
                try host.commit(
                    "Declare",
                    [
                        "units/sleeper.yaml": Declare.sleeper,
                        "both.yaml": Declare.sleeping("a", level: 1, more) + "---\n" + Declare.sleeping("b"),
                    ])
                try await host.startAgent()
                let before = try await host.settled("a/0", "b/0").pids

                func same(_ what: String, note: String? = nil) async throws {
                    let diff = try await host.plumb("diff", "--revision", "worktree")
                    #expect(diff.code == 0, "\(what): \(diff.output)\(diff.errors)")
                    if let note { #expect(diff.output.contains(note), "\(what): \(diff.output)") }
                    try host.commit(what)
                    let after = try await host.accepted()
                    #expect(after.pids == before, "\(what)")
                    #expect(after.areSettled(["a/0", "b/0"]), "\(what)")
                }

                try host.repository.write(
                    "both.yaml",
                    "# A comment.\n" + Declare.sleeping("a", level: 1, more) + "---\n# More.\n"
                        + Declare.sleeping("b"))
                try await same("Comment")
                try host.repository.write(
                    "both.yaml",
                    Declare.sleeping("b") + "---\n"
                        + Declare.instance(
                            "a", of: "sleeper",
                            "stop: {grace: 3s}\nrestart: {policy: always}\nconfig: {level: 1}"))
                try await same("Reorder")
                try host.repository.move("units/sleeper.yaml", to: "programs/deeper/sleeper.yml")
                try await same("Move a file")
                host.repository.remove("both.yaml")
                try host.repository.write("instances/a.yaml", Declare.sleeping("a", level: 1, more))
                try host.repository.write("instances/b.yaml", Declare.sleeping("b"))
                try await same("Split a file")
                try host.repository.write(
                    "instances/b.yaml",
                    Declare.instance("b", of: "sleeper", "config: {level: 0}", labels: "{team: shop}"))
                try await same("Label", note: "touches no process")
            }
        }

        @Test("Random rewrites that mean the same keep every pid", .survives(.rewrites)) func rewrites()
            async throws
        {
            let seed = Attempt.seed("random rewrites")
            var numbers = SeededNumbers(seed: seed)
            try await withHost { host in
                let names = (0..<8).map { "i\($0)" }
                var documents = [Declare.sleeper]
                for name in names { documents.append(Declare.sleeping(name, level: 3, "stop: {grace: 3s}")) }
                try host.commit("Declare", ["all.yaml": documents.joined(separator: "---\n")])
                try await host.startAgent()
                let before = try await host.settled(names.map { "\($0)/0" }).pids
                // A thousand under `make soak`; else as many as there is time for.
                let end = ContinuousClock.now + .seconds(10)
                var round = 0
                while Soak.seconds == nil ? round < 20 || ContinuousClock.now < end : round < 1_000 {
                    round += 1
                    Attempt.tried(round)
                    for name in Files.names(in: host.repository.path) where name != ".git" {
                        host.repository.remove(name)
                    }
                    // Every document into one of some files, in any order, with comments and empty documents.
                    var files: [String: [String]] = [:]
                    for document in documents.shuffled(using: &numbers) {
                        let place = Int.random(in: 0..<5, using: &numbers)
                        let name = ["a.yaml", "b.yml", "deep/c.yaml", "deep/er/d.yaml", "e.yaml"][place]
                        let comment = Bool.random(using: &numbers) ? "# Round \(round).\n" : ""
                        files[name, default: []].append(comment + document)
                    }
                    try host.commit("Round \(round)", files.mapValues { $0.joined(separator: "---\n") })
                    #expect(try await host.accepted().pids == before, "round \(round), seed \(seed)")
                }
                #expect(try host.events().count { $0.kind == "started" } == names.count, "seed \(seed)")
            }
        }

        @Test("A deleted file stops that instance alone, its stubborn child too") func delete() async throws {
            try await withHost { host in
                try host.commit(
                    "Declare",
                    [
                        "units/sleeper.yaml": Declare.sleeper,
                        "units/stubborn.yaml": Declare.shell(
                            "stubborn",
                            """
                            (trap '' TERM; exec sleep 100001) &
                            echo $! > "$PLUMB_WORKSPACE_DIR/child"
                            exec sleep 100000
                            """, "stop: {grace: 500ms}"),
                        "instances/gone.yaml": Declare.instance("gone", of: "stubborn"),
                        "instances/a.yaml": Declare.sleeping("a"), "instances/b.yaml": Declare.sleeping("b"),
                    ])
                try await host.startAgent()
                let before = try await host.settled("gone/0", "a/0", "b/0").pids
                let child = try await number(in: host.workspace("gone/0") + "/child")
                #expect(ProcessTable.isAlive(child))

                host.repository.remove("instances/gone.yaml")
                let commit = try host.commit("Remove one", by: "Cleo <cleo@example.org>")
                let after = try await host.until("gone is gone") {
                    $0.accepted == commit && $0["gone/0"] == nil
                }
                #expect(!ProcessTable.isAlive(child), "the child outlived the stop that was reported")
                #expect(!ProcessTable.isAlive(before["gone/0"] ?? 0))
                #expect(after.pids == before.filter { $0.key != "gone/0" })
                #expect(!host.processes.contains { $0.environment["PLUMB_INSTANCE"] == "gone" })
                let stop = try host.events().first { $0.kind == "stopping" }
                #expect(stop?.cause.contains("declared no longer") == true)
                #expect(stop?.cause.contains("Cleo <cleo@example.org>") == true)
            }
        }

        @Test(
            "An invalid commit changes nothing and says why; its fix is applied",
            .survives(.repository, "half-written YAML"))
        func invalid() async throws {
            try await withHost { host in
                let good = try host.commit(
                    "Declare",
                    [
                        "u.yaml": Declare.sleeper, "a.yaml": Declare.sleeping("a"),
                        "b.yaml": Declare.sleeping("b"),
                    ])
                try await host.startAgent()
                let before = try await host.settled("a/0", "b/0").pids

                host.repository.remove("b.yaml")
                try host.commit(
                    "Break", ["a.yaml": Declare.sleeping("a", level: 2, "restrat: {policy: never}")],
                    by: "Dan <dan@example.org>")
                let broken = try await host.until("the commit is called invalid") {
                    $0.condition("Invalid") != nil
                }
                let message = broken.condition("Invalid") ?? ""
                #expect(message.contains("a.yaml:7:3"), "\(message)")
                #expect(message.contains("Dan <dan@example.org>"))
                #expect(broken.diagnostics.contains { $0.contains("restrat") && $0.contains("restart") })
                #expect(broken.accepted == good)
                #expect(broken.pids == before)
                #expect(try await host.plumb("status").output.contains("a.yaml:7:3"))
                let outcome = try host.ask("/v1/revisions").json()["items"].array.first
                #expect(outcome?["outcome"].string == "invalid")

                try host.commit("Mend", ["a.yaml": Declare.sleeping("a", level: 2)])
                let mended = try await host.until("the fix is applied") {
                    $0["b/0"] == nil && $0.areSettled(["a/0"]) && $0["a/0"]?.pid != before["a/0"]
                }
                #expect(mended.condition("Invalid") == nil)
                #expect(mended.diagnostics.isEmpty)
            }
        }
    }
}

/// The number that a workload wrote to a file.
func number(in path: String) async throws -> Int32 {
    var found: Int32?
    try await eventually("a number in \(path)") {
        found = Files.lines(path).first.flatMap { Int32($0) }
        return found != nil
    }
    return try #require(found)
}
