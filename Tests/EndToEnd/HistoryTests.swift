import TestKit
import Testing

extension EndToEnd {
    @Suite("History") struct History {
        /// Fails with a word on standard error where its level is 9.
        private static let app = Declare.shell(
            "app",
            """
            test "$LEVEL" -lt 9 && exec sleep 100000
            echo "on the way" >&2
            echo "KeyError: DB_HOST" >&2
            exit 3
            """, "config: {fields: [{name: level, type: int, default: 0}]}")

        private static func declared(level: Int) -> String {
            Declare.instance(
                "app", of: "app",
                """
                config: {level: \(level)}
                restart: {maxRetries: 1, backoff: {initial: 10ms, resetAfter: 1s}}
                """)
        }

        @Test("why leads from the exit with its last words back to the field, the line and the author")
        func why() async throws {
            try await withHost { host in
                try host.commit(
                    "Declare",
                    ["u.yaml": Self.app + "---\n" + Declare.sleeper, "app.yaml": Self.declared(level: 0)])
                try await host.startAgent()
                try await host.settled("app/0")
                let well = try await host.plumb("why", "app")
                #expect(well.code == 0)
                #expect(well.output.contains("app/0 is Running, healthy"))
                #expect(well.output.contains("new instance"))

                try host.commit(
                    "Turn it up", ["app.yaml": Self.declared(level: 9)], by: "Eve <eve@example.org>")
                try await host.until("app is given up") { $0["app/0"]?.phase == "Failed" }
                let text = try await host.plumb("why", "app/0", "--color", "never")
                #expect(text.code == 0)
                let parts = [
                    "app/0 is Failed", "lifted", "a commit that changes its spec or restartNonce",
                    "exit code 3", "! KeyError: DB_HOST", "because", "spec.config.level 0 → 9", "app.yaml:6",
                    "commit", "by Eve <eve@example.org>: Turn it up",
                ]
                var rest = text.output[...]
                for part in parts {
                    let found = try #require(rest.firstRange(of: part), "\(part) in order in\n\(text.output)")
                    rest = rest[found.upperBound...]
                }
                let json = try await host.plumb("why", "app", "-o", "json").json()
                #expect(json["kind"].string == "Why")
                #expect(json["replicas"].array[0]["output"].array.last?["text"].string == "KeyError: DB_HOST")
                let steps = json["replicas"].array[0]["steps"].array
                #expect(steps.last?["kind"].string == "commit")
                #expect(steps.last?["revision"]["author"].string == "Eve <eve@example.org>")

                // Over the loopback address the chain is the same, and what the run wrote is not told.
                let open = try HTTPExchange.ask("/v1/instances/app/why", at: .port(host.port))
                #expect(open.status == 200)
                let page = try open.json()
                #expect(page["replicas"].array[0]["steps"].array.count == steps.count)
                #expect(!open.text.contains("KeyError"))

                for wrong in [
                    ["why", "nobody"], ["why", "app/7"], ["why", "app/x"], ["history", "nobody"],
                    ["trace", "zz"],
                ] {
                    #expect(try await host.plumb(wrong).code == 2)
                }
            }
        }

        @Test("history has every spec with author and outcome, over the death of the agent") func history()
            async throws
        {
            try await withHost { host in
                try host.commit("Declare", ["u.yaml": Self.app, "app.yaml": Self.declared(level: 0)])
                try await host.startAgent()
                try await host.settled("app/0")
                try await eventually("the first spec is known as good") {
                    try await host.plumb("history", "app", "-o", "json").json()["items"].array[0]["outcome"]
                        .string == "good"
                }
                await host.killAgent()
                try host.commit(
                    "Turn it up", ["app.yaml": Self.declared(level: 9)], by: "Eve <eve@example.org>")
                try await host.startAgent()
                try await host.until("app is rolled back") { status in
                    status.condition("RolledBack") != nil && status["app/0"]?.isReady == true
                }
                try host.commit("Turn it down", ["app.yaml": Self.declared(level: 1)])
                try await host.until("app runs") { $0.areSettled(["app/0"]) }
                try await eventually("the third spec was ready") {
                    try await host.plumb("history", "app", "-o", "json").json()["items"].array[0]["readyAt"]
                        .string != nil
                }
                let items = try await host.plumb("history", "app", "-o", "json").json()["items"].array
                #expect(
                    items.map { $0["revision"]["subject"].string } == [
                        "Turn it down", "Turn it up", "Declare",
                    ])
                #expect(items.dropFirst().map { $0["outcome"].string } == ["rolledBack", "good"])
                #expect(items[0]["endedAt"].string == nil && items[1]["endedAt"].string != nil)
                #expect(Set(items.compactMap { $0["specHash"].string }).count == 3)
                let text = try await host.plumb("history", "app")
                #expect(text.output.contains("Eve <eve@example.org>"))
                #expect(text.output.contains("spec.config.level 0 → 9"))
            }
        }

        @Test("trace has the times of a revision, an invalid one too") func trace() async throws {
            try await withHost { host in
                let first = try host.commit(
                    "Declare", ["u.yaml": Self.app, "app.yaml": Self.declared(level: 0)])
                try await host.startAgent()
                try await host.settled("app/0")
                try await eventually("it is healthy", seconds: 60) {
                    let trace = try await host.plumb("trace", "-o", "json").json()
                    return trace["stages"].array.last?["stage"].string == "healthy"
                }
                let trace = try await host.plumb("trace", String(first.prefix(7)), "-o", "json").json()
                #expect(trace["revision"]["commit"].string == first)
                #expect(
                    trace["stages"].array.map { $0["stage"].string } == [
                        "seen", "decoded", "accepted", "planned", "executing", "ready", "healthy",
                    ])
                let text = try await host.plumb("trace", "main@" + first.prefix(7))
                #expect(text.code == 0 && text.output.contains("executing"))
                let broken = try host.commit("Break", ["app.yaml": "kind: Instance\n"])
                try await eventually("the invalid one is known") {
                    let found = try await host.plumb("trace", broken, "-o", "json")
                    return try found.code == 0 && found.json()["outcome"].string == "invalid"
                }
                for name in ["main", "HEAD", "refs/heads/main"] {
                    let newest = try await host.plumb("trace", name, "-o", "json").json()
                    #expect(newest["revision"]["commit"].string == broken, "\(name)")
                }
                let unknown = try await host.plumb("trace", "release")
                #expect(unknown.code == 2 && unknown.errors.contains("it follows main"), "\(unknown.errors)")
            }
        }
    }
}
