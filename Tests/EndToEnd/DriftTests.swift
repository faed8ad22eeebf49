import Glibc
import TestKit
import Testing

extension EndToEnd {
    @Suite("Drift") struct Drift {
        /// A program of the test's own: a copy of another.
        private func install(_ source: String, at path: String) {
            let fresh = path + ".new"
            unlink(fresh)
            let file = open(fresh, O_WRONLY | O_CREAT | O_CLOEXEC, 0o755)
            guard file >= 0, let bytes = Files.bytes(source) else { return }
            _ = bytes.withUnsafeBytes { write(file, $0.baseAddress, bytes.count) }
            close(file)
            rename(fresh, path)
        }

        private func findings(_ status: StatusView, _ replica: String) -> [String] {
            status[replica]?.json["findings"].array.compactMap { $0["reason"].string } ?? []
        }

        private func unit(_ host: Host) -> String {
            Declare.unit("app", "entry: {command: \(host.root)/app, args: [\"100000\"]}\nstop: {grace: 1s}")
        }

        @Test("A program that is replaced is reported, and nothing is touched") func report() async throws {
            try await withHost { host in
                install("/bin/sleep", at: host.root + "/app")
                try host.commit(
                    "Declare", ["u.yaml": unit(host), "i.yaml": Declare.instance("app", of: "app")])
                try await host.startAgent()
                let before = try await host.settled("app/0")
                // A different program, and a longer one of the same kind.
                install("/bin/cat", at: host.root + "/app")
                let stale = try await host.until("it is stale") {
                    findings($0, "app/0") == ["ExecutableReplaced"]
                }
                #expect(stale.pids == before.pids)
                let shown = try await host.plumb("status", "app")
                #expect(shown.output.contains("\(host.root)/app was replaced at"), "\(shown.output)")
                #expect(try host.events().contains { $0.kind == "found" && $0.message.contains("is Stale") })
                install("/bin/sleep", at: host.root + "/app")
                let fresh = try await host.until("it is not stale any more") { findings($0, "app/0").isEmpty }
                #expect(fresh.pids == before.pids)
            }
        }

        @Test("drift: heal restarts the replicas one at a time, with a cause, once") func heal() async throws
        {
            try await withHost { host in
                install("/bin/sleep", at: host.root + "/app")
                let more = "replicas: 2\ndrift: heal\nupdate: {minHealthyTime: 300ms}"
                try host.commit(
                    "Declare", ["u.yaml": unit(host), "i.yaml": Declare.instance("app", of: "app", more)])
                try await host.startAgent()
                let names = ["app/0", "app/1"]
                let before = try await host.settled(names).pids
                install("/usr/bin/tail", at: host.root + "/app")
                try await host.until("both are stale") { status in
                    names.allSatisfy { findings(status, $0) == ["ExecutableReplaced"] }
                }
                // Before it settles it is a program again that takes the argument.
                install("/bin/sleep", at: host.root + "/app")
                try await host.until("the same bytes: nothing is to be done") { status in
                    names.allSatisfy { findings(status, $0).isEmpty }
                }
                #expect(try host.status().pids == before)
                // Other bytes, the same behaviour: what an upgrade is.
                let script = "#!/bin/sh\nexec sleep 100000\n"
                Files.write(host.root + "/app.new", script, mode: 0o755)
                rename(host.root + "/app.new", host.root + "/app")
                let after = try await host.until("both were restarted", seconds: 40) { status in
                    status.areSettled(names) && names.allSatisfy { status.pids[$0] != before[$0] }
                }
                let stops = try host.events().filter { $0.kind == "stopping" }
                #expect(stops.compactMap(\.replica).sorted() == names)
                #expect(stops.allSatisfy { $0.cause.contains("was replaced at") }, "\(stops.map(\.cause))")
                #expect(names.allSatisfy { findings(after, $0).isEmpty })
                #expect(names.allSatisfy { after[$0]?.restarts == 0 })
            }
        }

        @Test("A live change is not made again by the next agent, nor lost") func reloadOnce() async throws {
            try await withHost { host in
                let unit = Declare.shell(
                    "app",
                    """
                    trap 'echo reloaded >> "$PLUMB_WORKSPACE_DIR/signals"' HUP
                    touch "$PLUMB_WORKSPACE_DIR/up"
                    while :; do sleep 0.05; done
                    """,
                    """
                    config: {fields: [{name: level, type: int, default: 0}], apply: {method: file}}
                    reload: {signal: SIGHUP}
                    """)
                func declare(_ level: Int) -> String {
                    Declare.instance("app", of: "app", "config: {level: \(level)}")
                }
                try host.commit("Declare", ["u.yaml": unit, "i.yaml": declare(1)])
                try await host.startAgent()
                let before = try await host.settled("app/0")
                let signals = host.workspace("app/0") + "/signals"
                try await eventually("it listens") { Files.exists(host.workspace("app/0") + "/up") }
                try host.commit("Raise", ["i.yaml": declare(2)])
                try await eventually("it was told") { Files.lines(signals).count == 1 }
                try await host.settled("app/0")
                for _ in 0..<3 {
                    await host.killAgent()
                    try await host.startAgent()
                    #expect(try await host.settled("app/0").pids == before.pids)
                }
                #expect(try host.events().count { $0.kind == "reloaded" } == 1)
                #expect(Files.lines(signals).count == 1)
                // A change that came while nobody was there is made once.
                await host.killAgent()
                try host.commit("Again", ["i.yaml": declare(3)])
                try await host.startAgent()
                try await eventually("it was told again") { Files.lines(signals).count == 2 }
                await host.killAgent()
                try await host.startAgent()
                #expect(try await host.settled("app/0").pids == before.pids)
                #expect(try host.events().count { $0.kind == "reloaded" } == 2)
            }
        }
    }
}
