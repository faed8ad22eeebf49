import TestKit
import Testing

extension EndToEnd {
    @Suite("Diff") struct Diff {
        @Test("Exit codes 0, 1, 2 and 3, and what it says is what happens") func foretells() async throws {
            try await withHost { host in
                let names = ["a", "b", "c", "d"]
                var files = ["u.yaml": Declare.sleeper]
                for name in names { files["\(name).yaml"] = Declare.sleeping(name) }
                try host.commit("Declare", files)
                try await host.startAgent()
                let before = try await host.settled(names.map { "\($0)/0" }).pids

                let nothing = try await host.plumb("diff")
                #expect(nothing.code == 0)
                #expect(nothing.output.contains("nothing to do"))

                try host.repository.write("a.yaml", Declare.sleeping("a", level: 5))
                try host.repository.write("b.yaml", Declare.sleeping("b", level: 0, "stop: {grace: 4s}"))
                host.repository.remove("c.yaml")
                try host.repository.write("e.yaml", Declare.sleeping("e"))
                let text = try await host.plumb("diff", "--color", "never")
                #expect(text.code == 1)
                #expect(
                    text.output.contains("1 to start, 1 to restart, 1 to stop, 1 live change, 1 unchanged"))
                #expect(text.output.contains("spec.config.level 0 → 5"))
                #expect(text.output.contains("a.yaml:6"))

                let diff = try await host.plumb("diff", "--revision", "worktree", "-o", "json")
                #expect(diff.code == 1)
                var foretold: [String: Set<String>] = [:]
                for change in try diff.json()["changes"].array {
                    foretold[change["action"].string ?? "", default: []].insert(
                        change["instance"].string ?? "")
                }
                #expect(foretold == ["start": ["e"], "restart": ["a"], "stop": ["c"], "live": ["b"]])

                // Another place to stand: a branch that nobody follows.
                try host.repository.branch("proposal")
                try host.repository.commit("Propose")
                let proposal = try await host.plumb("diff", "--revision", "proposal", "-o", "json")
                #expect(proposal.code == 1)
                #expect(try proposal.json()["changes"] == diff.json()["changes"])
                #expect(try host.status().pids == before, "a diff changes nothing")

                try host.repository.git("checkout", "-q", "main")
                try host.repository.git("merge", "-q", "--ff-only", "proposal")
                let after = try await host.until("the merge is in force") {
                    $0.areSettled(["a/0", "b/0", "d/0", "e/0"]) && $0["c/0"] == nil
                }.pids
                let restarted = names.filter {
                    after["\($0)/0"] != nil && after["\($0)/0"] != before["\($0)/0"]
                }
                #expect(Set(restarted) == foretold["restart"])
                #expect(Set(before.keys).subtracting(after.keys) == ["c/0"])
                #expect(try host.events().contains { $0.kind == "updated" && $0.replica == "b/0" })
                #expect(try await host.plumb("diff").code == 0)
            }
        }

        @Test("Wrong usage, unknown revisions and no agent are 2, invalid manifests 3") func failures()
            async throws
        {
            try await withHost { host in
                try host.commit("Declare", ["u.yaml": Declare.sleeper, "a.yaml": Declare.sleeping("a")])
                let absent = try await host.plumb("diff")
                #expect(absent.code == 2)
                #expect(absent.errors.contains("no agent at \(host.socket)"))

                try await host.startAgent()
                try await host.settled("a/0")
                for wrong in [
                    ["--bogus"], ["--to", "main"], ["--from", "main", "--revision", "main"], ["-o", "xml"],
                ] {
                    let result = try await host.plumb(["diff"] + wrong)
                    #expect(result.code == 2, "\(wrong): \(result.output)\(result.errors)")
                    #expect(!result.errors.isEmpty)
                }
                let unknown = try await host.plumb("diff", "--revision", "no-such-branch")
                #expect(unknown.code == 2)
                #expect(unknown.errors.contains("no-such-branch"))

                try host.repository.write("a.yaml", Declare.sleeping("a", level: 1, "restrat: {}"))
                let invalid = try await host.plumb("diff")
                #expect(invalid.code == 3)
                #expect(invalid.errors.contains("a.yaml:7:3"))
                #expect(invalid.output.isEmpty, "data alone goes to standard output")
                #expect(try await host.plumb("validate", host.repository.path).code == 3)
            }
        }

        @Test("Between two revisions, without an agent") func revisions() async throws {
            try await withHost { host in
                let first = try host.commit(
                    "Declare", ["u.yaml": Declare.sleeper, "a.yaml": Declare.sleeping("a")])
                try host.commit("Raise", ["a.yaml": Declare.sleeping("a", level: 3)])
                let arguments = ["diff", "--repo", host.repository.path]
                let same = try await host.plumb(arguments + ["--from", "main", "--to", "main"])
                #expect(same.code == 0)
                let changed = try await host.plumb(
                    arguments + ["--from", first, "--to", "main", "-o", "json"])
                #expect(changed.code == 1)
                #expect(try changed.json()["counts"]["restart"].int == 1)
                let yaml = try await host.plumb(arguments + ["--from", first, "--to", "main", "-o", "yaml"])
                #expect(yaml.code == 1)
                #expect(yaml.output.contains("spec.config.level"))
                try host.repository.write("b.yaml", Declare.sleeping("b"))
                let worktree = try await host.plumb(
                    ["diff", "--from", "main", "--to", "worktree"], directory: host.repository.path)
                #expect(worktree.code == 1)
                #expect(worktree.output.contains("b/0"))
            }
        }
    }
}
