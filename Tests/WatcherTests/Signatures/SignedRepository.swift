import Glibc
import Synchronization
import TestKit
import Testing
import Watcher

/// A repository whose commits are signed by git itself, and the keys files that judge them.
final class SignedRepository {
    let repository: TemporaryRepository
    let keys: SigningKeys
    let ann: String
    let bob: String
    var settings: TrustSettings
    /// The most that a verifier has remembered.
    let frontiers = FrontierLog()

    init(require: TrustSettings.Requirement = .head) throws {
        repository = try TemporaryRepository()
        keys = try SigningKeys()
        ann = try keys.make("ann")
        bob = try keys.make("bob")
        settings = TrustSettings(
            require: require, keys: [try keys.write("allowed", "ann@example.org \(ann)\n")],
            repositories: [repository.path], directory: keys.path("state"))
    }

    func allow(_ text: String) throws { try keys.write("allowed", text) }

    /// Commits with a signature by this key; nil: without one.
    @discardableResult
    func commit(_ message: String, by key: String? = "ann", date: Int = 1_780_272_000) throws -> String {
        guard let key else { return try repository.commit(message, date: date) }
        let when = ["GIT_AUTHOR_DATE": "\(date) +0000", "GIT_COMMITTER_DATE": "\(date) +0000"]
        try repository.git(
            "-c", "gpg.format=ssh", "-c", "user.signingKey=\(keys.path(key))", "commit", "-q", "-S",
            "--allow-empty", "-m", message, environment: when)
        return try repository.head()
    }

    /// A commit's bytes as text.
    func raw(_ id: String) throws -> String { try repository.git("cat-file", "commit", id) + "\n" }

    /// Stores bytes as a commit.
    func store(_ raw: String) throws -> String {
        try repository.git(["hash-object", "-t", "commit", "-w", "--stdin", "--literally"], input: raw)
    }

    /// Whether git believes it, with the same keys.
    func git(_ id: String, revoked: String? = nil) -> Bool {
        let more = revoked.map { ["-c", "gpg.ssh.revocationFile=\($0)"] } ?? []
        let command = ["-c", "gpg.ssh.allowedSignersFile=\(keys.path("allowed"))"] + more
        return (try? repository.git(command + ["verify-commit", id], input: "")) != nil
    }

    func verifier(_ frontier: TrustFrontier? = nil) -> CommitVerifier {
        let log = frontiers
        return CommitVerifier(
            settings: settings, reader: ReaderUnderTest.of(repository), frontier: frontier
        ) { log.add($0) }
    }

    /// `trusted`, or the word for why not.
    func verdict(_ id: String, _ verifier: CommitVerifier? = nil) async throws -> String {
        Self.word(await (verifier ?? self.verifier()).judge(try #require(ObjectID(id))))
    }

    static func word(_ verdict: CommitVerifier.Verdict) -> String {
        switch verdict {
        case .trusted: "trusted"
        case .untrusted(let found): found.reason.kind.rawValue
        case .undecided(let failure): "undecided: \(failure.code)"
        case .unreadable(let error): "unreadable: \(error.kind)"
        }
    }
}

final class FrontierLog: Sendable {
    private let frontiers = Mutex<[TrustFrontier]>([])
    func add(_ frontier: TrustFrontier) { frontiers.withLock { $0.append(frontier) } }
    var last: TrustFrontier? { frontiers.withLock { $0.last } }
}
