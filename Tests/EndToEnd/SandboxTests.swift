import Glibc
import TestKit
import Testing

extension EndToEnd {
    @Suite("Sandbox") struct Sandboxes {
        private static let nobody: uid_t = 65_534

        private static func declared(_ level: String) -> [String: String] {
            [
                "u.yaml": Declare.shell("shut", "exec sleep 100000", "stop: {grace: 2s}"),
                "i.yaml": Declare.instance("web", of: "shut", "sandbox: {level: \(level)}"),
            ]
        }

        /// Items by their verdict.
        private func items(_ host: Host) async throws -> [String: Set<String>] {
            let answer = try await host.plumb("sandbox", "web/0", "-o", "json")
            #expect(answer.code == 0, "\(answer.errors)")
            let replica = try answer.json()["replicas"].array.first
            var items: [String: Set<String>] = [:]
            for item in replica?["items"].array ?? [] {
                items[item["inForce"].string ?? "", default: []].insert(item["item"].string ?? "")
            }
            return items
        }

        private static let ofParanoid: Set = [
            "environment", "umask", "nofile", "noNewPrivileges", "privateTmp", "protectSystem",
            "hideInstances", "protectProc", "protectKernelTunables", "privateDevices", "capabilities",
            "systemCallFilter", "network", "privateUsers", "privatePids", "privateIPC",
        ]

        @Test(
            "A commit changes the level, and the command shows what is in force (as root)",
            .enabled(if: geteuid() == 0, "only root has the rights at every host"))
        func levels() async throws {
            try await withHost { host in
                try host.commit("Declare", Self.declared("minimal"))
                try await host.startAgent()
                let before = try await host.settled("web/0").pids["web/0"]
                #expect(try await items(host)["yes"]?.contains("privateTmp") == false)

                try host.commit("Shut it in", Self.declared("paranoid"))
                try await host.until("the new level runs") {
                    $0.areSettled(["web/0"]) && $0.pids["web/0"] != before
                }
                let shown = try await items(host)
                #expect(shown["yes"] == Self.ofParanoid && shown["atStart"] == ["landlock"], "\(shown)")
                #expect(shown["no"] == nil && shown["unknown"] == nil)
                let text = try await host.plumb("sandbox", "web")
                #expect(text.output.hasPrefix("web/0  level paranoid  pid "), "\(text.output)")

                // An agent that comes back finds it as it was.
                let pid = try host.status().pids["web/0"]
                await host.killAgent()
                try await host.startAgent()
                #expect(try await host.settled("web/0").pids["web/0"] == pid)
                #expect(try await items(host) == shown)

                host.repository.remove("i.yaml")
                try host.commit("Remove it")
                try await host.approve("nothing else runs here")
                try await host.until("it is gone") { $0["web/0"] == nil && $0.accepted != nil }
                #expect(!ProcessTable.isAlive(pid ?? 0))
            }
        }

        /// Whether this kernel lets an ordinary user make user namespaces; nil: it cannot be tried here.
        private static let letsUsersIn: Bool? = {
            guard geteuid() == 0, Files.exists("/usr/bin/setpriv"), Files.exists("/usr/bin/unshare"),
                (Files.mode(Binaries.plumb) ?? 0) & 0o001 != 0
            else { return nil }
            let become = "/usr/bin/setpriv --reuid 65534 --regid 65534 --clear-groups"
            return system("\(become) test -x \(Binaries.plumb)") == 0
                ? system("\(become) unshare -U true 2>/dev/null") == 0 : nil
        }()

        @Test(
            "An ordinary user's agent gives all of paranoid, or says what is missing (as root, with setpriv)",
            .enabled(if: letsUsersIn != nil, "only root, with setpriv and unshare, can become another user"))
        func ordinaryUser() async throws {
            try await withHost(Host(user: Self.nobody)) { host in
                try host.commit("Declare", Self.declared("paranoid"))
                try await host.startAgent()
                guard Self.letsUsersIn == true else {
                    try await host.until("it is refused") {
                        $0["web/0"]?.reason.contains("user namespace") == true
                    }
                    return
                }
                try await host.settled("web/0")
                let shown = try await items(host)
                #expect(shown["yes"] == Self.ofParanoid && shown["atStart"] == ["landlock"], "\(shown)")
                #expect(shown["no"] == nil && shown["unknown"] == nil)

                try host.commit(
                    "Ask for what only root has",
                    [
                        "i.yaml": Declare.instance(
                            "web", of: "shut", "sandbox: {level: strict, network: local}")
                    ])
                try await host.until("it is refused, with the reason") {
                    $0["web/0"]?.reason.contains("only an agent that is root can filter packets") == true
                }
            }
        }
    }
}
