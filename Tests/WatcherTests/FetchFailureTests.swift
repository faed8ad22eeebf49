import Testing

@testable import Watcher

/// What git said → what an operator is told.
@Suite struct FetchFailureTests {
    private func failure(
        _ text: String, _ address: String = "https://git.example.org/ops/deploy.git"
    ) throws -> GitError {
        guard case .remote(let remote) = try RepositoryAddress(address) else { throw CancellationError() }
        var settings = RemoteSettings(address: remote, mirror: "/state/source.git", target: .ref("main"))
        settings.credentials.sshKeyFile = "/keys/id"
        return FetchFailure(settings: settings).error(
            of: GuardedResult(end: .exited(128), output: "", errors: text))
    }

    @Test(
        "reasons that no test can make happen here",
        arguments: [
            (
                "fatal: write error: No space left on device\nfatal: fetch-pack: invalid index-pack output",
                "diskFull"
            ),
            ("error: unable to write file: Disk quota exceeded", "diskFull"),
            (
                "fatal: unable to access 'https://git.example.org/ops/deploy.git/': Failed to connect to "
                    + "git.example.org port 443 after 0 ms: No route to host", "connectionRefused"
            ),
            (
                "fatal: unable to connect to git.example.org:\n[0: ::1]: errno=Network is unreachable",
                "unreachable"
            ),
            ("ssh: connect to host git.example.org port 22: No route to host", "unreachable"),
            ("fatal: unable to connect to git.example.org: errno=Connection timed out", "fetchTimedOut"),
            ("fatal: unable to access 'x': The requested URL returned error: 503", "serverFailed"),
            ("remote: certificate expired\nfatal: the remote end hung up unexpectedly", "connectionLost"),
            ("error: cannot open '/state/source.git/x': Permission denied", "fetchFailed"),
            ("fatal: something new", "fetchFailed"),
        ])
    func reasons(_ text: String, _ kind: String) throws { #expect(try failure(text).kind.rawValue == kind) }

    @Test(
        "the address that git repeats is no reason",
        arguments: ["TLS-certificates", "SSL", "not found", "Timeout", "error: 401"])
    func names(_ name: String) throws {
        let address = "https://tls.SSL.example.org/ops/\(name).git"
        let text =
            "fatal: unable to access '\(address)/': Failed to connect to tls.SSL.example.org port 443"
        #expect(try failure(text, address).kind == .connectionRefused)
    }

    @Test("over ssh, a file of this host that may not be written is no refused key") func permission() throws
    {
        let address = "git@git.example.org:ops/deploy.git"
        let refused =
            "git@git.example.org: Permission denied (publickey).\r\nfatal: Could not read from remote"
        #expect(try failure(refused, address).kind == .authenticationFailed)
        let own = "error: cannot lock ref 'refs/heads/main': Unable to create main.lock: Permission denied"
        let told = try failure(own, address)
        #expect(told.kind == .fetchFailed && told.message.contains("/state/source.git"))
    }

    @Test("without git it is said, and where it was looked for") func noGit() {
        #expect(GitCommands.find(in: ["/nowhere", "/proc"]) == nil)
    }

    @Test("caFile is believed in place of the system's authorities") func authorities() throws {
        guard case .remote(let remote) = try RepositoryAddress("https://h/r") else { return }
        var settings = RemoteSettings(address: remote, mirror: "/state/source.git", target: .ref("main"))
        func value(_ key: String) -> String? {
            let all = GitCommands(settings: settings, git: "/usr/bin/git")
                .fetch(into: "/d", branch: nil, bytesMax: 1).environment
            let name = all.first { $0.key.hasPrefix("GIT_CONFIG_KEY_") && $0.value == key }?.key
            return name.flatMap { all[$0.replacing("_KEY_", with: "_VALUE_")] }
        }
        #expect(value("http.sslCAInfo") == nil && value("http.sslCAPath") == nil)
        settings.credentials.caFile = "/etc/ca.pem"
        #expect(value("http.sslCAInfo") == "/etc/ca.pem")
        #expect(value("http.sslCAPath") == "/state/source.git.authorities")
    }

    @Test("a commit that was made badly is no damage of the mirror; what is lost or broken is") func check() {
        let badly = "error in commit a104: missingEmail: invalid author/committer line - missing email\n"
        #expect(!MirrorCheck.isDamage(badly + "dangling commit 98d7\nwarning in tree 3: zeroPaddedFilemode"))
        #expect(MirrorCheck.isDamage(badly + "error: inflate: data stream error"))
        #expect(MirrorCheck.isDamage("missing blob 1234"))
        #expect(MirrorCheck.isDamage("\n"))
    }
}
