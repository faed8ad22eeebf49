import Glibc
import TestKit
import Testing

extension EndToEnd {
    /// Revisions that do not work, each in its way.
    @Suite("Bad revision") struct BadRevision {
        struct Kind: Sendable {
            var name: String
            /// Why its rollout fails.
            var reason: String
            var files: [String: String]
            /// The mode that it runs; nil where nothing of it ever begins.
            var mode: String?
            var word = ""

            static func mode(_ mode: String, _ reason: String, _ word: String = "") -> Kind {
                Kind(
                    name: mode, reason: reason, files: ["i.yaml": Fickle.instance(mode: mode)], mode: mode,
                    word: word)
            }
        }

        private static let wrongDigest = String(repeating: "0", count: 64)

        private static let kinds = [
            Kind.mode("crash", "Exits", "exit code 7"),
            .mode("exit", "Exits", "exit code 0"),
            .mode("config", "Exits", "exit code 2"),
            .mode("hang", "HealthyDeadline", "healthyDeadline 4s"),
            .mode("sick", "Unhealthy", "was healthy"),
            Kind(
                name: "missing binary", reason: "CannotStart",
                files: [
                    "u2.yaml": Fickle.unit(version: "2.0.0", command: "/no/such/program"),
                    "i.yaml": Fickle.instance(unit: "fickle@2.0.0"),
                ], word: "/no/such/program"),
            Kind(
                name: "wrong digest", reason: "CannotStart",
                files: [
                    "dist/fickle.tar.gz": "something that nobody declared\n",
                    "u3.yaml": Fickle.unit(
                        version: "3.0.0", command: "./start.sh",
                        "artifact: {source: ./dist/fickle.tar.gz, sha256: \"\(wrongDigest)\"}"),
                    "i.yaml": Fickle.instance(unit: "fickle@3.0.0"),
                ],
                word: "dist/fickle.tar.gz is not what is declared: sha256 \(wrongDigest) was expected, "
                    + "f0c409"),
        ]

        @Test(
            "Last known good is back, the bad spec is not tried again, a fix goes through",
            .survives(.badRevision))
        func kinds() async throws {
            Attempt.tried(Self.kinds.count)
            try await withHost { host in
                try host.commit("Good", ["u.yaml": Fickle.unit, "i.yaml": Fickle.instance()])
                try await host.startAgent()
                try await host.proven("web")
                for (number, kind) in Self.kinds.enumerated() {
                    do {
                        try await takeBack(kind, on: host)
                        // A fix: another spec, and nobody has to do anything for it.
                        try host.commit("Fix", ["i.yaml": Fickle.instance(level: number + 1)])
                        let fixed = try await host.proven("web")
                        #expect(fixed.condition("RolledBack") == nil)
                        #expect(fixed.instance("web")["sync"].string == "Synced")
                    } catch {
                        throw Host.Failure(description: "\(kind.name): \(error)")
                    }
                }
            }
        }

        private func takeBack(_ kind: Kind, on host: Host) async throws {
            let began = ContinuousClock.now
            try host.commit("Break by \(kind.name)", kind.files)
            let back = try await host.rolledBack("web")
            print("\(kind.name): commit → healthy again \(ContinuousClock.now - began)")
            let rollout = back.instance("web")["rollout"]
            #expect(rollout["failure"]["reason"].string == kind.reason, "\(kind.name)")
            #expect(rollout["failure"]["message"].string?.contains(kind.word) == true, "\(kind.name)")
            #expect(rollout["revision"]["subject"].string == "Break by \(kind.name)")
            #expect(!rollout["changes"].array.isEmpty)
            #expect(back.instance("web")["sync"].string == "OutOfSync")
            #expect(
                back.json["conditions"].array.contains {
                    $0["type"].string == "Synced" && $0["status"].bool == false
                })
            if kind.name == "crash" { try await tellsStderr(host) }
            let tries = kind.mode.map { Fickle.runs($0, on: host) }
            if let tries { #expect((1...3).contains(tries), "\(kind.name): \(tries) runs") }
            // Neither time nor another agent tries it again, and what runs stays as it is.
            let pid = back.pids["web/0"]
            await host.killAgent()
            try await host.startAgent()
            let after = try await host.rolledBack("web")
            #expect(after.pids["web/0"] == pid, "\(kind.name)")
            #expect(kind.mode.map { Fickle.runs($0, on: host) } == tries, "\(kind.name)")
        }

        private func tellsStderr(_ host: Host) async throws {
            let told = try await host.until("the last words are known") {
                !$0.instance("web")["rollout"]["failure"]["stderr"].array.isEmpty
            }
            let lines = told.instance("web")["rollout"]["failure"]["stderr"].array.compactMap(\.string)
            #expect(lines == (11...30).map { "line \($0)" })
        }

        /// The agent dies where it has told, or stored, so many exits and claims: those of the old run, of
        /// the bad ones, and of the one that takes their place.
        private static let deaths =
            (1...4).map { ("claimDurable", $0) } + (1...4).map { ("exitTold", $0) }
            + [("exitDurable", 1), ("exitDurable", 4), ("requestSent", 4), ("startedTold", 4)]

        @Test(
            "The agent dies at each step of a rollback", .survives(.badRevision, "agent killed at each step"))
        func deaths() async throws {
            Attempt.tried(Self.deaths.count)
            try await withHost { host in
                try host.commit("Good", ["u.yaml": Fickle.unit, "i.yaml": Fickle.instance()])
                try await host.startAgent()
                try await host.proven("web")
                for (number, death) in Self.deaths.enumerated() {
                    do {
                        try await die(at: death, number, on: host)
                    } catch {
                        throw Host.Failure(description: "\(death): \(error)")
                    }
                }
            }
        }

        private func die(at death: (point: String, count: Int), _ number: Int, on host: Host) async throws {
            let reached = host.root + "/died-\(number)"
            await host.killAgent()
            let child = try host.launchAgent(variables: [
                "PLUMB_FAIL_POINT": "\(death.point),\(death.count),\(SIGKILL),\(reached)"
            ])
            try await host.until("it is as it was") { $0["web/0"]?.isReady == true }
            let before = Fickle.runs("crash", on: host)
            try host.commit(
                "Break \(number)",
                [
                    "i.yaml": Fickle.instance(mode: "crash", level: number + 1)
                ])
            try await eventually("the agent dies at \(death)") { child.poll() != nil }
            await host.killAgent()
            try await host.startAgent()
            let back = try await host.rolledBack("web")
            // A run whose start the death has hidden is not counted against the spec.
            #expect((3...4).contains(Fickle.runs("crash", on: host) - before), "\(death)")
            #expect(host.processes.filter { $0.replica == "web/0" }.map(\.pid) == [back.pids["web/0"]])
            try host.commit("Fix \(number)", ["i.yaml": Fickle.instance(level: 100 + number)])
            try await host.proven("web")
        }
    }
}
