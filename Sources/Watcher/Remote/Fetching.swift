import Glibc

/// Fetches into the mirror, and keeps it in order. Belongs to the follower's thread.
struct Fetching {
    let mirror: Mirror
    private let settings: RemoteSettings
    private let link: GuardLink
    private let wake: Int32
    private let isStopped: () -> Bool
    private let failures: FetchFailure
    /// Nothing new can ever come: the one commit that is wanted is there.
    private(set) var isComplete = false
    /// A mirror is checked once in a row of failures, and renewed at most this often.
    private var isChecked = false
    private var renewedAt: ContinuousClock.Instant?
    private static let renewalSpacing = Duration.seconds(600)

    /// What the remote had when that was too much: it is not fetched again to find out the same.
    private var refused: (tips: String, error: GitError)?
    /// The commit that stays in the mirror, whatever becomes of the remote.
    private var kept: ObjectID?

    /// The follower was stopped in the middle of a command.
    private struct Stopped: Error {}

    init(settings: RemoteSettings, wake: Int32, isStopped: @escaping () -> Bool) {
        self.settings = settings
        self.wake = wake
        self.isStopped = isStopped
        mirror = Mirror(path: settings.mirror)
        link = GuardLink(guardCommand: [settings.executable, CommandGuard.name])
        failures = FetchFailure(settings: settings)
    }

    /// Whether the mirror has what is wanted, from an earlier fetch.
    var hasTarget: Bool {
        guard mirror.exists else { return false }
        return switch settings.target {
        case .head, .tags: true
        case .ref(let name): mirror.ref(RefName.full(name)) != nil
        case .commit(let id): mirror.ref(GitCommands.pinnedRef) == id
        }
    }

    /// One fetch, from a look at the files it needs to a mirror that is whole. The branch that is followed,
    /// or why it failed; nil when the follower was stopped.
    mutating func round(isSuspect: Bool, keeping accepted: ObjectID?) -> Result<String?, GitError>? {
        do {
            let commands = try ready()
            kept = accepted
            var mustRenew = false
            if isSuspect, mirror.exists { mustRenew = try isDamaged(commands) }
            var branch: String?
            do {
                branch = try fetch(commands, anew: mustRenew)
            } catch let error as GitError where error.kind == .fetchFailed && mirror.exists && !isChecked {
                isChecked = true
                guard try isDamaged(commands) else { throw error }
                branch = try fetch(commands, anew: true)
            }
            isChecked = false
            return .success(branch)
        } catch let error as GitError {
            return .failure(error)
        } catch {
            return nil
        }
    }

    /// Makes many packs one, and lets go of what no ref has led to for two weeks.
    mutating func maintain(keeping accepted: ObjectID?) {
        guard mirror.packCount > settings.packsMax, let git = GitCommands.find() else { return }
        let commands = GitCommands(settings: settings, git: git)
        if let accepted {
            guard let kept = try? run(commands.keep(accepted, in: mirror.path)), kept.isSuccess else {
                return
            }
        }
        _ = try? run(commands.collect(mirror.path))
    }

    private func ready() throws(GitError) -> GitCommands {
        guard let git = GitCommands.find() else {
            throw GitError(
                .gitMissing, "there is no git in \(GitCommands.searchPath.joined(separator: ", "))",
                advice: "install the package git")
        }
        let credentials = settings.credentials
        switch settings.address.transport {
        case .git: break
        case .https:
            if let file = credentials.passwordFile { try CredentialFile.check(file) }
            if let file = credentials.caFile {
                try CredentialFile.check(file, isSecret: false)
                mkdir(GitCommands(settings: settings, git: git).noAuthorities, 0o700)
            }
        case .ssh:
            if let file = credentials.sshKeyFile { try CredentialFile.check(file) }
            if let file = credentials.knownHostsFile { try CredentialFile.check(file, isSecret: false) }
        }
        return GitCommands(settings: settings, git: git)
    }

    private mutating func fetch(_ commands: GitCommands, anew: Bool) throws -> String? {
        let isFresh = anew || !mirror.exists
        let directory = isFresh ? mirror.fresh : mirror.path
        if isFresh { try begin(commands) }
        Mirror.sweep(directory)
        var branch: String?
        if settings.target == .head { branch = try followedBranch(commands, directory, isFresh: isFresh) }
        if case .commit(let id) = settings.target, !isFresh, mirror.ref(GitCommands.pinnedRef) == id {
            isComplete = true
            return nil
        }
        if !isFresh { try makeRoom(commands, for: branch) }
        if let refused {
            if try run(commands.look(branch: branch)).output == refused.tips { throw refused.error }
            self.refused = nil
        }
        do {
            try fetchWithin(commands, directory, branch: branch)
        } catch let error as GitError where error.kind == .fetchTooLarge {
            refused = (try run(commands.look(branch: branch)).output, error)
            if isFresh { FileTree.remove(directory) }
            throw error
        }
        if isFresh {
            if anew { renewedAt = .now }
            if let code = mirror.install() {
                throw GitError(
                    .fetchFailed,
                    "the new mirror cannot be moved to \(mirror.path): \(SystemMessage.of(code))")
            }
        }
        if case .commit = settings.target { isComplete = true }
        return branch
    }

    /// Fetches within what is left of the bound; once that is met, what no ref leads to makes room for it.
    private func fetchWithin(_ commands: GitCommands, _ directory: String, branch: String?) throws {
        do {
            return try attempt(commands, directory, branch: branch)
        } catch let error as GitError where error.kind == .fetchTooLarge && directory == mirror.path {
            let before = Mirror.objectBytes(directory)
            if let kept, try !run(commands.keep(kept, in: directory)).isSuccess { throw error }
            guard try run(commands.collect(directory, isUrgent: true)).isSuccess,
                Mirror.objectBytes(directory) < before
            else { throw error }
        }
        try attempt(commands, directory, branch: branch)
    }

    private func attempt(_ commands: GitCommands, _ directory: String, branch: String?) throws {
        let used = Mirror.objectBytes(directory)
        let left = settings.bytesMax > used ? settings.bytesMax - used : 0
        let result = try run(commands.fetch(into: directory, branch: branch, bytesMax: left))
        if result.isSuccess { return }
        // Git says nothing of its child that was ended by the limit; what that has written does.
        guard result.end == .signaled(SIGXFSZ) || Mirror.holdsHalf(of: left, in: directory) else {
            throw failures.error(of: result)
        }
        // It must not take the room that it was refused.
        Mirror.sweep(directory)
        throw failures.tooLarge
    }

    /// The accepted commit may be held by nothing but a ref that goes: it stays until objects are collected,
    /// and then has a ref of its own.
    private func makeRoom(_ commands: GitCommands, for branch: String?) throws {
        let followed: String
        switch settings.target {
        case .head: followed = "refs/heads/\(branch ?? "main")"
        case .ref(let name): followed = RefName.full(name)
        // All of them are pruned to what the remote has; and a pinned commit has a ref of ours.
        case .tags, .commit: return
        }
        for ref in mirror.refsInTheWay(of: followed) {
            _ = try run(commands.forget(ref, in: mirror.path))
        }
    }

    /// A new copy begins empty: what an interrupted one left may be damaged too.
    private func begin(_ commands: GitCommands) throws {
        FileTree.remove(mirror.fresh)
        let result = try run(commands.initialize(mirror.fresh))
        guard result.isSuccess else { throw failures.error(of: result) }
    }

    /// The branch that the mirror's HEAD names; at first that is asked of the remote.
    private func followedBranch(
        _ commands: GitCommands, _ directory: String, isFresh: Bool
    ) throws -> String? {
        if mirror.exists, let kept = mirror.head(of: mirror.path) {
            if isFresh { _ = try run(commands.setHead(kept, in: directory)) }
            return kept
        }
        let result = try run(commands.findHead())
        guard result.isSuccess else { throw failures.error(of: result) }
        let prefix = "ref: refs/heads/"
        let line = result.output.split(separator: "\n").first { $0.hasPrefix(prefix) }
        guard let branch = line?.dropFirst(prefix.count).prefix(while: { $0 != "\t" }), !branch.isEmpty else {
            throw GitError(
                .empty, "\(settings.address.text) has no commit yet, or its HEAD names no branch",
                advice: "push to it, or name the branch with --ref")
        }
        _ = try run(commands.setHead(String(branch), in: directory))
        return String(branch)
    }

    /// Whether git finds something wrong in the mirror; it is not asked again right after it was renewed.
    private func isDamaged(_ commands: GitCommands) throws -> Bool {
        if let renewedAt, ContinuousClock.now - renewedAt < Self.renewalSpacing { return false }
        Mirror.sweep(mirror.path)
        let result = try run(commands.check(mirror.path))
        guard case .exited(let code) = result.end, code != 0 else { return false }
        return MirrorCheck.isDamage(result.output + "\n" + result.errors)
    }

    private func run(_ command: GuardedCommand) throws -> GuardedResult {
        guard let result = link.run(command, wake: wake, isStopped: isStopped) else { throw Stopped() }
        return result
    }
}
