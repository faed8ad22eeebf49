import Glibc
import TestKit
import Testing

extension EndToEnd {
    @Suite("Gates") struct Gates {
        private static let names = ["a", "b", "c"]

        /// Three Instances that run, and their pids.
        private func shop(_ host: Host) async throws -> [String: Int32] {
            var files = ["u.yaml": Declare.sleeper]
            for name in Self.names { files["\(name).yaml"] = Declare.sleeping(name) }
            try host.commit("Declare", files)
            try await host.startAgent()
            return try await host.settled(Self.names.map { "\($0)/0" }).pids
        }

        @discardableResult
        private func removeAll(_ host: Host) throws -> String {
            for name in Self.names { host.repository.remove("\(name).yaml") }
            return try host.commit("Oops", by: "Ben <ben@example.org>")
        }

        private func held(_ host: Host, _ commit: String) async throws -> StatusView {
            try await host.until("\(commit.prefix(7)) is held") {
                $0.held["revision"]["commit"].string == commit && $0.condition("Held") != nil
            }
        }

        @Test(
            "A revision that removes everything is held until its plan is approved",
            .survives(.removesTooMuch, "agent killed while held, and right after the approval", tries: 2))
        func removesEverything() async throws {
            try await withHost { host in
                let before = try await shop(host)
                let good = try host.repository.head()
                let commit = try removeAll(host)
                let status = try await held(host, commit)
                #expect(status.accepted == good && status.pids == before)
                let message = status.condition("Held") ?? ""
                let plan = try #require(status.held["plan"].string)
                #expect(message.contains("removes 3 replicas and leaves none on this host"), "\(message)")
                #expect(message.contains("Ben <ben@example.org>"), "\(message)")
                #expect(message.contains("plumb approve \(plan) --reason"), "\(message)")
                #expect(status.condition("Synced") == nil)
                let text = try await host.plumb("status").output
                #expect(text.contains("remove a (1 replica)") && text.contains(plan), "\(text)")

                // A reviewer without the host reads the same hash.
                let diff = try await host.plumb("diff", "--revision", "main")
                #expect(diff.output.contains("plan \(plan)"), "\(diff.output)")
                #expect(diff.output.contains("would be held"), "\(diff.output)")
                let review = try await host.plumb(
                    "diff", "--repo", host.repository.path, "--from", good, "--to", commit, "--node", "e2e")
                #expect(review.output.contains("plan \(plan)"), "\(review.output)")

                await host.killAgent()
                try await host.startAgent()
                let again = try await held(host, commit)
                #expect(again.pids == before)
                #expect(again.held["since"].string == status.held["since"].string)

                let wrong = try await host.plumb("approve", "0000-0000", "--reason", "typed wrong")
                #expect(wrong.code == 2)
                #expect(wrong.errors.contains("plan 0000-0000 is not held"), "\(wrong.errors)")
                #expect(try host.status().pids == before)

                let approval = try await host.plumb("approve", plan, "--reason", "the shop is closed")
                await host.killAgent()
                #expect(approval.code == 0, "\(approval.errors)")
                try await host.startAgent()
                try await host.until("all are gone") { $0.accepted == commit && $0.replicas.isEmpty }
                #expect(before.values.allSatisfy { !ProcessTable.isAlive($0) })
                #expect(try host.status().held == .null)
                let events = try host.events()
                let approved = try #require(events.first { $0.kind == "approved" })
                #expect(approved.message.contains("the shop is closed"))
                #expect(approved.json["caller"]["uid"].int == Int(geteuid()))
                #expect(approved.json["caller"]["pid"].int.map { $0 > 1 } == true)
                #expect(events.contains { $0.kind == "held" } && events.contains { $0.kind == "holdLifted" })
                let outcomes = try host.ask("/v1/revisions").json()["items"].array
                #expect(outcomes.map { $0["outcome"].string } == ["accepted", "held", "accepted"])
            }
        }

        @Test("An approval counts though the repository cannot be read, and outlives the agent")
        func approvedBlindly() async throws {
            try await withHost { host in
                let before = try await shop(host)
                let commit = try removeAll(host)
                let plan = try #require(try await held(host, commit).held["plan"].string)
                await host.killAgent()
                let away = host.repository.path + ".away"
                #expect(rename(host.repository.path, away) == 0)
                try host.launchAgent(["--ref", "main"])
                try await host.until("it answers, and holds what it held") {
                    $0.held["plan"].string == plan && $0.condition("SourceStale") != nil
                }
                let approval = try await host.plumb("approve", plan, "--reason", "meant")
                await host.killAgent()
                #expect(approval.code == 0, "\(approval.errors)")
                #expect(approval.output.contains("once the revision is read again"), "\(approval.output)")
                #expect(before.values.allSatisfy { ProcessTable.isAlive($0) })
                #expect(rename(away, host.repository.path) == 0)
                try await host.startAgent()
                try await host.until("all are gone") { $0.accepted == commit && $0.replicas.isEmpty }
            }
        }

        @Test(
            "A held commit that is taken back by force is no trouble",
            .survives(.heldTakenBack, "while the agent runs, and while it is away", tries: 2))
        func takenBack() async throws {
            try await withHost { host in
                let before = try await shop(host)
                let good = try host.repository.head()
                for isAway in [false, true] {
                    let bad = try removeAll(host)
                    _ = try await held(host, bad)
                    if isAway { await host.killAgent() }
                    try host.repository.git("reset", "-q", "--hard", good)
                    if isAway { try await host.startAgent() }
                    let status = try await host.until("nothing is held") {
                        $0.held == .null && $0.condition("Held") == nil && $0.condition("Synced") != nil
                    }
                    #expect(status.accepted == good && status.pids == before)
                }
                // Not stuck: what comes next is applied.
                try host.commit("Go on", ["d.yaml": Declare.sleeping("d")])
                let after = try await host.settled("a/0", "d/0")
                #expect(after.pids.filter { $0.key != "d/0" } == before)
                #expect(try host.events().contains { $0.message.contains("is the newest revision again") })
            }
        }

        @Test("A newer revision takes the place of a held one at once, an invalid one too") func superseded()
            async throws
        {
            try await withHost { host in
                let before = try await shop(host)
                _ = try await held(host, try removeAll(host))
                try host.commit("Break", ["a.yaml": "kind: Nonsense\n"])
                try await host.until("the hold is over") {
                    $0.condition("Invalid") != nil && $0.held == .null && $0.condition("Held") == nil
                }
                var files: [String: String] = [:]
                for name in Self.names { files["\(name).yaml"] = Declare.sleeping(name) }
                files["d.yaml"] = Declare.sleeping("d")
                try host.commit("Mend", files)
                let after = try await host.settled("a/0", "b/0", "c/0", "d/0")
                #expect(after.pids.filter { $0.key != "d/0" } == before)
                try await unreadable(host, files, pids: after.pids)
            }
        }

        /// A newer revision is known of, and cannot be read: what it may take back is not to be approved.
        private func unreadable(_ host: Host, _ files: [String: String], pids: [String: Int32]) async throws {
            let status = try await held(host, try removeAll(host))
            let plan = try #require(status.held["plan"].string)
            let repository = host.repository
            for (name, text) in files { try repository.write(name, text) }
            try repository.write("e.yaml", Declare.sleeping("e"))
            try repository.git("add", "-A")
            let tree = try repository.git("write-tree")
            let back = try repository.git("commit-tree", tree, "-p", "HEAD", "-m", "Take it back")
            let object = "\(repository.path)/.git/objects/\(tree.prefix(2))/\(tree.dropFirst(2))"
            #expect(rename(object, object + ".away") == 0)
            try repository.git("update-ref", "refs/heads/main", back)
            try await host.until("it is seen, and cannot be read") {
                $0.json["source"]["seen"]["commit"].string == back && $0.condition("SourceStale") != nil
            }
            let approval = try await host.plumb("approve", plan, "--reason", "too late")
            #expect(approval.code == 2)
            #expect(approval.errors.contains("is the newest revision no longer"), "\(approval.errors)")
            #expect(rename(object + ".away", object) == 0)
            let after = try await host.settled("a/0", "b/0", "c/0", "d/0", "e/0")
            #expect(after.pids.filter { $0.key != "e/0" } == pids)
        }

        @Test("Other labels of the host go through the gates, and back again for nothing") func labels()
            async throws
        {
            try await withHost { host in
                func label(_ zone: String) {
                    Files.write(
                        host.root + "/agent.yaml",
                        "apiVersion: plumb.dev/v1\nkind: Agent\nnode: {labels: {zone: \(zone)}}\n")
                }
                label("a")
                var files = ["u.yaml": Declare.sleeper, "c.yaml": Declare.sleeping("c")]
                for name in ["a", "b"] {
                    files["\(name).yaml"] = Declare.sleeping(name, level: 0, "nodes: {selector: {zone: a}}")
                }
                let commit = try host.commit("Declare", files)
                try await host.startAgent()
                let before = try await host.settled("a/0", "b/0", "c/0").pids
                await host.killAgent()

                label("b")
                try await host.startAgent()
                let status = try await held(host, commit)
                #expect(status.pids == before)
                #expect(status.condition("Held")?.contains("removes 2 of 3 replicas") == true)
                #expect(status.json["nodeLabels"]["zone"].string == "b")
                await host.killAgent()
                label("a")
                try await host.startAgent()
                let back = try await host.until("nothing is held") {
                    $0.held == .null && $0.condition("Held") == nil && $0.condition("Synced") != nil
                }
                #expect(back.pids == before)
                await host.killAgent()

                label("b")
                try await host.startAgent()
                let plan = try #require(try await held(host, commit).held["plan"].string)
                #expect(try await host.plumb("approve", plan, "--reason", "it moves").code == 0)
                let after = try await host.until("two are gone") { $0.replicas.count == 1 }
                #expect(after.pids == before.filter { $0.key == "c/0" })
                await host.killAgent()
                try await host.startAgent()
                #expect(try await host.settled("c/0").pids == after.pids)
            }
        }

        @Test("A suspended host takes in nothing new and supervises what runs, until it lapses")
        func suspended() async throws {
            try await withHost { host in
                let before = try await shop(host)
                #expect(try await host.plumb("suspend", "--for", "1h").code == 2)
                let word = try await host.plumb("suspend", "--reason", "an audit", "--for", "1h")
                #expect(word.code == 0 && word.output.contains("is suspended for 1h00m"), "\(word)")
                let commit = try host.commit("More", ["d.yaml": Declare.sleeping("d")])
                _ = try await held(host, commit)
                signal(before["a/0"], SIGKILL)
                try await host.until("a is back") { $0["a/0"]?.restarts == 1 && $0["a/0"]?.isReady == true }
                await host.killAgent()
                try await host.startAgent()
                let status = try await held(host, commit)
                #expect(status.condition("Suspended")?.contains("an audit") == true)
                #expect(status.json["gates"]["suspension"]["until"].string != nil)
                #expect(status["d/0"] == nil)
                let text = try await host.plumb("status").output.split(separator: "\n").first ?? ""
                #expect(text.contains("SUSPENDED until"), "\(text)")
                let metrics = try await host.plumb("approve", "0000-0000", "--reason", "no")
                #expect(metrics.errors.contains("is not held"))

                // Another word replaces the first, and lapses by itself.
                #expect(try await host.plumb("suspend", "--reason", "nearly done", "--for", "1s").code == 0)
                try await host.settled("a/0", "b/0", "c/0", "d/0")
                #expect(try host.status().condition("Suspended") == nil)
                #expect(try host.events().contains { $0.kind == "resumed" && $0.message.contains("lapsed") })

                #expect(try await host.plumb("suspend", "--reason", "once more").code == 0)
                let last = try host.commit("Last", ["e.yaml": Declare.sleeping("e")])
                _ = try await held(host, last)
                #expect(try await host.plumb("resume").code == 0)
                try await host.settled("e/0")
                let idle = try await host.plumb("resume")
                #expect(idle.code == 2 && idle.errors.contains("is not suspended"), "\(idle.errors)")
            }
        }

        /// A window of an hour that begins in so many hours, by the wall clock of now.
        private func settings(windowIn hours: Int) -> String {
            var now = time(nil)
            var parts = tm()
            gmtime_r(&now, &parts)
            func hour(_ offset: Int) -> String {
                let number = (Int(parts.tm_hour) + hours + offset) % 24
                return (number < 10 ? "0" : "") + "\(number):00"
            }
            return "apiVersion: plumb.dev/v1\nkind: Agent\n"
                + "windows: [{from: \"\(hour(0))\", to: \"\(hour(1))\", timezone: UTC}]\n"
        }

        @Test("Outside its windows a host waits and says until when; a crash and an approval pass")
        func windows() async throws {
            try await withHost { host in
                Files.write(host.root + "/agent.yaml", settings(windowIn: 3))
                // The first revision has nothing to disturb.
                let before = try await shop(host)
                let commit = try host.commit("Change", ["a.yaml": Declare.sleeping("a", level: 4)])
                let status = try await held(host, commit)
                #expect(status.pids == before)
                #expect(status.condition("Held")?.hasPrefix("WindowClosed") == true)
                #expect(status.held["holds"].array.first?["until"].string?.contains(":00:00") == true)
                #expect(status.json["gates"]["window"]["open"].bool == false)
                signal(before["b/0"], SIGKILL)
                try await host.until("b is back") { $0["b/0"]?.restarts == 1 && $0["b/0"]?.isReady == true }
                let plan = try #require(status.held["plan"].string)
                #expect(try await host.plumb("approve", plan, "--reason", "cannot wait").code == 0)
                let after = try await host.settled("a/0")
                #expect(after.pids["a/0"] != before["a/0"])

                // An agent whose settings have it open applies what was held.
                let next = try host.commit("Again", ["a.yaml": Declare.sleeping("a", level: 5)])
                _ = try await held(host, next)
                await host.killAgent()
                Files.write(host.root + "/agent.yaml", "apiVersion: plumb.dev/v1\nkind: Agent\n")
                try await host.startAgent()
                try await host.settled("a/0")
                #expect(try host.status().accepted == next)
            }
        }

        @Test("applyDelay lets a revision wait, over a restart of the agent") func delay() async throws {
            try await withHost { host in
                let settings = "apiVersion: plumb.dev/v1\nkind: Agent\napplyDelay: "
                Files.write(host.root + "/agent.yaml", settings + "1h\n")
                let before = try await shop(host)
                let commit = try host.commit("Change", ["a.yaml": Declare.sleeping("a", level: 4)])
                let status = try await held(host, commit)
                #expect(status.pids == before)
                #expect(status.condition("Held")?.hasPrefix("ApplyDelay") == true)
                let until = status.held["holds"].array.first?["until"].string
                await host.killAgent()
                try await host.startAgent()
                #expect(try await held(host, commit).held["holds"].array.first?["until"].string == until)
                await host.killAgent()
                Files.write(host.root + "/agent.yaml", settings + "2s\n")
                try await host.startAgent()
                let after = try await host.settled("a/0")
                #expect(after.pids["b/0"] == before["b/0"] && after.pids["a/0"] != before["a/0"])
                let next = try host.commit("Again", ["a.yaml": Declare.sleeping("a", level: 5)])
                try await host.settled("a/0")
                let events = try host.events().filter { $0.json["revision"]["commit"].string == next }
                #expect(events.prefix(3).map(\.kind) == ["held", "holdLifted", "revisionAccepted"])
            }
        }

        @Test("prune: protect outlives the file") func protected() async throws {
            try await withHost { host in
                try host.commit(
                    "Declare",
                    [
                        "u.yaml": Declare.sleeper, "a.yaml": Declare.sleeping("a"),
                        "db.yaml": Declare.sleeping("db", level: 0, "prune: protect"),
                    ])
                try await host.startAgent()
                let before = try await host.settled("a/0", "db/0").pids
                host.repository.remove("db.yaml")
                let diff = try await host.plumb("diff")
                #expect(diff.output.contains("db is declared no longer, and prune: protect keeps it"))
                let commit = try host.commit("Remove it")
                let status = try await host.until("it is said") {
                    $0.accepted == commit && $0.waiting(for: "db/0")["reason"].string == "Protected"
                }
                #expect(status.pids == before)
                await host.killAgent()
                try await host.startAgent()
                try await host.until("it is still said") {
                    $0.pids == before && $0.waiting(for: "db/0")["reason"].string == "Protected"
                }
                try host.commit("Allow", ["db.yaml": Declare.sleeping("db")])
                #expect(try await host.settled("a/0", "db/0").pids == before)
                host.repository.remove("db.yaml")
                try host.commit("Remove it")
                try await host.until("it is gone") { $0["db/0"] == nil && $0.accepted != nil }
            }
        }

        @Test(
            "The control socket obeys nobody else, and says whom (as root, with setpriv)",
            .enabled(if: OrdinaryUser.reason == nil, Comment(rawValue: OrdinaryUser.reason ?? "")))
        func strangers() async throws {
            try await withHost { host in
                _ = try await shop(host)
                chmod(host.base, 0o755)
                let out = host.base + "/stranger"
                let child = try ChildProcess(
                    [
                        "/usr/bin/setpriv", "--reuid", "\(OrdinaryUser.nobody)", "--regid",
                        "\(OrdinaryUser.nobody)", "--clear-groups", "--", Binaries.plumb, "suspend",
                        "--reason", "mischief",
                    ], environment: host.environment, directory: "/", output: out, errors: out)
                #expect(await child.end(within: .seconds(30)) == .exited(2))
                let text = Files.text(out) ?? ""
                #expect(text.contains("may not talk to the agent"), "\(text)")
                #expect(text.contains("the group plumb"), "\(text)")
                #expect(try host.status().condition("Suspended") == nil)
            }
        }
    }
}

extension StatusView {
    /// The revision that is held; null where none is.
    var held: JSON { json["gates"]["held"] }
}

extension Host {
    /// Approves what is held, as somebody who means it.
    func approve(_ reason: String = "it is meant") async throws {
        let plan = try await until("something is held") { $0.held["plan"].string != nil }.held["plan"].string
        let word = try await plumb("approve", plan ?? "", "--reason", reason)
        guard word.code == 0 else { throw Failure(description: "not approved: \(word.errors)") }
    }
}
