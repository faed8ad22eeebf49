import Glibc
import TestKit
import Testing

extension EndToEnd {
    @Suite("Upgrade") struct Upgrade {
        /// The agent under another path, in the same process.
        private static func wrap(_ directory: String) -> [String] {
            ["/bin/sh", "-c", "shift; exec '\(directory)/plumb' \"$@\"", "sh"]
        }

        /// As a package manager would: the new file takes the name, whoever runs from the old one keeps it.
        private func install(into directory: String, _ host: Host) async throws {
            for (source, name) in [(Binaries.plumb, "plumb"), (Binaries.keeper, "plumb-keeper")] {
                let path = "\(directory)/\(name)"
                let copy = try ChildProcess(
                    ["cp", source, path + ".new"], environment: host.environment, directory: host.root,
                    output: host.root + "/cp.log", errors: host.root + "/cp.log")
                #expect(await copy.end(within: .seconds(60)) == .exited(0))
                #expect(rename(path + ".new", path) == 0)
            }
        }

        @Test(
            "Agent and keeper are replaced while they run, there and back: no restart, and old keepers obey",
            .survives(.upgrade, "replaced in place", tries: 4))
        func replaced() async throws {
            try await withHost { host in
                let binaries = host.root + "/bin"
                mkdir(binaries, 0o755)
                try await install(into: binaries, host)
                try host.commit("Declare", ["u.yaml": Lonely.unit])
                try await host.startAgent(wrap: Self.wrap(binaries))
                var names: [String] = []
                var pids: [String: Int32] = [:]
                for round in 0...4 {
                    // Every release has started a run of its own.
                    names.append("r\(round)/0")
                    try host.commit("Round \(round)", ["r\(round).yaml": Lonely.instance("r\(round)")])
                    let status = try await host.settled(names)
                    #expect(status.pids.filter { pids[$0.key] != nil } == pids, "round \(round)")
                    #expect(names.allSatisfy { status[$0]?.restarts == 0 })
                    pids = status.pids
                    guard round < 4 else { break }
                    try await install(into: binaries, host)
                    if round % 2 == 0 { _ = await host.stopAgent() } else { await host.killAgent() }
                    try await host.startAgent(wrap: Self.wrap(binaries))
                }
                // A stop, and an exit that is put right, of runs whose keepers no file holds any more.
                host.repository.remove("r0.yaml")
                try host.commit("Stop the oldest")
                try await host.until("the oldest is gone") { $0["r0/0"] == nil && $0.accepted != nil }
                #expect(!ProcessTable.isAlive(try #require(pids["r0/0"])))
                signal(pids["r1/0"], SIGKILL)
                let after = try await host.until("the next one is back") {
                    $0["r1/0"]?.restarts == 1 && $0.areSettled(Array(names.dropFirst()))
                }
                #expect(after["r1/0"]?.lastExit["text"].string?.contains("KILL") == true)
                // A shell may have a process of its own for a moment.
                let count = names.count - 1
                try await eventually("one process for each replica") {
                    host.processes.count { $0.replica != nil } == count
                }
            }
        }
    }
}
