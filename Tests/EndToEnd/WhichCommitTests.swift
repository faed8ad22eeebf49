import Glibc
import TestKit
import Testing

extension EndToEnd {
    @Suite("Which commit") struct WhichCommit {
        private func settings(_ host: Host, _ ref: String, _ more: String = "") {
            Files.write(
                host.root + "/agent.yaml",
                "apiVersion: plumb.dev/v1\nkind: Agent\nsource:\n  ref: {\(ref)}\n\(more)")
        }

        private func level(_ status: StatusView) -> String? {
            ProcessTable.entry(status.pids["a/0"] ?? 0).environment["LEVEL"]
        }

        @Test("a range of versions follows the highest tag; a tag that goes away is a rewind") func semver()
            async throws
        {
            try await withHost { host in
                settings(host, "semver: \">=1.2 <2\"")
                try host.commit(
                    "One", ["u.yaml": Declare.sleeper, "a.yaml": Declare.sleeping("a", level: 1)])
                try host.launchAgent()
                try await host.until("it is said that no tag fits") {
                    $0.condition("SourceStale")?.contains("semver >=1.2 <2") == true
                }
                try host.repository.git("tag", "v1.2.0")
                let one = try await host.until("v1.2.0") { $0.areSettled(["a/0"]) }
                #expect(level(one) == "1")
                try host.commit("Two", ["a.yaml": Declare.sleeping("a", level: 2)])
                try host.repository.git("tag", "-a", "-m", "ten", "v1.10.0")
                try host.repository.git("tag", "v2.0.0")
                try host.repository.git("tag", "v1.9.0", "v1.2.0")
                try await host.until("v1.10.0") { $0.areSettled(["a/0"]) && level($0) == "2" }
                let ref = try host.status().json["source"]["accepted"]["ref"].string
                #expect(ref == "v1.10.0")
                try host.repository.git("tag", "-d", "v1.10.0")
                let rewound = try await host.until("a lower tag waits") {
                    $0.condition("SourceRewound") != nil
                }
                #expect(level(rewound) == "2")
                try host.repository.git("tag", "v1.10.1", "main")
                let after = try await host.until("a higher tag ends it") {
                    $0.condition("SourceRewound") == nil
                }
                #expect(after.areSettled(["a/0"]) && level(after) == "2")
            }
        }

        @Test("a pinned commit, and no other; another pin is the host's own word") func commit() async throws
        {
            try await withHost { host in
                let first = try host.commit(
                    "One", ["u.yaml": Declare.sleeper, "a.yaml": Declare.sleeping("a", level: 1)])
                let second = try host.commit("Two", ["a.yaml": Declare.sleeping("a", level: 2)])
                settings(host, "commit: \"\(second)\"")
                try await host.startAgent()
                try await host.until("the second") { $0.areSettled(["a/0"]) && level($0) == "2" }
                try host.commit("Three", ["a.yaml": Declare.sleeping("a", level: 3)])
                await host.killAgent()
                settings(host, "commit: \"\(first)\"")
                try await host.startAgent()
                let back = try await host.until("the first") { $0.areSettled(["a/0"]) && level($0) == "1" }
                #expect(back.condition("SourceRewound") == nil)
                #expect(back.accepted == first)
            }
        }

        @Test(
            "An accepted commit is not lost by a forced push: it waits, over the agent's death too",
            .survives(.repository, "forced push that loses an accepted commit"))
        func rewind() async throws {
            try await withHost { host in
                let first = try host.commit(
                    "One", ["u.yaml": Declare.sleeper, "a.yaml": Declare.sleeping("a", level: 1)])
                try await host.startAgent()
                try await host.settled("a/0")
                let second = try host.commit("Two", ["a.yaml": Declare.sleeping("a", level: 2)])
                let before = try await host.settled("a/0")
                try host.repository.git("reset", "-q", "--hard", first)
                let rewound = try await host.until("it waits") { $0.condition("SourceRewound") != nil }
                let range = "\(second.prefix(7))..\(first.prefix(7))"
                #expect(
                    rewound.condition("SourceRewound")?.contains("plumb approve --rewind \(range)") == true)
                #expect(rewound.pids == before.pids && rewound.accepted == second)
                await host.killAgent()
                try await host.startAgent()
                let again = try await host.until("it still waits") { $0.condition("SourceRewound") != nil }
                #expect(again.pids == before.pids)

                // What follows the accepted commit ends the wait by itself.
                try host.repository.git("reset", "-q", "--hard", second)
                try await host.until("it is over") { $0.condition("SourceRewound") == nil }
                try host.repository.git("reset", "-q", "--hard", first)
                try await host.until("once more") { $0.condition("SourceRewound") != nil }
                let wrong = try await host.plumb(
                    "approve", "--rewind", "\(second.prefix(7))..\(second.prefix(7))", "--reason", "wrong")
                #expect(wrong.code == 2 && wrong.errors.contains(range), "\(wrong)")
                #expect(try host.status().condition("SourceRewound") != nil)
                let approved = try await host.plumb(
                    "approve", "--rewind", range, "--reason", "it was a mistake")
                #expect(approved.code == 0, "\(approved)")
                let after = try await host.until("the step back is taken") {
                    $0.accepted == first && $0.areSettled(["a/0"])
                }
                #expect(level(after) == "1" && after.condition("SourceRewound") == nil)
                #expect(try host.events().contains { $0.kind == "rewindApproved" })

                // Somebody's word outlasts the agent, where something else holds up what it is about.
                await host.killAgent()
                settings(host, "branch: main", "applyDelay: 1h\n")
                try await host.startAgent()
                try host.repository.write("a.yaml", Declare.sleeping("a", level: 3))
                try host.repository.git("add", "a.yaml")
                let tree = try host.repository.git("write-tree")
                let stranger = try host.repository.git("commit-tree", tree, "-m", "Another history")
                try host.repository.git("update-ref", "refs/heads/main", stranger)
                try await host.until("it waits") { $0.condition("SourceRewound") != nil }
                let word = try await host.plumb(
                    "approve", "--rewind", "\(first.prefix(7))..\(stranger.prefix(7))", "--reason", "meant")
                #expect(word.code == 0, "\(word)")
                try await host.until("it is held by the delay") { $0.condition("Held") != nil }
                await host.killAgent()
                try await host.startAgent()
                let held = try await host.until("it is read again") {
                    $0.json["source"]["seen"]["commit"].string == stranger && $0.condition("Held") != nil
                }
                #expect(held.condition("SourceRewound") == nil && held.accepted == first)
                try await host.approve("both were meant")
                let last = try await host.until("it is taken") {
                    $0.accepted == stranger && $0.areSettled(["a/0"])
                }
                #expect(level(last) == "3" && last.condition("SourceRewound") == nil)
            }
        }

        @Test(
            "A commit that was never accepted is taken back by force, and nothing waits",
            .survives(.heldTakenBack, "an invalid commit"))
        func invalidTakenBack() async throws {
            try await withHost { host in
                let first = try host.commit(
                    "One", ["u.yaml": Declare.sleeper, "a.yaml": Declare.sleeping("a", level: 1)])
                try await host.startAgent()
                let before = try await host.settled("a/0")
                try host.commit("Broken", ["a.yaml": "kind: Nonsense\n"])
                try await host.until("it is invalid") { $0.condition("Invalid") != nil }
                try host.repository.git("reset", "-q", "--hard", first)
                let after = try await host.until("it is taken back") { $0.condition("Invalid") == nil }
                #expect(after.condition("SourceRewound") == nil && after.pids == before.pids)
                try host.commit("Broken again", ["a.yaml": "kind: Nonsense\n"])
                try await host.until("it is invalid") { $0.condition("Invalid") != nil }
                try host.repository.git("reset", "-q", "--hard", first)
                try host.commit("Good", ["b.yaml": Declare.sleeping("b")])
                #expect(try await host.settled("a/0", "b/0").pids["a/0"] == before.pids["a/0"])
            }
        }
    }
}
