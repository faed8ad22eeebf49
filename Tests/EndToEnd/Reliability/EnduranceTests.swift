import Glibc
import TestKit
import Testing

extension EndToEnd {
    /// What must not grow, block or get lost in the long run.
    @Suite("Endurance") struct Endurance {
        /// What an agent, its zygote and its directories hold at a moment when nothing happens.
        private struct Holdings: CustomStringConvertible {
            var agentDescriptors: Int
            var agentKilobytes: Int
            var zygoteDescriptors: Int
            var zygoteKilobytes: Int
            var processes: Int
            var directories: Int
            var sockets: Int
            var groups: Int

            init(_ host: Host) throws {
                let agent = try #require(host.agentPID)
                let all = host.processes
                let zygote = try #require(all.first { $0.isZygote && $0.parent == agent }).pid
                agentDescriptors = Files.names(in: "/proc/\(agent)/fd").count
                agentKilobytes = Self.resident(agent)
                zygoteDescriptors = Files.names(in: "/proc/\(zygote)/fd").count
                zygoteKilobytes = Self.resident(zygote)
                processes = all.count
                directories = Files.tree(host.state + "/slots").count
                sockets = Files.names(in: host.runtime + "/k").count
                groups = ControlGroups.runs(of: host.state)
            }

            static func resident(_ pid: pid_t) -> Int {
                let line = Files.lines("/proc/\(pid)/status").first { $0.hasPrefix("VmRSS") }
                return line.flatMap { Int($0.filter(\.isNumber)) } ?? 0
            }

            var description: String {
                "agent \(agentKilobytes) kB and \(agentDescriptors) descriptors, "
                    + "zygote \(zygoteKilobytes) kB and \(zygoteDescriptors), \(processes) processes, "
                    + "\(directories) slot files, \(sockets) sockets, \(groups) groups"
            }
        }

        @Test("Two hundred starts and stops: nothing grows", .survives(.cycles, "agent, zygote, directories"))
        func cycles() async throws {
            try await withHost { host in
                let names = (0..<10).map { "many/\($0)" }
                func declare(_ round: Int) throws {
                    try host.commit(
                        "Round \(round)",
                        [
                            "i.yaml": Lonely.instance(
                                "many", nonce: round, "replicas: 10\nupdate: {strategy: recreate}")
                        ])
                }
                try host.commit("Declare", ["u.yaml": Lonely.unit])
                try declare(0)
                try await host.startAgent()
                var run = try await host.settled(names)["many/0"]?.run
                var before: Holdings?
                var rounds = 0
                for round in Attempt.attempts(30) {
                    try declare(round)
                    let status = try await host.until("round \(round)") {
                        $0.areSettled(names) && $0["many/0"]?.run != run
                    }
                    run = status["many/0"]?.run
                    rounds = round
                    // The first rounds fill what runtime, malloc and SQLite keep for later.
                    if round == 10 { before = try await quiet(host) }
                }
                let after = try await quiet(host)
                Attempt.tried(rounds * names.count)
                let first = try #require(before)
                print("after 100 starts and stops: \(first)\nafter \(rounds * names.count): \(after)")
                #expect(after.agentDescriptors <= first.agentDescriptors + 2)
                #expect(after.zygoteDescriptors == first.zygoteDescriptors)
                #expect(after.processes == first.processes)
                #expect(after.directories == first.directories)
                #expect(after.sockets == first.sockets)
                #expect(after.groups == first.groups)
                #expect(after.zygoteKilobytes <= first.zygoteKilobytes + 256)
                #expect(after.agentKilobytes <= first.agentKilobytes + 16_384)
            }
        }

        /// Once every keeper of an ended run has gone.
        private func quiet(_ host: Host) async throws -> Holdings {
            try await eventually("ten keepers and a zygote are left") {
                host.processes.count(where: \.isZygote) == 11
            }
            return try Holdings(host)
        }

        @Test("No write of a chatty workload waits while the agent is stopped", .survives(.agentStopped))
        func stopped() async throws {
            let seconds = Soak.seconds == nil ? 3.0 : 30.0
            try await withHost { host in
                let script = """
                    import os, time
                    place = os.environ["PLUMB_WORKSPACE_DIR"]
                    line = b"x" * 99 + b"\\n"
                    count, longest = 0, 0.0
                    while not os.path.exists(place + "/enough"):
                        for _ in range(20):
                            begun = time.monotonic()
                            os.write(1, line)
                            longest = max(longest, time.monotonic() - begun)
                            count += 1
                        time.sleep(0.001)
                    with open(place + "/told.new", "w") as file:
                        file.write(f"{count} {int(longest * 1000)}")
                    os.rename(place + "/told.new", place + "/told")
                    time.sleep(100000)
                    """
                try host.commit(
                    "Declare",
                    [
                        "u.yaml": Declare.python("chatty", script, "logging: {maxSize: 1Gi}"),
                        "i.yaml": Declare.instance("chatty", of: "chatty"),
                    ])
                try await host.startAgent()
                let before = try await host.settled("chatty/0")
                let agent = try #require(host.agentPID)
                kill(agent, SIGSTOP)
                // The stop itself is what is tried, so it has to last.
                try await Task.sleep(for: .seconds(seconds))
                Files.write(host.workspace("chatty/0") + "/enough", "")
                let told = host.workspace("chatty/0") + "/told"
                try await eventually("it has counted") { Files.exists(told) }
                let words = try #require(Files.text(told)).split(separator: " ").compactMap { Int($0) }
                kill(agent, SIGCONT)
                print(
                    "agent stopped for \(seconds) s: \(words[0]) lines, the longest write took \(words[1]) ms"
                )
                // One that waited for the agent would have waited until now.
                #expect(Double(words[1]) < seconds * 900, "a write waited")
                let after = try await host.settled("chatty/0")
                #expect(after.pids == before.pids)
                let logs = Files.tree(host.state + "/slots/chatty").filter { $0.hasSuffix("stdout.log") }
                let bytes = logs.reduce(0) { $0 + (Files.bytes($1)?.count ?? 0) }
                #expect(bytes == words[0] * 100, "every line is there")
            }
        }
    }
}
