import Glibc
import TestKit
import Testing

extension EndToEnd {
    /// Archives of the repository and of a server, under a whole agent.
    @Suite("Artifacts") struct Artifacts {
        private static let password = "pl4nted-p4ssw0rd"
        private static let wrong = String(repeating: "0", count: 64)

        private static func program(_ word: String) -> String {
            "#!/bin/sh\necho \(word) > \"$PLUMB_WORKSPACE_DIR/seen\"\npwd > \"$PLUMB_WORKSPACE_DIR/where\"\n"
                + "exec sleep 100000\n"
        }

        private static func unit(_ source: String, _ sha256: String?, version: String = "1.0.0") -> String {
            let digest = sha256.map { ", sha256: \"\($0)\"" } ?? ""
            return Declare.unit(
                "web", version: version,
                "artifact: {source: \"\(source)\"\(digest)}\nentry: {command: ./run.sh}\n"
                    + "restart: {backoff: {initial: 100ms, resetAfter: 1s}}\nstop: {grace: 1s}")
        }

        private static let instance = Declare.instance(
            "web", of: "web@*",
            "update: {minHealthyTime: 200ms, healthyDeadline: 3s, progressDeadline: 4s}")

        private func seen(_ host: Host) -> String? { Files.text(host.workspace("web/0") + "/seen") }

        @Test(
            "From the repository to a server, by digest; what is wrong touches nothing; what nothing needs goes",
            .enabled(if: FileServers.hasWeb, "needs lighttpd, lighttpd-mod-openssl and openssl"))
        func archives() async throws {
            try await withHost { host in
                let (home, files) = (host.root + "/web", host.root + "/files")
                for directory in [home, files, host.repository.path + "/dist"] { mkdir(directory, 0o755) }
                let server = try FileServers.web(root: files, home: home, password: Self.password)
                let url = "https://127.0.0.1:\(server.port)/token"
                Files.write(host.secrets + "/files", Self.password + "\n", mode: 0o600)
                Files.write(
                    host.root + "/agent.yaml",
                    """
                    apiVersion: plumb.dev/v1
                    kind: Agent
                    artifacts:
                      ca: \(home)/ca.pem
                      credentials: [{host: "127.0.0.1:\(server.port)", tokenFile: \(host.secrets)/files}]
                    retention: {packages: 1s}
                    fuse: {maxRemoved: 100%}

                    """)
                let first = host.repository.path + "/dist/web.tar.gz"
                try Archives.program(Self.program("first"), at: first)
                let digest = try Archives.sha256(of: first)
                try host.commit(
                    "In the repository",
                    ["u.yaml": Self.unit("dist/web.tar.gz", digest), "i.yaml": Self.instance])
                try await host.startAgent()
                let before = try await host.proven("web").pids
                try await eventually("it runs in its package") { seen(host) == "first\n" }
                let directory = try #require(Files.lines(host.workspace("web/0") + "/where").first)
                #expect(directory.hasPrefix(host.state + "/packages/web/1.0.0-\(digest.prefix(40))"))
                #expect(Files.mode(directory + "/run.sh") == 0o555)

                // Elsewhere, and the same by its digest: nothing is fetched, nothing restarts.
                try host.commit("Elsewhere", ["u.yaml": Self.unit(url + "/gone.tar.gz", digest)])
                let moved = try await host.proven("web")
                #expect(moved.pids == before)

                try await wrongDigest(host, url, files, before)
                try await fixed(host, url, files)
                try await collected(host, digest)
                for text in [try host.ask("/v1/status").text, Files.text(host.agentLog) ?? ""] {
                    #expect(!text.contains(Self.password))
                }
            }
        }

        private func wrongDigest(
            _ host: Host, _ url: String, _ files: String, _ before: [String: pid_t]
        ) async throws {
            try Archives.program(Self.program("second"), at: files + "/other.zip")
            try host.commit("Break", ["u.yaml": Self.unit(url + "/other.zip", Self.wrong)])
            let back = try await host.rolledBack("web")
            #expect(back.pids == before)
            let message = back.instance("web")["rollout"]["failure"]["message"].string ?? ""
            let found = try Archives.sha256(of: files + "/other.zip")
            #expect([url + "/other.zip", Self.wrong, found].allSatisfy(message.contains), "\(message)")
            #expect(back.instance("web")["rollout"]["failure"]["reason"].string == "CannotStart")
        }

        /// A fix of the file's place alone goes through, too; then a pointer, which changes nothing.
        private func fixed(_ host: Host, _ url: String, _ files: String) async throws {
            try Archives.program(Self.program("third"), at: files + "/right.zip")
            let digest = try Archives.sha256(of: files + "/right.zip")
            try host.commit("Break its place", ["u.yaml": Self.unit(url + "/other.zip", digest)])
            _ = try await host.rolledBack("web")
            try host.commit("Mend its place", ["u.yaml": Self.unit(url + "/right.zip", digest)])
            let fixed = try await host.proven("web")
            #expect(seen(host) == "third\n")
            #expect(fixed.condition("RolledBack") == nil)
            let cause = try host.events().last { $0.kind == "starting" }?.cause ?? ""
            #expect(cause.contains("artifact"), "\(cause)")

            try host.repository.write(
                "dist/large.zip",
                "version https://git-lfs.github.com/spec/v1\noid sha256:\(digest)\nsize 123456789\n"
                    + String(repeating: "\n", count: 40))
            try host.commit("Point", ["u.yaml": Self.unit("dist/large.zip", nil)])
            let invalid = try await host.until("the pointer is refused") { status in
                status.diagnostics.contains { $0.contains("lfs-pointer") }
            }
            #expect(invalid.pids == fixed.pids)
            try host.commit("Take it back", ["u.yaml": Self.unit(url + "/right.zip", digest)])
            #expect(try await host.settled("web/0").pids == fixed.pids)
        }

        /// Last known good ones stay, and what nothing needs any more goes by itself.
        private func collected(_ host: Host, _ first: String) async throws {
            let kept = host.state + "/packages/web/1.0.0-\(first.prefix(40))"
            #expect(Files.exists(kept + ".complete"))
            try host.repository.git("rm", "-q", "u.yaml", "i.yaml")
            try host.commit("Something else", ["s.yaml": Declare.sleeper, "a.yaml": Declare.sleeping("a")])
            try await host.settled("a/0")
            try await eventually("its packages are gone") {
                Files.names(in: host.state + "/packages").allSatisfy { $0.hasPrefix(".") }
            }
            try await eventually("and that is told") {
                try host.events().contains {
                    $0.kind == "packagesRemoved" && $0.message.contains("web/1.0.0-")
                }
            }
        }
    }
}
