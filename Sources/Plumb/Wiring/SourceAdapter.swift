import Agent
import Manifests
import Reconciler
import Supervisor
import Watcher

/// Joins the git reader to the loop, which knows nothing of git, and to the package store.
struct SourceAdapter: SourcePort, PackageSource {
    let reader: RepositoryReader
    /// Below which directory of the repository declarations stand; "" is all of it.
    let path: String
    /// Whoever tells of revisions; nil in a command that reads once.
    private let watcher: RepositoryWatcher?
    /// Whoever keeps the mirror, where the repository is elsewhere.
    private let follower: RemoteFollower?

    init(
        reader: RepositoryReader, watcher: RepositoryWatcher? = nil, follower: RemoteFollower? = nil,
        path: String
    ) {
        self.reader = reader
        self.watcher = watcher
        self.follower = follower
        self.path = path.split(separator: "/").joined(separator: "/")
    }

    func listing(of revision: RevisionID) async throws(SourceFailure) -> SourceListing {
        do throws(GitError) {
            return SourceListing(
                entries: try await reader.entries(at: object(revision.hex), path: path).map(\.source))
        } catch {
            throw SourceFailure(error)
        }
    }

    func changes(
        from old: RevisionID, to new: RevisionID
    ) async throws(SourceFailure) -> SourceChanges {
        do throws(GitError) {
            let found = try await reader.changedEntries(
                from: object(old.hex), to: object(new.hex), path: path)
            guard found.changed.allSatisfy(\.pathIsExact) else {
                // Two names that are not UTF-8 may read the same.
                throw GitError(.other, "what changed has a name that is not UTF-8")
            }
            return SourceChanges(changed: found.changed.map(\.source), removed: found.removed)
        } catch {
            throw SourceFailure(error)
        }
    }

    func tree(of revision: RevisionID, path directory: String) async throws(SourceFailure) -> String {
        do throws(GitError) {
            let whole = [path, directory].filter { !$0.isEmpty }.joined(separator: "/")
            return try await reader.treeID(at: object(revision.hex), path: whole).description
        } catch {
            throw SourceFailure(error)
        }
    }

    func blobs(_ ids: [String]) async throws(SourceFailure) -> [String: [UInt8]] {
        do throws(GitError) {
            var wanted: [ObjectID] = []
            for id in ids { wanted.append(try object(id)) }
            var found: [String: [UInt8]] = [:]
            for (id, blob) in try await reader.blobs(wanted) {
                switch blob {
                case .bytes(let bytes): found[id.description] = bytes
                case .tooLarge(let size):
                    throw GitError(
                        .tooLarge, "the file with blob \(id.short) has \(size) bytes, more than is read",
                        advice: "leave it out by .plumbignore, or make it smaller")
                }
            }
            return found
        } catch {
            throw SourceFailure(error)
        }
    }

    func pointers(among ids: [String]) async throws(SourceFailure) -> Set<String> {
        do throws(GitError) {
            var wanted: [ObjectID] = []
            for id in ids { wanted.append(try object(id)) }
            let blobs = try await reader.blobs(wanted, eachMax: GitLFS.pointerBytes.upperBound)
            var found: Set<String> = []
            for case (let id, .bytes(let bytes)) in blobs where GitLFS.isPointer(bytes) {
                found.insert(id.description)
            }
            return found
        } catch {
            throw SourceFailure(error)
        }
    }

    func ancestry(
        of accepted: RevisionID, in candidate: RevisionID
    ) async throws(SourceFailure) -> Ancestry {
        do throws(GitError) {
            let old = try object(accepted.hex)
            do throws(GitError) {
                _ = try await reader.commit(old)
            } catch  where error.kind == .objectMissing {
                return .gone
            }
            return try await reader.isAncestor(old, of: object(candidate.hex)) ? .ancestor : .unrelated
        } catch {
            throw SourceFailure(error)
        }
    }

    func approvals(
        after held: RevisionID, upTo revision: Revision
    ) async throws(SourceFailure) -> [Revision] {
        do throws(GitError) {
            let (old, tip) = (try object(held.hex), try object(revision.id.hex))
            let ids = try await reader.history(of: tip, excluding: [old]).suffix(Self.commitsLookedAtMax)
            var found: [Revision] = []
            for (id, bytes) in try await reader.commitObjects(ids.filter { $0 != tip }) {
                let head = bytes.firstRange(of: [UInt8(ascii: "\n"), UInt8(ascii: "\n")])
                let message = String(decoding: bytes[(head?.upperBound ?? bytes.endIndex)...], as: UTF8.self)
                guard !Revision.approvals(in: message).isEmpty, try await reader.isAncestor(old, of: id)
                else { continue }
                found.append(Revision(try await reader.commit(id), ref: revision.ref))
            }
            return found.suffix(Self.approvalsMax)
        } catch {
            throw SourceFailure(error)
        }
    }

    func commits(
        after old: RevisionID, upTo new: RevisionID
    ) async throws(SourceFailure) -> [RevisionID] {
        do throws(GitError) {
            let (first, last) = (try object(old.hex), try object(new.hex))
            return try await reader.history(of: last, excluding: [first]).filter { $0 != last }
                .suffix(Self.commitsLookedAtMax).map { RevisionID(hex: $0.description) }
        } catch {
            throw SourceFailure(error)
        }
    }

    /// Between two revisions, for who approves and who may not.
    private static let commitsLookedAtMax = 500
    private static let approvalsMax = 32

    func couldNotRead(_ revision: RevisionID, because failure: SourceFailure) {
        guard let watcher, let commit = ObjectID(revision.hex) else { return }
        watcher.readFailed(GitError(.other, failure.message, advice: failure.advice), at: commit)
        if GitError.Kind.damage.contains(where: { $0.code == failure.code }) { follower?.suspect() }
    }

    func accepted(_ revision: RevisionID) {
        if let commit = ObjectID(revision.hex) { follower?.keep(commit) }
    }

    private func object(_ hex: String) throws(GitError) -> ObjectID {
        guard let id = ObjectID(hex) else { throw GitError(.other, "\(hex) is not the id of an object") }
        return id
    }
}

extension SourceAdapter {
    func entries(tree: String) async throws -> [PackageEntry] {
        try await reader.exportTree(object(tree)).map(PackageEntry.init(git:))
    }

    func blob(_ id: String) async throws -> [UInt8] {
        guard let bytes = try await blobs([id])[id] else {
            throw GitError(.objectMissing, "blob \(id) is missing in the repository")
        }
        return bytes
    }
}

extension SourceAdapter {
    func write(blob id: String, to descriptor: Int32) async throws {
        try await reader.write(object(id), to: descriptor)
    }
}

extension PackageEntry {
    fileprivate init(git entry: TreeEntry) {
        let kind: Kind =
            switch entry.kind {
            case .file: .file
            case .executable: .executable
            case .symbolicLink: .symbolicLink
            case .submodule: .submodule
            }
        self.init(path: entry.path, kind: kind, id: entry.id.description)
    }
}

extension SourceFailure {
    init(_ error: GitError) {
        self.init(
            code: error.kind.code, message: error.message,
            advice: error.advice.isEmpty ? "it is tried again by itself" : error.advice)
    }
}

extension GitError.Kind {
    /// What a mirror that is damaged looks like to whoever reads it.
    static let damage: Set<GitError.Kind> = [
        .objectMissing, .objectCorrupt, .readerTimedOut, .notARepository,
    ]

    /// As conditions name it.
    var code: String { rawValue.prefix(1).uppercased() + rawValue.dropFirst() }
}

extension GitError {
    var mayBeDamage: Bool { Kind.damage.contains(kind) }
}

extension TreeEntry {
    var source: SourceListing.Entry {
        let kind: SourceListing.Entry.Kind =
            switch self.kind {
            case .file: .file
            case .executable: .executable
            case .symbolicLink: .symbolicLink(target: linkTarget ?? "")
            case .submodule: .submodule
            }
        return SourceListing.Entry(path: path, kind: kind, id: id.description, size: size ?? 0)
    }
}

extension Revision {
    /// A commit as the rest of Plumb speaks of it.
    init(_ commit: CommitInfo, ref: String) {
        self.init(
            id: RevisionID(hex: commit.id.description), ref: ref, authorName: commit.author.name,
            authorEmail: commit.author.email, subject: commit.subject,
            committed: WallTime(claimedSeconds: commit.committer.time))
        let named = Revision.approvals(in: commit.message)
        approves = named.isEmpty ? nil : named
    }
}
