import Glibc
import TestKit
import Testing
import Watcher

/// Fetching from real servers: what arrives, and what is said when nothing can.
@Suite(.enabled(if: ReaderUnderTest.hasChild, "needs the executable plumb beside the tests"))
struct RemoteTests {
    @Test(
        "git daemon: the first fetch, every commit, forced ones too; the server goes and comes back",
        .enabled(if: GitServers.hasDaemon, "needs git daemon"))
    func daemon() async throws {
        let remote = try RemoteUnderTest()
        var server: ServerProcess? = try GitServers.daemon(root: remote.home + "/served", home: remote.home)
        let port = try #require(server?.port)
        let first = try remote.work.head()
        try remote.follow(try remote.settings("git://127.0.0.1:\(port)/repo.git"))
        #expect(await remote.wait { $0.mirrored() == first + "\n" })
        let second = try remote.push("second")
        #expect(await remote.wait { $0.mirrored() == second + "\n" })
        try remote.work.git("reset", "-q", "--hard", first)
        let forced = try remote.push("forced")
        #expect(await remote.wait { $0.mirrored() == forced + "\n" })
        server?.end()
        server = nil
        let refused = await remote.fails(.connectionRefused)
        #expect(refused?.message.contains("127.0.0.1:\(port)") == true, "\(String(describing: refused))")
        #expect(remote.mirrored() == forced + "\n", "what was fetched stays")
        try remote.work.git("--git-dir=\(remote.bare)", "branch", "-m", "main", "other")
        server = try GitServers.daemon(root: remote.home + "/served", home: remote.home)
        try remote.follow(try remote.settings("git://127.0.0.1:\(server?.port ?? 0)/repo.git"))
        let gone = await remote.fails(.refMissing)
        #expect(gone?.message.contains("no branch main") == true, "\(String(describing: gone))")
        #expect(
            remote.mirrored() == forced + "\n",
            "a branch that cannot be found is not a branch that was deleted")
        try remote.work.git("--git-dir=\(remote.bare)", "branch", "-m", "other", "main")
        #expect(await remote.wait { $0.problem == nil && $0.fetches > 0 })
        try remote.follow(try remote.settings("git://127.0.0.1:\(server?.port ?? 0)/nothing.git"))
        #expect(await remote.fails(.repositoryMissing)?.kind == .repositoryMissing)
    }

    @Test(
        "more than the mirror may hold is not fetched, leaves nothing behind, and is in nobody's way",
        .enabled(if: GitServers.hasDaemon, "needs git daemon"))
    func tooLarge() async throws {
        let remote = try RemoteUnderTest()
        let server = try GitServers.daemon(root: remote.home + "/served", home: remote.home)
        let settings = try remote.settings("git://127.0.0.1:\(server.port)/repo.git") {
            $0.bytesMax = 3 << 20
        }
        let first = try remote.work.head()
        try remote.follow(settings)
        #expect(await remote.wait { $0.mirrored() == first + "\n" })
        func pushNoise(_ bytes: Int) throws -> String {
            _ = try Shell.run("head -c \(bytes) /dev/urandom >'\(remote.work.path)/noise'")
            _ = try remote.work.git("add", "-A")
            return try remote.push("noise")
        }
        // What is thrown away by force takes room for a while, and makes room for what comes next.
        var last = ""
        for _ in 0..<3 {
            try remote.work.git("reset", "-q", "--hard", first)
            last = try pushNoise(1 << 20)
            let isThere = await remote.wait { $0.mirrored() == last + "\n" }
            #expect(isThere, "\(String(describing: remote.problem))")
        }
        try remote.work.git("reset", "-q", "--hard", first)
        _ = try pushNoise(4 << 20)
        let error = await remote.fails(.fetchTooLarge)
        #expect(error?.description.contains("source.maxBytes") == true, "\(String(describing: error))")
        #expect(remote.mirrored() == last + "\n", "what was fetched stays")
        let garbage = try Shell.run("find '\(remote.mirror)' -name '*tmp_*'")
        #expect(garbage == "")
        // Nothing is fetched again to find out the same; a push that fits is.
        try remote.work.git("reset", "-q", "--hard", first)
        let fixed = try remote.push("fixed")
        #expect(await remote.wait { $0.mirrored() == fixed + "\n" }, "\(String(describing: remote.problem))")
        _ = try remote.work.git("--git-dir=\(remote.mirror)", "fsck", "--no-dangling")
    }

    @Test(
        "the branch that the remote's HEAD names is followed, and kept",
        .enabled(if: GitServers.hasDaemon, "needs git daemon"))
    func head() async throws {
        let remote = try RemoteUnderTest()
        let server = try GitServers.daemon(root: remote.home + "/served", home: remote.home)
        let id = try remote.push("deploy", to: "deploy")
        try remote.work.git("--git-dir=\(remote.bare)", "symbolic-ref", "HEAD", "refs/heads/deploy")
        let settings = try remote.settings("git://127.0.0.1:\(server.port)/repo.git", .head)
        try remote.follow(settings)
        #expect(await remote.wait { $0.fetches > 0 })
        guard case .fetched("deploy")? = remote.events.last else {
            Issue.record("the branch is told: \(remote.events)")
            return
        }
        #expect(remote.mirrored("HEAD") == id + "\n")
        try remote.work.git("--git-dir=\(remote.bare)", "symbolic-ref", "HEAD", "refs/heads/main")
        try remote.follow(settings)
        #expect(await remote.wait { $0.fetches > 1 })
        #expect(remote.mirrored("HEAD") == id + "\n")
    }

    @Test(
        "https with TLS 1.3 and basic authentication: a token, a wrong one, none, and a strange certificate",
        .enabled(if: GitServers.hasWeb, "needs lighttpd, lighttpd-mod-openssl and openssl"))
    func web() async throws {
        let remote = try RemoteUnderTest()
        let server = try GitServers.web(
            root: remote.home + "/served", home: remote.home, user: "x-access-token", password: "s3cret")
        let url = "https://127.0.0.1:\(server.port)/git/repo.git"
        let authority = remote.home + "/ca.pem"
        let token = remote.file("token", "s3cret\n")
        try remote.follow(try remote.settings(url) { $0.credentials.passwordFile = token })
        #expect(await remote.fails(.tlsFailed)?.advice.contains("caFile") == true)

        try remote.follow(try remote.settings(url) { $0.credentials.caFile = authority })
        #expect(await remote.fails(.authenticationFailed)?.advice.contains("tokenFile") == true)

        let wrong = remote.file("wrong", "wr0ng\n")
        try remote.follow(
            try remote.settings(url) {
                $0.credentials.caFile = authority
                $0.credentials.passwordFile = wrong
            })
        let refused = await remote.fails(.authenticationFailed)
        #expect(refused?.message.contains(wrong) == true, "\(String(describing: refused))")
        #expect(refused?.description.contains("wr0ng") == false)

        let good = try remote.settings(url) {
            $0.credentials.caFile = authority
            $0.credentials.passwordFile = token
        }
        try remote.follow(good)
        let first = try remote.work.head()
        #expect(await remote.wait { $0.mirrored() == first + "\n" }, "\(String(describing: remote.problem))")
        let second = try remote.push("second")
        #expect(await remote.wait { $0.mirrored() == second + "\n" })

        chmod(token, 0o644)
        let open = await remote.fails(.credentialUnusable)
        #expect(open?.advice == "chmod 600 \(token)", "\(String(describing: open))")
        chmod(token, 0o600)
        #expect(await remote.wait { $0.problem == nil })

        try remote.follow(
            try remote.settings("https://127.0.0.1:\(server.port)/git/nothing.git") {
                $0.credentials = good.credentials
            })
        #expect(await remote.fails(.repositoryMissing)?.kind == .repositoryMissing)
    }

    @Test(
        "sshd: a key and known hosts; a refused key, an unknown host, one that changed (as root)",
        .enabled(if: GitServers.hasSSH, "needs root, openssh-server and openssh-client"))
    func ssh() async throws {
        let remote = try RemoteUnderTest()
        let server = try GitServers.ssh(home: remote.home)
        let url = "ssh://root@127.0.0.1:\(server.port)\(remote.bare)"
        func settings(key: String = "key", hosts: String) throws -> RemoteSettings {
            try remote.settings(url) {
                $0.credentials.sshKeyFile = "\(remote.home)/\(key)"
                $0.credentials.knownHostsFile = hosts
            }
        }
        let known = remote.home + "/known_hosts"
        try remote.follow(try settings(hosts: known))
        let first = try remote.work.head()
        #expect(await remote.wait { $0.mirrored() == first + "\n" }, "\(String(describing: remote.problem))")
        let second = try remote.push("second")
        #expect(await remote.wait { $0.mirrored() == second + "\n" })

        try remote.follow(try settings(key: "stranger", hosts: known))
        #expect(await remote.fails(.authenticationFailed)?.message.contains("stranger") == true)

        try remote.follow(try settings(hosts: remote.file("nobody", "")))
        #expect(await remote.fails(.hostKeyUnknown)?.advice.contains("ssh-keyscan") == true)

        let other = try Shell.run("cut -d' ' -f1-2 '\(remote.home)/stranger.pub'")
        let changed = remote.file("changed", "[127.0.0.1]:\(server.port) \(other)")
        try remote.follow(try settings(hosts: changed))
        #expect(await remote.fails(.hostKeyChanged)?.message.contains("impostor") == true)

        chmod("\(remote.home)/key", 0o644)
        try remote.follow(try settings(hosts: known))
        #expect(await remote.fails(.credentialUnusable)?.message.contains("644") == true)
        #expect(remote.mirrored() == second + "\n")
    }

    @Test("a name without an address, a port without a server, and one that never answers") func unreachable()
        async throws
    {
        let remote = try RemoteUnderTest()
        let wanted = try remote.settings("git://nowhere.invalid/repo.git")
        try remote.follow(wanted)
        #expect(await remote.fails(.hostUnknown)?.message.contains("nowhere.invalid") == true)
        for scheme in ["git", "https"] {
            try remote.follow(try remote.settings("\(scheme)://127.0.0.1:\(try Loopback.freePort())/r"))
            #expect(await remote.fails(.connectionRefused)?.kind == .connectionRefused, "\(scheme)")
        }
        // Through a proxy, which is asked for a name that this host could not even resolve.
        let proxy = try RequestRecorder(answers: Array(repeating: 403, count: 99))
        proxy.start()
        defer { proxy.stop() }
        try remote.follow(
            try remote.settings("https://nowhere.invalid/repo.git") {
                $0.proxy = "http://127.0.0.1:\(proxy.port)"
            })
        #expect(await remote.fails(.unreachable)?.message.contains("127.0.0.1:\(proxy.port)") == true)
        #expect(proxy.requests.first?.line.hasPrefix("CONNECT nowhere.invalid:443") == true)

        let silent = try SilentServer()
        for scheme in ["git", "https"] {
            try remote.follow(
                try remote.settings("\(scheme)://127.0.0.1:\(silent.port)/r") {
                    $0.silence = .milliseconds(600)
                })
            #expect(await remote.fails(.fetchTimedOut)?.message.contains("127.0.0.1") == true, "\(scheme)")
        }
    }

    @Test(
        "a fetch that is reset in the middle of its pack leaves nothing behind, and the next one succeeds",
        .survives(.remote, "reset in the middle of a pack", tries: 2),
        .enabled(if: GitServers.hasDaemon, "needs git daemon"))
    func resets() async throws {
        let remote = try RemoteUnderTest()
        let noise = try Shell.run("head -c 400000 /dev/urandom | base64")
        try remote.work.write("noise", noise)
        _ = try remote.push("noise")
        let server = try GitServers.daemon(root: remote.home + "/served", home: remote.home)
        let proxy = try ResettingServer(before: server.port, after: 100_000)
        try remote.follow(try remote.settings("git://127.0.0.1:\(proxy.port)/repo.git"))
        #expect(
            await remote.fails(.connectionLost)?.kind == .connectionLost,
            "\(String(describing: remote.problem))")
        #expect(remote.mirrored() != (try remote.work.head()) + "\n")
        proxy.reset(after: 100_000_000)
        let id = try remote.work.head() + "\n"
        #expect(await remote.wait { $0.mirrored() == id })
        // The same into a mirror that is there.
        proxy.reset(after: 50_000)
        try remote.work.write("noise", noise + noise)
        let next = try remote.push("more") + "\n"
        #expect(await remote.fails(.connectionLost)?.kind == .connectionLost)
        #expect(remote.mirrored() == id)
        proxy.reset(after: 100_000_000)
        #expect(await remote.wait { $0.mirrored() == next })
        let left = try Shell.run("find '\(remote.mirror)' -name 'tmp_*' -o -name '*.lock'")
        #expect(left == "")
    }

    @Test(
        "locks and a damaged mirror: swept, or set aside and fetched anew",
        .survives(.remote, "mirror locked, truncated, no repository any more", tries: 3),
        .enabled(if: GitServers.hasDaemon, "needs git daemon"))
    func damage() async throws {
        let remote = try RemoteUnderTest()
        let server = try GitServers.daemon(root: remote.home + "/served", home: remote.home)
        let settings = try remote.settings("git://127.0.0.1:\(server.port)/repo.git")
        let follower = try remote.follow(settings)
        #expect(await remote.wait { $0.fetches > 0 })
        for lock in ["packed-refs.lock", "refs/heads/main.lock", "HEAD.lock"] {
            _ = try Shell.run("touch '\(remote.mirror)/\(lock)'")
        }
        let second = try remote.push("second") + "\n"
        #expect(await remote.wait { $0.mirrored() == second })

        // Every byte of every pack: only a check of all objects can tell.
        _ = try Shell.run(
            "for p in '\(remote.mirror)'/objects/pack/*.pack; do chmod u+w $p; truncate -s 40 $p; done"
        )
        follower.suspect()
        #expect(await remote.wait { $0.mirrored("main^{tree}")?.isEmpty == false }, "fetched anew")
        #expect(access(remote.mirror + ".damaged", F_OK) == 0)

        // Not a repository at all any more.
        remote.stop()
        _ = try Shell.run("rm -r '\(remote.mirror)/objects' '\(remote.mirror)/HEAD'")
        try remote.follow(settings)
        #expect(await remote.wait { $0.mirrored("main^{tree}")?.isEmpty == false })
        #expect(remote.mirrored() == second)
    }

    @Test(
        "another branch is followed whose name goes through that of the one before, and back",
        .enabled(if: GitServers.hasDaemon, "needs git daemon"))
    func nestedNames() async throws {
        let remote = try RemoteUnderTest()
        let server = try GitServers.daemon(root: remote.home + "/served", home: remote.home)
        var before: String?
        for name in ["release", "release/1", "release/1/a", "release", "release/1"] {
            if let before { try remote.work.git("push", "-q", remote.bare, ":refs/heads/\(before)") }
            let id = try remote.push("for \(name)", to: name) + "\n"
            try remote.follow(try remote.settings("git://127.0.0.1:\(server.port)/repo.git", .ref(name)))
            #expect(
                await remote.wait { $0.mirrored("refs/heads/\(name)") == id && $0.problem == nil },
                "\(name): \(String(describing: remote.problem))")
            // What is packed is in the way as well.
            if before != nil { _ = try Shell.run("git --git-dir '\(remote.mirror)' pack-refs --all") }
            before = name
        }
    }

    @Test(
        "many fetches do not make many packs",
        .enabled(if: GitServers.hasDaemon, "needs git daemon"))
    func maintenance() async throws {
        let remote = try RemoteUnderTest()
        let server = try GitServers.daemon(root: remote.home + "/served", home: remote.home)
        let follower = try remote.follow(
            try remote.settings("git://127.0.0.1:\(server.port)/repo.git") { $0.packsMax = 5 })
        let first = try #require(ObjectID(try remote.work.head()))
        follower.keep(first)
        for round in 0..<9 {
            let id = try remote.push("round \(round)") + "\n"
            follower.look()
            #expect(await remote.wait { $0.mirrored() == id })
        }
        let packs = "ls '\(remote.mirror)/objects/pack' | grep -c 'pack$'"
        #expect(await remote.wait { _ in (try? Shell.run(packs)).flatMap { Int($0.dropLast()) } ?? 99 <= 6 })
        #expect(remote.mirrored("refs/plumb/accepted") == "\(first)\n")
    }

    @Test(
        "tags come and go with those of the remote; a pinned commit is fetched once",
        .enabled(if: GitServers.hasDaemon, "needs git daemon"))
    func selections() async throws {
        let remote = try RemoteUnderTest()
        let server = try GitServers.daemon(root: remote.home + "/served", home: remote.home)
        let url = "git://127.0.0.1:\(server.port)/repo.git"
        let first = try remote.work.head()
        try remote.follow(try remote.settings(url, .tags))
        #expect(await remote.wait { $0.fetches > 0 }, "no tags yet is no failure")
        try remote.work.git("push", "-q", remote.bare, "main:refs/tags/v1.0.0", "main:refs/tags/web/v2.0.0")
        #expect(await remote.wait { $0.mirrored("refs/tags/web/v2.0.0") == first + "\n" })
        try remote.work.git("push", "-q", remote.bare, ":refs/tags/v1.0.0")
        #expect(await remote.wait { $0.mirrored("refs/tags/v1.0.0") == "" })

        // Followed in the mirror, by the names that are there.
        let watched = try Watched(remote.mirror) {
            $0.retryInitial = .seconds(600)
            $0.tags = TagChoice(description: "all") { $0.max() }
        }
        #expect(await watched.log.wait { $0.commit == first })
        let second = try remote.push("second")
        try remote.work.git("push", "-q", remote.bare, "main:refs/tags/web/v3.0.0")
        #expect(await watched.log.wait { $0.commit == second })
        guard case .revision(let seen)? = watched.log.all.last else {
            Issue.record("no revision")
            return
        }
        #expect(seen.ref == "web/v3.0.0")
        watched.watcher.stop()

        try remote.follow(try remote.settings(url, .commit(try #require(ObjectID(first)))))
        // The last word of the follower before may come late, so the mirror itself is asked.
        #expect(await remote.wait { $0.mirrored("refs/plumb/commit") == first + "\n" })
        let unknown = try #require(ObjectID(String(repeating: "1", count: 40)))
        try remote.follow(try remote.settings(url, .commit(unknown)))
        #expect(await remote.fails(.refMissing)?.message.contains("commit 1111111") == true)
    }
}
