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

    /// - Throws: `CommandFailure` when it cannot be read; `ExitStatus.invalid`, after printing why, when it
    /// is invalid.
    func load(_ expression: String, into resolver: inout Resolver, node: Node) async throws -> Desired {
        let revision = try await revision(expression)
        let reading = await RevisionReader(source: source).read(revision)
        switch reading.result {
        case .rewound(let rewind):
            throw CommandFailure(message: "\(expression): \(rewind.range) would lose the accepted revision")
        case .failed(let failure):
            throw CommandFailure(message: "\(expression): \(failure.message)", remedy: failure.advice)
        case .invalid(let diagnostics):
            for text in diagnostics { Output.error(text + "\n") }
            Output.error(
                "plumb: \(expression) (\(revision.id)) is invalid: "
                    + (diagnostics.count == 1 ? "1 error" : "\(diagnostics.count) errors")
                    + ", nothing would change"
            )
            throw ExitStatus.invalid
        case .valid(let snapshot, _):
            return resolver.resolve(snapshot, revision: revision, node: node)
        }
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
