import Glibc
import TestKit
import Testing

extension EndToEnd {
    @Suite("Trust") struct Trust {
        private static let declarations = ["u.yaml": Declare.sleeper, "a.yaml": Declare.sleeping("a")]

        @Test(
            "An unsigned commit changes nothing, over the agent's death too; a signed one is in force at once"
        )
        func signedAlone() async throws {
            try await withHost { host in
                let ann = try await key("ann", host)
                try settings("head", ["ann@example.org \(ann)"], host)
                try host.commit("Unsigned", Self.declarations)
                try await host.startAgent()
                let refused = try await host.until("it is rejected") { $0.condition("Rejected") != nil }
                #expect(refused.accepted == nil && refused.replicas.isEmpty)
                #expect(refused.condition("Rejected")?.hasPrefix("Unsigned: ") == true)

                try signed("Signed", by: "ann", host)
                let good = try await host.settled("a/0")
                #expect(good.condition("Rejected") == nil)
                let signer = good.json["source"]["accepted"]["signer"]
                #expect(signer["principal"].string == "ann@example.org")
                #expect(signer["key"].string?.hasPrefix("SHA256:") == true)
                #expect(try await host.plumb("status").output.contains("signed by ann@example.org (SHA256:"))

                try host.commit("Unsigned change", ["a.yaml": Declare.sleeping("a", level: 7)])
                let head = try host.repository.head()
                let message = try await host.until("it is rejected") {
                    $0.condition("Rejected") != nil && $0.json["source"]["seen"]["commit"].string == head
                }.condition("Rejected")
                #expect(message?.contains("by Ann <ann@example.org> is rejected: it is not signed") == true)
                await host.killAgent()
                try await host.startAgent()
                let after = try await host.until("it is rejected still") { $0.condition("Rejected") != nil }
                #expect(after.pids == good.pids && after.accepted == good.accepted)
                let outcomes = try host.ask("/v1/revisions").json()["items"].array
                #expect(outcomes.contains { $0["outcome"].string == "rejected" })

                try signed("Signed again", by: "ann", host)
                let last = try await host.settled("a/0")
                #expect(last.pids != good.pids)
                let cause = try host.events().last { $0.kind == "stopping" }?.json["cause"]["text"].string
                #expect(cause?.contains("signed by ann@example.org") == true, "\(cause ?? "")")
            }
        }

        @Test("A rewind whose target another push has superseded is not approved") func supersededRewind()
            async throws
        {
            try await withHost { host in
                let ann = try await key("ann", host)
                try settings("head", ["ann@example.org \(ann)"], host)
                try host.commit("One", Self.declarations, sign: host.root + "/ann")
                let first = try host.repository.head()
                try signed("Two", by: "ann", host)
                let second = try host.repository.head()
                try await host.startAgent()
                let before = try await host.settled("a/0")
                #expect(before.accepted == second)
                try host.repository.git("reset", "-q", "--hard", first)
                try await host.until("it waits") { $0.condition("SourceRewound") != nil }
                try host.commit("Unsigned", ["a.yaml": Declare.sleeping("a", level: 7)])
                let rejected = try await host.until("the newest is rejected") {
                    $0.condition("Rejected") != nil
                }
                #expect(rejected.condition("SourceRewound") == nil, "nobody is told to approve it any more")
                let late = try await host.plumb(
                    "approve", "--rewind", "\(second.prefix(7))..\(first.prefix(7))", "--reason", "too late")
                #expect(late.code == 2 && late.errors.contains("no rewind waits"), "\(late)")
                let after = try host.status()
                #expect(after.accepted == second && after.pids == before.pids)
            }
        }

        @Test("Another keys file is noticed, and touches nothing that runs") func keysChange() async throws {
            try await withHost { host in
                let (ann, bob) = (try await key("ann", host), try await key("bob", host))
                try settings("every", ["ann@example.org \(ann)"], host)
                try host.commit("Declare", Self.declarations, sign: host.root + "/ann")
                try await host.startAgent()
                let good = try await host.settled("a/0")
                try signed("By Bob", by: "bob", host)
                let refused = try await host.until("Bob is unknown") { $0.condition("Rejected") != nil }
                #expect(refused.condition("Rejected")?.hasPrefix("UnknownKey: ") == true)
                #expect(refused.pids == good.pids)

                Files.write(host.root + "/allowed", "ann@example.org \(ann)\nbob@example.org \(bob)\n")
                let known = try await host.settled("a/0")
                #expect(known.json["source"]["accepted"]["signer"]["principal"].string == "bob@example.org")
                #expect(known.pids == good.pids)

                Files.write(host.root + "/allowed", "bob@example.org \(bob)\n")
                let doubtful = try await host.until("the accepted one is doubted") {
                    $0.condition("Rejected")?.contains("stays in force") == true
                }
                #expect(doubtful.pids == good.pids && doubtful.accepted == known.accepted)
                unlink(host.root + "/allowed")
                try await host.until("nobody can be judged") { $0.condition("TrustUnavailable") != nil }
                Files.write(host.root + "/allowed", "ann@example.org \(ann)\nbob@example.org \(bob)\n")
                let mended = try await host.until("all is well") {
                    $0.condition("TrustUnavailable") == nil && $0.condition("Rejected") == nil
                }
                #expect(mended.pids == good.pids)
            }
        }

        @Test("A held revision is approved by a commit that an approver signed, and by no one of its own")
        func approvedByCommit() async throws {
            try await withHost { host in
                let (ann, bob) = (try await key("ann", host), try await key("bob", host))
                try settings("head", ["ann@example.org \(ann)", "bob@example.org \(bob)"], host)
                let file = host.root + "/agent.yaml"
                Files.write(
                    file, (Files.text(file) ?? "") + "  approvers: [ann@example.org, bob@example.org]\n")
                for (name, text) in Self.declarations { try host.repository.write(name, text) }
                try signed("Declare", by: "ann", host)
                try await host.startAgent()
                let good = try await host.settled("a/0")
                host.repository.remove("a.yaml")
                try signed("Remove all", by: "bob", host)
                let held = try await host.until("it is held") { $0.held["plan"].string != nil }
                let plan = try #require(held.held["plan"].string)
                try signed("I mean it\n\nPlumb-Approve: \(plan)", by: "bob", host)
                try await host.until("his own word is refused") { _ in
                    try host.events().contains {
                        $0.kind == "approvalRefused" && $0.message.contains("nobody approves his own")
                    }
                }
                #expect(try host.status().pids == good.pids)
                await host.killAgent()
                try signed("It is meant\n\nPlumb-Approve: \(plan)", by: "ann", host)
                // The approval is no less meant because something was pushed after it.
                try host.repository.write("notes.txt", "more\n")
                try signed("More", by: "bob", host)
                try await host.startAgent()
                try await host.until("it is gone") {
                    $0["a/0"] == nil && $0.held == .null && $0.accepted != nil
                }
                let approved = try host.events().first { $0.kind == "approved" }
                #expect(approved?.message.contains("signed by ann@example.org") == true)
            }
        }

        // Hosts and keys -------------------------------------------------------------------------------

        /// Makes a key, and returns the words of its public half.
        private func key(_ name: String, _ host: Host) async throws -> String {
            let path = host.root + "/" + name
            let child = try ChildProcess(
                ["/usr/bin/ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", path],
                environment: host.environment, directory: host.root, output: "/dev/null", errors: "/dev/null")
            #expect(await child.end(within: .seconds(60)) == .exited(0))
            return (Files.text(path + ".pub") ?? "").split(separator: " ").prefix(2).joined(separator: " ")
                .filter { $0 != "\n" }
        }

        private func settings(_ require: String, _ allowed: [String], _ host: Host) throws {
            Files.write(host.root + "/allowed", allowed.map { $0 + "\n" }.joined())
            Files.write(
                host.root + "/agent.yaml",
                """
                apiVersion: plumb.dev/v1
                kind: Agent
                trust:
                  commits: {require: \(require), keys: \(host.root)/allowed}

                """)
        }

        private func signed(_ message: String, by name: String, _ host: Host) throws {
            try host.repository.signed(message, by: host.root + "/" + name)
        }
    }
}

extension TemporaryRepository {
    fileprivate func signed(_ message: String, by key: String) throws {
        try git("add", "-A")
        try git(
            "-c", "gpg.format=ssh", "-c", "user.signingKey=\(key)", "commit", "-q", "-S", "--allow-empty",
            "-m",
            message)
    }
}

extension Host {
    fileprivate func commit(_ message: String, _ files: [String: String], sign key: String) throws {
        for (name, text) in files { try repository.write(name, text) }
        try repository.signed(message, by: key)
    }
}
