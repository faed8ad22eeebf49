import Reconciler
import Testing
import Watcher

@testable import Plumb

/// The block `source` of agent.yaml: what is taken, and where and why it is refused.
@Suite("Source settings") struct SourceSettingsTests {
    private func settings(_ source: String, repo: String? = nil) throws -> SourceSettings {
        let folder = try TemporaryFolder()
        try folder.write("apiVersion: plumb.dev/v1\nkind: Agent\nsource:\n\(source)", to: "agent.yaml")
        let file = try AgentFile(named: folder.path + "/agent.yaml")
        return try SourceSettings(file, given: SourceSettings.Given(repo: repo))
    }

    private func refusal(_ source: String, repo: String? = nil) -> String {
        do {
            _ = try settings(source, repo: repo)
            return "taken"
        } catch {
            return "\(error)"
        }
    }

    @Test(
        "every way to name a repository",
        arguments: [
            ("https://git.example.org/ops/deploy.git", "https git.example.org git.example.org -"),
            ("https://ann@git.example.org:8443/deploy", "https git.example.org git.example.org:8443 ann"),
            ("ssh://git@git.example.org:2222/ops/deploy.git", "ssh git.example.org git.example.org:2222 git"),
            ("git@git.example.org:ops/deploy.git", "ssh git.example.org git.example.org git"),
            ("git.example.org:deploy.git", "ssh git.example.org git.example.org -"),
            ("git://[::1]:9418/deploy", "git ::1 [::1]:9418 -"),
            ("file:///srv/deploy.git", "/srv/deploy.git"), ("/srv/deploy.git", "/srv/deploy.git"),
            ("./odd:name", "./odd:name"),
        ])
    func addresses(_ text: String, _ expected: String) throws {
        switch try RepositoryAddress(text) {
        case .local(let path): #expect(path == expected)
        case .remote(let remote):
            #expect(
                "\(remote.transport.rawValue) \(remote.host) \(remote.authority) \(remote.user ?? "-")"
                    == expected)
            #expect(remote.text == text)
        }
    }

    @Test(
        "a proxy is for https, and holds no password",
        arguments: [
            ("https://h/r", "http://proxy:3128", nil), ("https://h/r", "socks5h://[::1]:1080", nil),
            ("https://h/r", "proxy:3128", "no address of a proxy"),
            ("https://h/r", "http://proxy:3128/x", "no address of a proxy"),
            ("https://h/r", "http://ann:s3cret@proxy:3128", "a user or a password"),
            ("git://h/r", "http://proxy:3128", "for https alone"),
            ("/srv/r", "http://proxy:3128", "for https alone"),
        ] as [(String, String, String?)])
    func proxies(_ repo: String, _ proxy: String, _ fault: String?) throws {
        let text = "  repo: \"\(repo)\"\n  proxy: \"\(proxy)\"\n"
        if let fault {
            let said = refusal(text)
            #expect(said.contains(fault) && !said.contains("s3cret"), "\(said)")
        } else {
            #expect(try settings(text).remote(stateDir: "/s", target: .head)?.proxy == proxy)
        }
    }

    @Test(
        "what is no address, or no safe one, is refused with what to write instead",
        arguments: [
            ("http://git.example.org/a", "use https"), ("ext::sh -c date", "helper program"),
            ("https://ann:s3cret@git.example.org/a", "passwordFile"),
            ("https://git.example.org", "add its path"),
            ("ssh://-oProxyCommand=date/a", "names no host"), ("-oProxyCommand=date:a", "names no host"),
            ("ftp://git.example.org/a", "is not a way to reach"), ("git@git.example.org:", "add its path"),
            ("file://relative/a", "absolute path"),
        ])
    func faults(_ text: String, _ part: String) {
        let said = refusal("  repo: \"\(text)\"\n")
        #expect(said.contains(part), "\(said)")
        #expect(said.contains("agent.yaml:4:"), "\(said)")
        #expect(!said.contains("s3cret"))
        #expect(refusal("  path: /\n", repo: text).hasPrefix("--repo: "))
    }

    @Test(
        "credentials go with the way to reach the repository",
        arguments: [
            (
                "  repo: git@git.example.org:a\n  credentials: {sshKeyFile: /k}\n",
                ":4:3: a repository over ssh needs source.credentials.knownHostsFile"
            ),
            ("  repo: git@git.example.org:a\n", "needs source.credentials.sshKeyFile"),
            (
                "  repo: https://h/a\n  credentials:\n    sshKeyFile: /k\n",
                ":6:17: source.credentials.sshKeyFile is of no use for https://"
            ),
            ("  repo: /srv/a\n  credentials: {tokenFile: /t}\n", "of no use for a repository on this host"),
            ("  repo: https://h/a\n  credentials: {passwordFile: /p}\n", "needs source.credentials.username"),
            (
                "  repo: https://h/a\n  credentials: {tokenFile: /t, username: u, passwordFile: /p}\n",
                "a tokenFile and a passwordFile"
            ),
            ("  repo: https://h/a\n  credentials: {tokenFile: t}\n", "must be an absolute path"),
            ("  repo: https://h/a\n  credentials: {token: x}\n", "unknown setting source.credentials.token"),
            ("  repo: https://h/a\n  interval: soon\n", ":5:13: source.interval: soon is no time"),
            ("  repo: https://h/a\n  interval: 0s\n", "shorter than 1s"),
            ("  repo: /srv/a\n  interval: 10s\n", "is for a repository elsewhere"),
            ("  ref: main\n", "write it as ref: {branch: main}"), ("  ref: {}\n", "says nothing of branch"),
            ("  ref: {branch: a, tag: b}\n", "names a branch and a tag"),
            ("  ref: {semver: newest}\n", "newest is no range of versions"),
            ("  ref: {commit: 3f2a9c1}\n", "3f2a9c1 is no commit"),
            ("  allowRewind: sometimes\n", "must be true or false"),
        ])
    func credentials(_ source: String, _ part: String) {
        let said = refusal(source)
        #expect(said.contains(part), "\(said)")
        #expect(said.contains("\n  "), "what to do: \(said)")
    }

    @Test func everythingOfARemote() throws {
        let source = try settings(
            """
              repo: https://git.example.org/ops/deploy.git
              ref: {branch: release}
              path: hosts
              interval: 1m
              timeout: 20s
              credentials: {tokenFile: /etc/plumb/token, username: bot, caFile: /etc/plumb/ca.pem}

            """)
        let remote = try #require(source.remote(stateDir: "/state", target: .ref("release")))
        #expect(remote.mirror == "/state/source.git")
        #expect(remote.interval == .seconds(60) && remote.timeout == .seconds(20))
        #expect(remote.silence == .seconds(20), "never longer than the whole")
        #expect(remote.credentials.passwordFile == "/etc/plumb/token")
        #expect(remote.credentials.username == "bot")
        #expect(remote.credentials.caFile == "/etc/plumb/ca.pem")
        #expect(source.selection == .branch("release") && source.path == "hosts")
    }

    @Test(
        "the four ways to say which commit",
        arguments: [
            ("{branch: release}", "release"), ("{tag: \"v1.*\"}", "tag v1.*"),
            ("{semver: \">=1.2 <2\"}", "semver >=1.2 <2"),
            ("{commit: \"3f2a9c1d3f2a9c1d3f2a9c1d3f2a9c1d3f2a9c1d\"}", "commit 3f2a9c1"),
        ])
    func selections(_ text: String, _ expected: String) throws {
        let source = try settings("  ref: \(text)\n  allowRewind: true\n")
        #expect(source.selection?.description == expected)
        #expect(source.allowsRewind)
    }

    @Test(
        "a webhook needs a remote, an address and a secret",
        arguments: [
            (
                "source: {repo: /srv/a}\nwebhook: {listen: \"127.0.0.1:1\", secretFile: /s}\n",
                "is for a repository elsewhere"
            ),
            ("webhook: {listen: \"127.0.0.1:1\"}\n", "needs a listen and a secretFile"),
            ("webhook: {listen: \"host:1\", secretFile: /s}\n", "no numeric address"),
            ("webhook: {listen: \"[::]:99999\", secretFile: /s}\n", "no numeric address"),
            ("webhook: {listen: \"[::]:9\", secretFile: s}\n", "absolute path"),
            ("webhook: {listen: \"[::]:9\", secretFile: /s, token: x}\n", "unknown setting webhook.token"),
        ])
    func webhooks(_ text: String, _ part: String) throws {
        let folder = try TemporaryFolder()
        let source = text.hasPrefix("source") ? "" : "source: {repo: \"https://h/a\"}\n"
        try folder.write("apiVersion: plumb.dev/v1\nkind: Agent\n" + source + text, to: "agent.yaml")
        do {
            let file = try AgentFile(named: folder.path + "/agent.yaml")
            let settings = try SourceSettings(file, given: SourceSettings.Given())
            _ = try WebhookSettings(file, source: settings)
            Issue.record("taken")
        } catch {
            #expect("\(error)".contains(part) && "\(error)".contains("agent.yaml:"), "\(error)")
        }
    }
}
