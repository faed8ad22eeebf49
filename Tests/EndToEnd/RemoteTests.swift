import Glibc
import TestKit
import Testing

extension EndToEnd {
    /// A repository elsewhere, under a whole agent.
    @Suite("Remote") struct Remote {
        private static let secret = "pl4nted-s3cret-0f-th1s-test"

        /// A bare repository that a server shows, and the settings of an agent that fetches it.
        private func serve(_ host: Host, _ url: String, _ more: [String] = []) {
            Files.write(
                host.root + "/agent.yaml",
                (["apiVersion: plumb.dev/v1", "kind: Agent", "source:", "  repo: \(url)"]
                    + more.map { "  \($0)" }).joined(separator: "\n") + "\n")
        }

        private func publish(_ host: Host) throws -> String {
            let served = host.root + "/served"
            if !Files.exists(served) {
                mkdir(served, 0o755)
                try host.repository.git("clone", "-q", "--bare", host.repository.path, served + "/repo.git")
            }
            try host.repository.git("push", "-q", "--force", served + "/repo.git", "main")
            return served
        }

        private func launch(_ host: Host, _ url: String) async throws {
            try host.launchAgent(repository: url)
            try await eventually("the agent answers") { (try? host.ask("/readyz").status) == 200 }
        }

        @Test(
            "a commit arrives, a server that hangs stops nothing, and what went wrong is said",
            .survives(.remote, "hangs under a whole agent"),
            .enabled(if: GitServers.hasDaemon, "needs git daemon"))
        func stuck() async throws {
            try await withHost { host in
                try host.commit("Declare", ["u.yaml": Declare.sleeper, "a.yaml": Declare.sleeping("a")])
                let server = try GitServers.daemon(root: try publish(host), home: host.root)
                let url = "git://127.0.0.1:\(server.port)/repo.git"
                serve(host, url, ["interval: 1s", "timeout: 2s"])
                try await launch(host, url)
                try await host.settled("a/0")
                try host.commit("More", ["b.yaml": Declare.sleeping("b")])
                _ = try publish(host)
                let before = try await host.settled("a/0", "b/0")
                #expect(before.json["source"]["fetchedAt"].string != nil)
                #expect(before.json["source"]["ref"].string == "main")

                // The same agent's state, and a server that accepts and never answers.
                await host.killAgent()
                let silent = try SilentServer()
                let nowhere = "git://127.0.0.1:\(silent.port)/repo.git"
                serve(host, nowhere, ["interval: 1s", "timeout: 2s"])
                try await launch(host, nowhere)
                let stale = try await host.until("it is said") { $0.condition("SourceStale") != nil }
                #expect(stale.condition("SourceStale")?.contains("127.0.0.1") == true)
                #expect(stale.pids == before.pids)
                signal(before.pids["a/0"], SIGKILL)
                try await host.until("supervision goes on") {
                    $0["a/0"]?.restarts == 1 && $0.areSettled(["a/0", "b/0"])
                }
                // A fetch ends with its agent.
                await host.killAgent()
                try await eventually("no git is left") {
                    ProcessTable.touching("127.0.0.1:\(silent.port)").isEmpty
                }
            }
        }

        @Test(
            "a secret is in no argument, environment, output or file of ours, while a fetch hangs and after",
            .enabled(if: GitServers.hasWeb, "needs lighttpd, lighttpd-mod-openssl and openssl"))
        func secret() async throws {
            try await withHost { host in
                try host.commit("Declare", ["u.yaml": Declare.sleeper, "a.yaml": Declare.sleeping("a")])
                let home = host.root + "/web"
                mkdir(home, 0o700)
                let server = try GitServers.web(
                    root: try publish(host), home: home, user: "deploy", password: Self.secret)
                let url = "https://127.0.0.1:\(server.port)/git/repo.git"
                Files.write(host.secrets + "/git", Self.secret + "\n", mode: 0o600)
                serve(
                    host, url,
                    [
                        "interval: 1s",
                        "credentials: {username: deploy, passwordFile: \(host.secrets)/git, "
                            + "caFile: \(home)/ca.pem}",
                    ])
                // The server has let it in, and keeps it waiting: git knows the secret now.
                Files.write(home + "/hold", "")
                try await launch(host, url)
                try await eventually("a fetch is under way, and waits in the backend") {
                    !ProcessTable.touching(home + "/backend").isEmpty
                }
                for _ in 0..<50 { try lookAtProcesses(but: home) }
                unlink(home + "/hold")
                try await host.settled("a/0")
                try host.commit("More", ["b.yaml": Declare.sleeping("b")])
                _ = try publish(host)
                try await eventually("b is accepted") {
                    try lookAtProcesses(but: home)
                    return (try? host.status())?.areSettled(["a/0", "b/0"]) == true
                }
                let said = try [
                    await host.plumb("status").output, await host.plumb("events").output,
                    host.ask("/v1/status").text, Files.text(host.agentLog) ?? "",
                ]
                for text in said { #expect(!text.contains(Self.secret)) }
                for file in Files.tree(host.state) + Files.tree(host.runtime) {
                    let holds = Files.bytes(file).map {
                        String(decoding: $0, as: UTF8.self).contains(Self.secret)
                    }
                    #expect(holds != true, "\(file)")
                }
            }
        }

        /// Arguments and environments of every process but the server's own.
        private func lookAtProcesses(but home: String) throws {
            for name in Files.names(in: "/proc") where pid_t(name) != nil {
                for file in ["cmdline", "environ"] {
                    guard let text = Files.text("/proc/\(name)/\(file)"), !text.contains(home + "/backend")
                    else {
                        continue
                    }
                    #expect(!text.contains(Self.secret), "\(file) of \(text.prefix(200))")
                }
            }
        }
    }
}
