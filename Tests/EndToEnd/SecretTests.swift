import Glibc
import TestKit
import Testing

extension EndToEnd {
    @Suite("Secrets") struct Secrets {
        private static let value = "correct-horse-\(UInt64.random(in: 0...UInt64.max))-staple"
        private static let more = "secrets: {DB_PASSWORD: {file: db-password}}"

        @Test("A missing or open secret: the old run stays; a proper one reaches the process alone")
        func reaches()
            async throws
        {
            try await withHost { host in
                try host.commit("Declare", ["u.yaml": Declare.sleeper, "i.yaml": Declare.sleeping("a")])
                try await host.startAgent()
                let before = try await host.settled("a/0").pids
                try host.commit("Want a secret", ["i.yaml": Declare.sleeping("a", level: 0, Self.more)])
                let file = host.secrets + "/db-password"
                let missing = try await host.until("the missing secret is named") { tells($0, file) }
                #expect(missing.pids == before)

                Files.write(file, Self.value + "\n", mode: 0o644)
                let open = try await host.until("the open secret is refused", seconds: 40) {
                    tells($0, "0644")
                }
                #expect(open.pids == before)
                #expect(tells(open, "chmod 0600"))

                chmod(file, 0o600)
                let after = try await host.settled(["a/0"], seconds: 60)
                let pid = try #require(after.pids["a/0"])
                #expect(pid != before["a/0"])
                try await eventually("the workload has it") {
                    ProcessTable.entry(pid).environment["DB_PASSWORD"] == Self.value
                }
                try await showsNowhere(host)
                await host.killAgent()
                try await host.startAgent()
                #expect(try await host.settled("a/0").pids == after.pids)
                try await showsNowhere(host)
            }
        }

        private func tells(_ status: StatusView, _ text: String) -> Bool {
            (status["a/0"]?.reason.contains(text) ?? false)
                || (status.waiting(for: "a/0")["message"].string?.contains(text) ?? false)
        }

        /// In no file of ours, in no output, in no process but the workload's own.
        private func showsNowhere(_ host: Host) async throws {
            let planted = Array(Self.value.utf8)
            for file in Files.tree(host.state) + Files.tree(host.runtime) + [host.agentLog] {
                let bytes = Files.bytes(file) ?? []
                #expect(bytes.firstRange(of: planted) == nil, "\(file) holds the secret's value")
            }
            for path in [
                "/v1/status", "/v1/events", "/v1/instances/a", "/v1/units", "/v1/revisions", "/v1/planner",
            ] {
                #expect(try !host.ask(path).text.contains(Self.value), "\(path) shows the secret's value")
            }
            for arguments in [
                ["status", "-o", "json"], ["events"], ["events", "-o", "json"], ["diff", "-o", "json"],
                ["logs", "a"],
            ] {
                let result = try await host.plumb(arguments)
                #expect(
                    !(result.output + result.errors).contains(Self.value),
                    "\(arguments) shows the secret's value")
            }
            for process in host.processes where process.replica == nil {
                let shown = process.command.joined() + process.environment.values.joined()
                #expect(!shown.contains(Self.value), "\(process) shows the secret's value")
            }
        }
    }
}
