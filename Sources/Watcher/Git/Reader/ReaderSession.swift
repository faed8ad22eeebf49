import Glibc

/// Answers requests about a repository. Holds what is worth keeping open from one request to the next.
final class ReaderSession {
    private var main: OpenRepository?
    /// The repository with the objects of the last work tree in memory.
    private var workTree: OpenRepository?

    func answer(_ addressed: AddressedRequest, to answer: ReaderAnswer) throws {
        do {
            try perform(addressed, to: answer)
        } catch let error as GitError where error.kind == .objectMissing {
            throw unreadable ?? error
        }
    }

    /// libgit2 calls missing what it may not look for.
    private var unreadable: GitError? {
        guard let objects = main.map({ $0.layout.commonDirectory + "/objects" }),
            access(objects, R_OK | X_OK) != 0, errno == EACCES
        else { return nil }
        return GitError(
            .unreadable, "\(objects) may not be read by user \(geteuid())",
            advice: "give that user the right to read the repository")
    }

    private func perform(_ addressed: AddressedRequest, to answer: ReaderAnswer) throws {
        let repository = try open(addressed)
        switch addressed.request {
        case .describe:
            let description = try RefReading(repository).description()
            try answer.record { $0.put(description) }
        case .tip(let ref):
            let commit = try RefReading(repository).tip(of: ref)
            try answer.record { $0.put(commit) }
        case .tags:
            for name in try repository.handle.tagNames() { try answer.record { $0.put(name) } }
        case .resolve(let expression):
            let commit = try RefReading(repository).resolve(expression)
            try answer.record { $0.put(commit) }
        case .commit(let id):
            let commit = try GitCommit(id, in: repository.handle).info
            try answer.record { $0.put(commit) }
        case .list(let tree, let path, let sizes):
            let holder = try holder(of: [tree])
            try TreeListing(holder, answer, sizes: sizes).list(tree, at: path)
        case .changes(let old, let new, let path):
            let holder = try holder(of: [old, new])
            try TreeComparison(holder, answer).compare(old, new, at: path)
        case .treeID(let id, let path):
            let tree = try holder(of: [id]).treeID(of: id, at: path)
            try answer.record { $0.put(tree) }
        case .blobs(let ids, let eachMax):
            // Without a work tree to look into, one reading serves all ids.
            let all = workTree == nil ? BlobReading(repository) : nil
            for id in ids {
                try (all ?? BlobReading(try holder(of: [id]))).send(id, max: eachMax, to: answer)
            }
        case .content(let id):
            try holder(of: [id]).objects.withBlob(id) { bytes throws(GitError) in
                Result { try answer.stream(bytes) }
            }.get()
        case .isAncestor(let ancestor, let descendant):
            let isAncestor = try History(repository).isAncestor(ancestor, of: descendant)
            try answer.record { $0.put(isAncestor) }
        case .mergeBase(let a, let b):
            let base = try History(repository).mergeBase(a, b)
            try answer.record { $0.put(base) { $0.put($1) } }
        case .commitObjects(let ids): try CommitReading(repository, answer).send(ids)
        case .history(let tip, let excluded):
            try CommitReading(repository, answer).sendHistory(of: tip, excluding: excluded)
        case .workTree:
            let tree = try readWorkTree(repository, addressed)
            try answer.record { $0.put(tree) }
        case .index(let file):
            let tree = try readIndex(file, repository, addressed)
            try answer.record { $0.put(tree) }
        }
    }

    private func open(_ addressed: AddressedRequest) throws(GitError) -> OpenRepository {
        let layout = try RepositoryLayout.locate(addressed.repository)
        let owner = addressed.owner
        try owner.check(layout)
        if let main, !addressed.fresh, main.isCurrent(layout) { return main }
        main = nil
        let opened = try OpenRepository(layout, owner: owner)
        main = opened
        return opened
    }

    /// The repository that has all of these: the one on disk, unless the last work tree made one of them.
    private func holder(of ids: [ObjectID]) throws(GitError) -> OpenRepository {
        guard let main else { throw GitError(.other, "no repository is open") }
        guard let workTree else { return main }
        return ids.allSatisfy({ main.objects.holds($0) }) ? main : workTree
    }

    private func readWorkTree(
        _ repository: OpenRepository, _ addressed: AddressedRequest
    ) throws(GitError) -> ObjectID {
        workTree = nil
        guard let path = repository.handle.workTree else {
            throw GitError(
                .bare, "\(addressed.repository) is bare: it has no files that could be committed",
                advice: "name a branch, tag or commit instead of worktree")
        }
        let opened = try OpenRepository(repository.layout, owner: addressed.owner, memory: true)
        let index = try GitIndex(of: opened.handle)
        try index.addAll(workTree: path)
        let tree = try index.writeTree(in: opened.handle)
        workTree = opened
        return tree
    }

    private func readIndex(
        _ file: String, _ repository: OpenRepository, _ addressed: AddressedRequest
    ) throws(GitError) -> ObjectID {
        workTree = nil
        let opened = try OpenRepository(repository.layout, owner: addressed.owner, memory: true)
        let index = file.isEmpty ? try GitIndex(of: opened.handle) : try GitIndex(file: file)
        let tree = try index.writeTree(in: opened.handle)
        workTree = opened
        return tree
    }
}

extension AddressedRequest {
    var owner: RepositoryOwner { RepositoryOwner(allowed: allowedOwner, allowedName: allowedOwnerName) }
}
