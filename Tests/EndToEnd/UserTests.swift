import Glibc
import TestKit
import Testing

extension EndToEnd {
    @Suite("Ordinary user") struct OrdinaryUser {
        static let nobody: uid_t = 65_534

        /// Whether another user can execute what was built here.
        static let reason: String? = {
            if geteuid() != 0 { return "only root can become another user" }
            if !Files.exists("/usr/bin/setpriv") { return "setpriv is not installed" }
            var path = ""
            for component in Binaries.plumb.split(separator: "/") {
                path += "/\(component)"
                guard let mode = Files.mode(path), mode & 0o001 != 0 else {
                    return "\(path) is closed to other users"
                }
            }
            return nil
        }()

        // Without root the whole suite runs as an ordinary user anyway.
        @Test(
            "It runs as an ordinary user, too (as root, with setpriv)",
            .enabled(if: reason == nil, Comment(rawValue: reason ?? "")))
        func works() async throws {
            try await withHost(Host(user: Self.nobody)) { host in
                try host.commit(
                    "Declare",
                    [
                        "u.yaml": Declare.sleeper, "a.yaml": Declare.sleeping("a"),
                        "b.yaml": Declare.sleeping("b"),
                        "root.yaml": Declare.shell("root", "exec sleep 100000").replacing(
                            "entry:\n", with: "entry:\n    user: root\n") + "---\n"
                            + Declare.instance("root", of: "root"),
                    ])
                try await host.startAgent()
                let before = try await host.until("two run, the third is refused") {
                    $0.areSettled(["a/0", "b/0"]) && $0["root/0"]?.reason.contains("root") == true
                }
                #expect(before["root/0"]?.pid == nil)
                #expect(
                    before["root/0"]?.reason.contains("ordinary user") == true,
                    "\(before["root/0"]?.reason ?? "")")
                for pid in before.pids.values {
                    #expect(
                        Files.lines("/proc/\(pid)/status").contains { $0.hasPrefix("Uid:\t\(Self.nobody)\t") }
                    )
                }

                try host.commit("Change one", ["a.yaml": Declare.sleeping("a", level: 1)])
                let changed = try await host.settled("a/0", "b/0").pids
                #expect(changed["a/0"] != before.pids["a/0"])
                #expect(changed["b/0"] == before.pids["b/0"])

                await host.killAgent()
                try await host.startAgent()
                #expect(try await host.settled("a/0", "b/0").pids == changed)

                signal(changed["b/0"], SIGKILL)
                try await host.until("b is back") { $0["b/0"]?.restarts == 1 && $0.areSettled(["b/0"]) }
                host.repository.remove("a.yaml")
                try host.commit("Remove one")
                try await host.until("a is gone") { $0["a/0"] == nil && $0.accepted != nil }
                #expect(!ProcessTable.isAlive(changed["a/0"] ?? 0))
            }
        }
    }
}
