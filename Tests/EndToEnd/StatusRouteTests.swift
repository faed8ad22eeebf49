import Glibc
import TestKit
import Testing

extension EndToEnd {
    @Suite("Status routes") struct StatusRoutes {
        private static let value = "correct-horse-\(UInt64.random(in: 0...UInt64.max))-staple"

        @Test("A secret that workloads tell leaves the agent nowhere; every route answers, whatever is asked")
        func everything() async throws {
            try await withHost { host in
                Files.write(host.secrets + "/db-password", Self.value + "\n", mode: 0o600)
                try host.commit("Declare", try declarations())
                try await host.startAgent()
                try await host.until("one says it and waits, another says it and ends") {
                    $0["teller/0"]?.reason.contains("password") == true
                        && ($0["broken/0"]?.restarts ?? 0) > 0
                }
                try await eventually("a run that has ended is remembered, and its log is read") {
                    try host.ask("/v1/runs?instance=broken&state=ended").json()["items"].array.isEmpty
                        == false
                        && host.ask("/v1/instances/broken/logs").text.contains("I have ***")
                }
                try await showsNowhere(host)
                await host.killAgent()
                // What the run was given is known though the file holds another value by now.
                Files.write(host.secrets + "/db-password", "another-value-of-it\n", mode: 0o600)
                try await host.startAgent()
                let lines = try host.ask("/v1/instances/teller/logs?limit=5").json()["items"].array
                #expect(lines.contains { $0["text"].string == "password is ***" }, "\(lines)")
                try await showsNowhere(host)
                try tellsWhereThingsAre(host)
                try await standsFuzzing(host)
            }
        }

        private func declarations() throws -> [String: String] {
            let port = try Ports.free()
            return [
                "u.yaml": Declare.shell(
                    "teller", "echo \"password is $DB_PASSWORD\"\nexec sleep 100000",
                    """
                    endpoints: [{name: http, protocol: http, port: \(port)}]
                    config:
                      fields:
                        - {name: level, type: int, default: 0}
                        - {name: key, type: string, secret: true}
                    health:
                      readiness:
                        exec: {command: [/bin/sh, -c, 'echo "password $DB_PASSWORD refused"; exit 1']}
                        period: 200ms
                        failureThreshold: 1
                    """),
                "b.yaml": Declare.shell("broken", "echo \"I have $DB_PASSWORD\" >&2; exit 3"),
                "i.yaml": Declare.instance(
                    "teller", of: "teller",
                    """
                    config: {level: 3, key: {file: db-password}}
                    secrets: {DB_PASSWORD: {file: db-password}}
                    """,
                    labels: "{team: shop}"),
                "j.yaml": Declare.instance(
                    "broken", of: "broken", "secrets: {DB_PASSWORD: {file: db-password}}"),
                "k.yaml": Declare.sleeper, "l.yaml": Declare.sleeping("web"),
            ]
        }

        /// In no answer, no output of a command but the logs as they are, and no file but those logs.
        private func showsNowhere(_ host: Host) async throws {
            let api = try host.ask("/openapi.json").json()
            let run = try host.ask("/v1/runs?limit=1").json()["items"].array.first?["runId"].string ?? ""
            let commit = try host.repository.head()
            let templates = api["paths"].object.keys.sorted()
            #expect(templates.count > 25)
            for template in templates where template != "/v1/stream" {
                for name in ["teller", "broken"] {
                    let path = template.replacing("{name}", with: name).replacing("{instance}", with: name)
                        .replacing("{index}", with: "0")
                        .replacing(
                            "{id}",
                            with: template.contains("runs")
                                ? run : template.contains("revisions") ? commit : "1")
                    let answer = try host.ask(path == "/v1/resolve" ? path + "?service=web" : path)
                    #expect(answer.status < 500 || path == "/v1/resolve", "\(path): \(answer.text)")
                    #expect(!answer.text.contains(Self.value), "\(path) shows the secret's value")
                }
            }
            for arguments in [
                ["status"], ["status", "-o", "json"], ["events", "-o", "json"], ["why", "teller"],
                ["why", "broken", "-o", "json"], ["history", "teller"], ["tree", "teller"],
            ] {
                let result = try await host.plumb(arguments)
                #expect(!(result.output + result.errors).contains(Self.value), "\(arguments) shows it")
            }
            let planted = Array(Self.value.utf8)
            for file in Files.tree(host.state) + [host.agentLog] where !file.contains("/output/") {
                #expect((Files.bytes(file) ?? []).firstRange(of: planted) == nil, "\(file) holds it")
            }
        }

        private func tellsWhereThingsAre(_ host: Host) throws {
            let values = try host.ask("/v1/instances/teller/config").json()["values"].array
            #expect(values.map { $0["name"].string } == ["key", "level"])
            #expect(values.map { $0["text"].string } == ["***", "3"])
            #expect(values.last?["place"].string == "i.yaml:6")
            let write = try HTTPExchange.ask(
                "/v1/instances/teller", method: "PUT", at: .socket(host.socket)
            ).json()
            #expect(write["declaredAt"].string == "i.yaml:3")
            #expect(try HTTPExchange.ask("/v1/instances/teller/logs", at: .port(host.port)).status >= 403)
            #expect(try host.ask("/v1/resolve?service=teller").status == 503)
            #expect(try host.ask("/v1/discovery").json()["total"].int == 0)
        }

        /// By schemathesis, where the Makefile could install it.
        private func standsFuzzing(_ host: Host) async throws {
            let tool = Binaries.sourceTree + "/.build/schemathesis/bin/schemathesis"
            guard access(tool, X_OK) == 0 else {
                print("Without \(tool) nobody fuzzes the status endpoint: `make test-packages` installs it.")
                return
            }
            let child = try ChildProcess(
                [
                    tool, "--config-file", Binaries.sourceTree + "/Tests/EndToEnd/schemathesis.toml", "run",
                    "http://127.0.0.1:\(host.port)/openapi.json", "--max-examples", "8", "--seed", "7",
                    "--phases", "examples,fuzzing",
                    "--no-color",
                ],
                environment: host.environment, directory: host.root, output: host.root + "/fuzz.log",
                errors: host.root + "/fuzz.log")
            let end = await child.end(within: .seconds(180))
            #expect(
                end == .exited(0),
                "\(String(describing: end))\n\(Files.text(host.root + "/fuzz.log")?.suffix(6_000) ?? "")")
        }
    }
}
