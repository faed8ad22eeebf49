import Glibc
import TestKit
import Testing

extension EndToEnd {
    @Suite("Pid reuse") struct PidReuse {
        private static let lastPID = "/proc/sys/kernel/ns_last_pid"
        private static let tries = 5

        /// Says which pid the kernel is to give next, which only root may.
        @Test(
            "A stranger gets the pid of a lost run, or of its keeper: it is never signalled (as root)",
            .survives(.pidReuse, "through ns_last_pid", tries: 2 * tries),
            .enabled(if: access(lastPID, W_OK) == 0, "needs root and CONFIG_CHECKPOINT_RESTORE"))
        func strangers() async throws {
            try await withHost { host in
                try host.commit("Declare", ["u.yaml": Lonely.unit, "a.yaml": Lonely.instance("a")])
                try await host.startAgent()
                for round in 0..<Self.tries {
                    let before = try await host.settled("a/0")
                    let pid = try #require(before.pids["a/0"])
                    let keeper = try #require(ProcessTable.parent(of: pid))
                    await host.killAgent()
                    kill(keeper, SIGKILL)
                    try await eventually("both are gone") {
                        !Files.exists("/proc/\(pid)") && !Files.exists("/proc/\(keeper)")
                    }
                    let strangers = try [pid, keeper].map { try Self.stranger($0) }
                    defer {
                        for stranger in strangers {
                            kill(stranger, SIGKILL)
                            waitpid(stranger, nil, 0)
                        }
                    }
                    try await host.startAgent()
                    let after = try await host.until("a is back, round \(round)") {
                        $0.areSettled(["a/0"]) && $0["a/0"]?.run != before["a/0"]?.run
                    }
                    #expect(after["a/0"]?.pid != pid)
                    for stranger in strangers {
                        #expect(ProcessTable.isAlive(stranger), "a stranger was signalled")
                        #expect(Steps.state(of: stranger) == "S", "a stranger was stopped")
                    }
                }
            }
        }

        /// A sleeper with this pid. Others fork at the same time, so it takes a few attempts.
        private static func stranger(_ wanted: pid_t) throws -> pid_t {
            for _ in 0..<2000 {
                Files.write(lastPID, "\(wanted - 1)")
                var pid: pid_t = 0
                var arguments: [UnsafeMutablePointer<CChar>?] = [strdup("sleep"), strdup("100000"), nil]
                defer { for argument in arguments { free(argument) } }
                guard posix_spawnp(&pid, "sleep", nil, nil, &arguments, nil) == 0 else { continue }
                if pid == wanted { return pid }
                kill(pid, SIGKILL)
                waitpid(pid, nil, 0)
            }
            throw Host.Failure(description: "nobody could be given the pid \(wanted)")
        }
    }
}
