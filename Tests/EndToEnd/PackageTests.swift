import Glibc
import TestKit
import Testing

extension EndToEnd {
    @Suite("Packages") struct Packages {
        private static func unit(_ name: String) -> String {
            Declare.unit(
                name,
                """
                artifact: {source: ./apps/\(name), format: dir}
                entry: {command: ./run.sh}
                """)
        }

        private static let script = """
            #!/bin/sh
            cat data.txt > "$PLUMB_WORKSPACE_DIR/seen"
            pwd > "$PLUMB_WORKSPACE_DIR/where"
            exec sleep 100000
            """

        private func declare(_ host: Host) throws {
            for name in ["a", "b"] {
                try host.repository.write("apps/\(name)/run.sh", Self.script, executable: true)
                try host.repository.write("apps/\(name)/data.txt", "first\n")
                try host.repository.write(
                    "\(name).yaml", Self.unit(name) + "---\n" + Declare.instance(name, of: name))
            }
            try host.commit("Declare")
        }

        private func seen(_ replica: String, _ host: Host) -> String? {
            Files.text(host.workspace(replica) + "/seen")
        }

        @Test("A changed file restarts its own instances alone; files are read-only, modes kept")
        func changes()
            async throws
        {
            try await withHost { host in
                try declare(host)
                try await host.startAgent()
                let before = try await host.settled("a/0", "b/0").pids
                try await eventually("a has read its data") { seen("a/0", host) == "first\n" }
                let directory = try #require(Files.lines(host.workspace("a/0") + "/where").first)
                #expect(directory.hasPrefix(host.state + "/packages/a/1.0.0-"))
                #expect(Files.mode(directory + "/run.sh") == 0o555)
                #expect(Files.mode(directory + "/data.txt") == 0o444)
                #expect(Files.mode(directory) == 0o555)

                // Only what is committed counts.
                try host.repository.write("apps/b/data.txt", "half edited")
                try host.repository.git("add", "apps/a")
                try host.repository.write("apps/a/data.txt", "second\n")
                try host.repository.git("add", "apps/a")
                try host.repository.git("commit", "-q", "-m", "New data for a")
                let after = try await host.settled("a/0", "b/0").pids
                #expect(after["a/0"] != before["a/0"])
                #expect(after["b/0"] == before["b/0"])
                try await eventually("a has read its new data") { seen("a/0", host) == "second\n" }
                #expect(seen("b/0", host) == "first\n")
                let cause = try host.events().last { $0.kind == "starting" }?.cause
                #expect(cause?.contains("artifact") == true, "\(cause ?? "no cause")")
            }
        }

        @Test("A link that leaves the package is refused, the old run stays") func escape() async throws {
            try await withHost { host in
                try declare(host)
                try await host.startAgent()
                let before = try await host.settled("a/0", "b/0").pids
                try host.repository.link("apps/a/evil", to: "../../../../etc/passwd")
                try host.repository.write("apps/a/data.txt", "second\n")
                try host.commit("Plant a link")
                let status = try await host.until("the link is refused") {
                    $0.diagnostics.contains { $0.contains("evil") }
                        || $0["a/0"]?.reason.contains("evil") == true
                        || $0.instance("a")["reason"].string?.contains("evil") == true
                }
                #expect(status.pids == before)
                #expect(Files.tree(host.state + "/packages").allSatisfy { !$0.contains("evil") })
                host.repository.remove("apps/a/evil")
                try host.commit("Take it away")
                let after = try await host.settled("a/0", "b/0", seconds: 40).pids
                #expect(after["a/0"] != before["a/0"])
                #expect(after["b/0"] == before["b/0"])
            }
        }
    }
}
