import TestKit
import Testing

extension EndToEnd {
    @Suite("Order") struct Order {
        /// Says what it found when it started, and what it was when it ended.
        private static func recorder(_ name: String, needs: String, more: String = "") -> String {
            Declare.shell(
                name,
                """
                trap 'echo "\(name) ends" >> story; exit 0' TERM
                cd "$PLUMB_SHARED_DIR"
                test -e \(needs) && echo "\(name) found \(needs)" >> story
                sleep 0.3
                : > \(name)
                while :; do sleep 0.05; done
                """, more)
        }

        private static let declarations = [
            "units.yaml": Declare.shell(
                "migrate", "sleep 0.4\necho migrated >> \"$PLUMB_SHARED_DIR/migrated\"", "profile: oneshot")
                + "---\n"
                + recorder(
                    "queue", needs: "migrated",
                    more: """
                        health:
                          readiness:
                            exec: {command: [/bin/sh, -c, 'test -e "$PLUMB_SHARED_DIR/queue"']}
                            period: 100ms
                        """) + "---\n" + recorder("web", needs: "queue"),
            "migrate.yaml": Declare.instance("migrate", of: "migrate"),
            "queue.yaml": Declare.instance(
                "queue", of: "queue", "dependsOn: [{instance: migrate, condition: completed}]"),
            "web.yaml": Declare.instance(
                "web", of: "web", "dependsOn: [{instance: queue, condition: ready}]"),
        ]

        private func migrations(_ host: Host) -> Int { Files.lines(host.shared + "/migrated").count }

        @Test("Each starts after what it depends on, and says what it waits for") func starts() async throws {
            try await withHost { host in
                try host.commit("Declare", Self.declarations)
                try await host.startAgent()
                let early = try await host.until("web waits for its turn") {
                    $0.waiting(for: "web/0")["reason"].string == "Dependency"
                }
                #expect(early["web/0"]?.reason.contains("waits for queue to be ready") == true)
                #expect(early["web/0"]?.pid == nil)
                let status = try await host.settled("queue/0", "web/0")
                #expect(status["migrate/0"]?.phase == "Succeeded")
                #expect(status["migrate/0"]?.lastExit["code"].int == 0)
                #expect(Files.lines(host.shared + "/story") == ["queue found migrated", "web found queue"])
                #expect(migrations(host) == 1)
            }
        }

        @Test("A migration runs once, whatever happens, until its nonce asks again") func oneshot()
            async throws
        {
            try await withHost { host in
                try host.commit("Declare", Self.declarations)
                try await host.startAgent()
                let before = try await host.settled("queue/0", "web/0").pids
                await host.killAgent()
                try await host.startAgent()
                try await host.settled("queue/0", "web/0")
                try host.commit("Unrelated", ["docs.md": "Words.", "config/other.txt": "More words."])
                try await host.accepted()
                _ = await host.stopAgent()
                try await host.startAgent()
                let after = try await host.settled("queue/0", "web/0")
                #expect(after.pids == before)
                #expect(migrations(host) == 1)

                try host.commit(
                    "Once more",
                    ["migrate.yaml": Declare.instance("migrate", of: "migrate", "restartNonce: \"2\"")])
                try await host.until("it ran again") {
                    migrations(host) == 2 && $0["migrate/0"]?.phase == "Succeeded"
                }
                try await host.settled("queue/0", "web/0")
                #expect(migrations(host) == 2)
            }
        }

        @Test("On exit stop: the reverse order, and nothing is left") func stops() async throws {
            try await withHost { host in
                try host.commit("Declare", Self.declarations)
                try await host.startAgent(onExit: "stop")
                let pids = try await host.settled("queue/0", "web/0").pids
                #expect(await host.stopAgent() == .exited(0))
                #expect(Files.lines(host.shared + "/story").suffix(2) == ["web ends", "queue ends"])
                #expect(pids.values.allSatisfy { !ProcessTable.isAlive($0) })
                try await eventually("zygote and keepers are gone", seconds: 5) { host.processes.isEmpty }
                try await host.startAgent(onExit: "stop")
                try await host.settled("queue/0", "web/0")
                #expect(migrations(host) == 1, "a stop is no reason to migrate again")
            }
        }

        @Test("On exit keep: everything runs on, and is known again") func keeps() async throws {
            try await withHost { host in
                try host.commit("Declare", Self.declarations)
                try await host.startAgent()
                let pids = try await host.settled("queue/0", "web/0").pids
                #expect(await host.stopAgent() == .exited(0))
                #expect(pids.values.allSatisfy { ProcessTable.isAlive($0) })
                try await host.startAgent()
                #expect(try await host.settled("queue/0", "web/0").pids == pids)
            }
        }
    }
}
