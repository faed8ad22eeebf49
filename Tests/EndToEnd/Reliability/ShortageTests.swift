import Glibc
import TestKit
import Testing

extension EndToEnd {
    /// A host that has run out of something.
    @Suite("Shortage") struct Shortage {
        @Test(
            "Descriptors run out while forty start at once: all run in the end",
            .survives(.noResources, "EMFILE"))
        func descriptors() async throws {
            try await withHost { host in
                let names = (0..<40).map { "many/\($0)" }
                try host.commit("Declare", ["u.yaml": Lonely.unit])
                // Each run takes one for good and several for a moment: not half of the forty fit at once.
                let few = ["/bin/sh", "-c", "ulimit -n 160; exec \"$@\"", "sh"]
                try await host.startAgent(wrap: few)
                try host.commit("Forty", ["i.yaml": Lonely.instance("many", "replicas: 40")])
                let status = try await host.settled(names, seconds: 60)
                let own = host.processes.filter { $0.replica != nil }
                #expect(Set(own.map(\.pid)) == Set(status.pids.values))
                #expect(own.count == names.count, "one process each")
                #expect(names.allSatisfy { status[$0]?.restarts == 0 }, "no life was lost")
            }
        }

        /// Nobody else's: RLIMIT_NPROC counts whatever a user has on the whole machine.
        private static let user = uid_t(50_000 + getpid() % 10_000)

        // Root is not bound by RLIMIT_NPROC; without root the whole suite runs as an ordinary user anyway.
        @Test(
            "Processes run out: starts are refused, and go on by themselves (as root, with setpriv)",
            .survives(.noResources, "EAGAIN on fork"),
            .enabled(if: OrdinaryUser.reason == nil, Comment(rawValue: OrdinaryUser.reason ?? "")))
        func processes() async throws {
            try await withHost(Host(user: Self.user)) { host in
                try host.commit("Declare", ["u.yaml": Lonely.unit, "still.yaml": Lonely.instance("still")])
                try await host.startAgent(wrap: ["/usr/bin/prlimit", "--nproc=220:220", "--"])
                let still = try await host.settled("still/0").pids
                let hog = try hog(host)
                try await eventually("nothing can be forked any more") {
                    Files.exists(host.root + "/full")
                }
                try host.commit("Eight more", ["i.yaml": Lonely.instance("more", "replicas: 8")])
                let names = (0..<8).map { "more/\($0)" }
                try await host.until("it is said what is missing", seconds: 30) { status in
                    names.contains { status[$0]?.reason.contains("RLIMIT_NPROC") == true }
                }
                #expect(try host.status().pids["still/0"] == still["still/0"])
                hog.send(SIGKILL)
                let status = try await host.settled(names + ["still/0"], seconds: 60)
                #expect(status.pids["still/0"] == still["still/0"])
                #expect(host.processes.count { $0.replica != nil } == 9, "one process each")
            }
        }

        /// Takes every process that its user may have, and gives them back when it is killed.
        private func hog(_ host: Host) throws -> ChildProcess {
            let script = """
                import os, signal, sys, time, ctypes
                prctl = ctypes.CDLL(None).prctl
                while True:
                    try:
                        pid = os.fork()
                    except OSError:
                        open(sys.argv[1], "w").close()
                        time.sleep(0.01)
                        continue
                    if pid == 0:
                        prctl(1, signal.SIGKILL)
                        time.sleep(100000)
                """
            let user = [
                "setpriv", "--reuid", "\(Self.user)", "--regid", "\(Self.user)", "--clear-groups",
            ]
            return try ChildProcess(
                user + [
                    "/usr/bin/prlimit", "--nproc=220:220", "--", "python3", "-c", script, host.root + "/full",
                ],
                environment: host.environment, directory: host.root, output: host.root + "/hog.log",
                errors: host.root + "/hog.log")
        }
    }
}
