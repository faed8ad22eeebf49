import Glibc
import Synchronization
import TestKit
import Watcher

/// A bare repository that a server shows, a work tree to push from, and a mirror of it.
final class RemoteUnderTest: Sendable {
    let work: TemporaryRepository
    let home: String
    var bare: String { home + "/served/repo.git" }
    var mirror: String { home + "/state/source.git" }
    private let log = Mutex<[RemoteEvent]>([])
    private let follower = Mutex<RemoteFollower?>(nil)

    init() throws {
        work = try TemporaryRepository()
        home = work.root + "/home"
        for directory in [home, home + "/served", home + "/state"] { mkdir(directory, 0o755) }
        try work.write("a.yaml", "a: 1\n")
        try work.commit("first")
        try work.git("clone", "-q", "--bare", work.path, bare)
    }

    deinit { stop() }

    /// Commits and pushes; the id of the commit.
    func push(_ message: String, to branch: String = "main") throws -> String {
        try work.write("a.yaml", "message: \(message)\n")
        let id = try work.commit(message)
        try work.git("push", "-q", "--force", bare, "HEAD:refs/heads/\(branch)")
        return id
    }

    func settings(
        _ url: String, _ target: FetchTarget = .ref("main"),
        _ adjust: (inout RemoteSettings) -> Void = { _ in }
    ) throws -> RemoteSettings {
        guard case .remote(let address) = try RepositoryAddress(url) else {
            throw Shell.Failure(line: url)
        }
        var settings = RemoteSettings(address: address, mirror: mirror, target: target)
        settings.executable = ReaderUnderTest.executable ?? ""
        settings.interval = .milliseconds(300)
        settings.retryInitial = .milliseconds(200)
        settings.retryMax = .milliseconds(300)
        settings.spacing = .milliseconds(50)
        adjust(&settings)
        return settings
    }

    @discardableResult
    func follow(_ settings: RemoteSettings) throws -> RemoteFollower {
        stop()
        log.withLock { $0 = [] }
        let follower = RemoteFollower(settings: settings) { [weak self] event in
            self?.log.withLock { $0.append(event) }
        }
        try follower.start()
        self.follower.withLock { $0 = follower }
        return follower
    }

    func stop() { follower.withLock { $0.take() }?.stop() }

    var events: [RemoteEvent] { log.withLock { $0 } }

    /// How often the mirror was what the remote is.
    var fetches: Int { events.count { if case .fetched = $0 { true } else { false } } }

    /// The last word, where that was a failure.
    var problem: GitError? {
        for event in events.reversed() {
            switch event {
            case .failed(let error): return error
            case .fetched: return nil
            case .mirrored: continue
            }
        }
        return nil
    }

    /// What a branch of the mirror names.
    func mirrored(_ name: String = "refs/heads/main") -> String? {
        try? Shell.run("git --git-dir '\(mirror)' rev-parse -q --verify '\(name)' 2>/dev/null || true")
    }

    func wait(_ what: (RemoteUnderTest) -> Bool) async -> Bool {
        let end = ContinuousClock.now + .seconds(60)
        while !what(self) {
            if ContinuousClock.now > end { return false }
            try? await Task.sleep(for: .milliseconds(5))
        }
        return true
    }

    /// Waits for the failure of this kind.
    func fails(_ kind: GitError.Kind) async -> GitError? {
        _ = await wait { $0.problem?.kind == kind }
        return problem
    }

    /// A file with a secret, or another mode to try.
    func file(_ name: String, _ text: String, mode: mode_t = 0o600) -> String {
        let path = "\(home)/\(name)"
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
        defer { close(descriptor) }
        fchmod(descriptor, mode)
        _ = write(descriptor, text, text.utf8.count)
        return path
    }
}
