import Agent
import Manifests
import Reconciler
import Watcher

/// Reads a revision of a repository for a command, through the same reader and the same passes as the agent.
struct RevisionLoader {
    private let repository: RepositoryReader
    private let source: SourceAdapter

    /// The files as they stand: what `git add -A && git commit` would commit.
    static let worktree = "worktree"

    init(repository path: String, owner: String? = nil, sourcePath: String) {
        repository = RepositoryReader(repository: path, allowedOwner: owner)
        source = SourceAdapter(reader: repository, path: sourcePath)
    }

    func stop() { repository.stop() }

    func describe() async throws -> RepositoryDescription {
        do throws(GitError) {
            return try await repository.describe()
        } catch {
            throw CommandFailure(message: error.message, remedy: error.advice)
        }
    }

    /// - Throws: `CommandFailure` when it cannot be read; `InvalidRevision` when it is invalid.
    func load(_ expression: String, into resolver: inout Resolver, node: Node) async throws -> Desired {
        let side = try await side(expression)
        return resolver.resolve(side.snapshot, revision: side.revision, node: node)
    }

    /// A revision and what it declares. Throws as `load` does.
    func side(_ expression: String) async throws -> Review.Side {
        let revision = try await revision(expression)
        let reading = await RevisionReader(source: source).read(revision)
        switch reading.result {
        case .rewound(let rewind):
            throw CommandFailure(message: "\(expression): \(rewind.range) would lose the accepted revision")
        case .failed(let failure):
            throw CommandFailure(message: "\(expression): \(failure.message)", remedy: failure.advice)
        case .invalid(let rendered):
            throw InvalidRevision(
                expression: expression, revision: revision, diagnostics: reading.diagnostics,
                rendered: rendered)
        case .valid(let snapshot, _):
            return Review.Side(revision: revision, snapshot: snapshot)
        }
    }

    /// The commit at which the history of one left that of the other.
    func mergeBase(_ old: String, _ new: String) async throws -> String {
        let new = new == Self.worktree ? "HEAD" : new
        do throws(GitError) {
            let ids = (try await repository.revision(of: old).id, try await repository.revision(of: new).id)
            if let base = try await repository.mergeBase(ids.0, ids.1) { return base.description }
        } catch {
            throw CommandFailure(message: "\(old), \(new): \(error.message)", remedy: error.advice)
        }
        throw CommandFailure(
            message: "\(old) and \(new) have no commit in common",
            remedy: "fetch more of the history (a shallow clone may end before it)")
    }

    private func revision(_ expression: String) async throws -> Revision {
        do throws(GitError) {
            if expression == Self.worktree {
                let tree = try await repository.worktree()
                return Revision(
                    id: RevisionID(hex: tree.description), ref: Self.worktree, authorName: "you",
                    authorEmail: "not committed", subject: "the files as they stand",
                    committed: SystemClock().now().wall)
            }
            return Revision(try await repository.revision(of: expression), ref: expression)
        } catch {
            throw CommandFailure(message: "\(expression): \(error.message)", remedy: error.advice)
        }
    }
}
