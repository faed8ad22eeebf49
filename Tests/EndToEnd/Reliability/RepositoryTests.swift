import Glibc
import TestKit
import Testing

extension EndToEnd {
    /// One agent after another trouble of its repository: nothing that runs is touched, a condition says why,
    /// and it is over by itself.
    @Suite("Repository trouble") struct RepositoryTrouble {
        private func level(_ status: StatusView) -> String? {
            ProcessTable.entry(status.pids["a/0"] ?? 0).environment["LEVEL"]
        }

        /// A commit of another level of `a` on top of main, without the index; the branch is as it was.
        private func prepare(_ host: Host, level: Int) throws -> String {
            let repository = host.repository
            let text = Declare.sleeping("a", level: level)
            let blob = try repository.git(["hash-object", "-w", "--stdin"], input: text)
            let tree = try repository.git("ls-tree", "main").split(separator: "\n").map { line in
                line.hasSuffix("\ta.yaml") ? "100644 blob \(blob)\ta.yaml" : String(line)
            }
            let made = try repository.git(["mktree"], input: tree.joined(separator: "\n") + "\n")
            return try repository.git("commit-tree", made, "-p", "main", "-m", "Level \(level)")
        }

        /// As git does it, whoever owns the repository.
        private func move(_ host: Host, to commit: String) {
            let file = host.repository.path + "/.git/refs/heads/main"
            Files.write(file + ".lock", commit + "\n")
            rename(file + ".lock", file)
        }

        private func accepted(_ commit: String, _ host: Host, level wanted: Int) async throws {
            let status = try await host.until("level \(wanted) runs") {
                $0.accepted == commit && $0.areSettled(["a/0", "b/0"]) && level($0) == "\(wanted)"
            }
            #expect(status.condition("SourceStale") == nil)
        }

        private func start(_ host: Host) async throws -> pid_t {
            try host.commit(
                "Declare",
                [
                    "u.yaml": Declare.sleeper, "a.yaml": Declare.sleeping("a"),
                    "b.yaml": Declare.sleeping("b"),
                ])
            try await host.startAgent()
            return try #require(try await host.settled("a/0", "b/0").pids["b/0"])
        }

        @Test(
            "index.lock, repacks during reads, a damaged object, a stopped reader",
            .survives(.repository, "index.lock, repacked, object damaged under a whole agent", tries: 3),
            .survives(.readerHangs, "reader stopped under a whole agent"))
        func troubles() async throws {
            try await withHost { host in
                let untouched = try await start(host)
                // Somebody's commit is under way, or has died.
                let lock = host.repository.path + "/.git/index.lock"
                Files.write(lock, "")
                let first = try prepare(host, level: 1)
                move(host, to: first)
                try await accepted(first, host, level: 1)
                unlink(lock)

                try await repacked(host)

                // A blob that is cut off before its first byte; the ref that needs it comes afterwards.
                let third = try prepare(host, level: 3)
                let blob = try host.repository.git("rev-parse", "\(third):a.yaml")
                let object = "\(host.repository.path)/.git/objects/\(blob.prefix(2))/\(blob.dropFirst(2))"
                #expect(rename(object, object + ".aside") == 0)
                Files.write(object, "", mode: 0o444)
                move(host, to: third)
                let stale = try await host.until("the damage is noticed") {
                    $0.condition("SourceStale") != nil
                }
                #expect(stale.accepted != third && stale.pids["b/0"] == untouched)
                #expect(stale.condition("SourceStale")?.contains(blob.prefix(7)) == true)
                #expect(rename(object + ".aside", object) == 0)
                try await accepted(third, host, level: 3)

                try await stoppedReader(host)
                #expect(try host.status().pids["b/0"] == untouched)
                #expect(try host.events().count { $0.kind == "started" && $0.replica == "b/0" } == 1)
            }
        }

        /// Every object moves from pack to pack, and refs with them, while ten commits are read.
        private func repacked(_ host: Host) async throws {
            let log = host.root + "/repack.log"
            let script = "while :; do git repack -adq && git prune-packed -q && git pack-refs --all; done"
            let packer = try ChildProcess(
                ["/bin/sh", "-c", script], environment: host.environment, directory: host.repository.path,
                output: log, errors: log)
            for round in 1...10 {
                let text = Declare.sleeping("b") + "# Round \(round).\n"
                // A commit may lose against the repack, as any push may: it is made again.
                try await eventually("round \(round) is committed") {
                    (try? host.commit("Round \(round)", ["b.yaml": text])) != nil
                }
                try await host.accepted()
            }
            packer.send(SIGTERM)
            _ = await packer.end(within: .seconds(20))
            let second = try prepare(host, level: 2)
            move(host, to: second)
            try await accepted(second, host, level: 2)
        }

        /// What reads for the agent is stopped, and would never answer.
        private func stoppedReader(_ host: Host) async throws {
            let reader = try #require(findReader(of: host))
            kill(reader, SIGSTOP)
            let fourth = try prepare(host, level: 4)
            move(host, to: fourth)
            let said = try await host.until("it is said, long before the deadline") {
                $0.condition("SourceStale") != nil
            }
            #expect(said.condition("SourceStale")?.contains("\(reader)") == true)
            #expect(said.condition("SourceStale")?.contains("stopped") == true)
            try await accepted(fourth, host, level: 4)
            #expect(!ProcessTable.isAlive(reader))
        }

        private func findReader(of host: Host) -> pid_t? {
            Files.names(in: "/proc").compactMap { pid_t($0) }.first { pid in
                ProcessTable.parent(of: pid) == host.agentPID
                    && ProcessTable.entry(pid).command.contains("git-reader")
            }
        }

        @Test(
            "Another owner, and files that may not be read (as root, with setpriv)",
            .survives(.repository, "wrong owner, unreadable refs and objects under a whole agent", tries: 3),
            .enabled(if: OrdinaryUser.reason == nil, Comment(rawValue: OrdinaryUser.reason ?? "")))
        func permissions() async throws {
            try await withHost(Host(user: OrdinaryUser.nobody)) { host in
                let untouched = try await start(host)
                let git = host.repository.path + "/.git"
                var wanted = 0
                func row(
                    _ what: String, says word: String, _ damage: () -> Void, _ mend: () -> Void
                ) async throws {
                    wanted += 1
                    let commit = try prepare(host, level: wanted)
                    Files.give(host.repository.root, to: OrdinaryUser.nobody, gid_t(OrdinaryUser.nobody))
                    damage()
                    move(host, to: commit)
                    let stale = try await host.until("\(what) is noticed") {
                        $0.condition("SourceStale") != nil
                    }
                    #expect(stale.pids["b/0"] == untouched && stale.accepted != commit, "\(what)")
                    #expect(
                        stale.condition("SourceStale")?.contains(word) == true,
                        "\(what): \(stale.condition("SourceStale") ?? "")")
                    mend()
                    Files.give(host.repository.root, to: OrdinaryUser.nobody, gid_t(OrdinaryUser.nobody))
                    try await accepted(commit, host, level: wanted)
                }
                try await row("another owner", says: "12345") {
                    Files.give(host.repository.path, to: 12_345, 12_345)
                } _: {
                }
                try await row("unreadable objects", says: "objects") {
                    chmod(git + "/objects", 0)
                } _: {
                    chmod(git + "/objects", 0o755)
                }
                try await row("an unreadable repository", says: host.repository.path) {
                    chmod(git, 0)
                } _: {
                    chmod(git, 0o755)
                }
                #expect(try host.status().pids["b/0"] == untouched)
            }
        }
    }
}
