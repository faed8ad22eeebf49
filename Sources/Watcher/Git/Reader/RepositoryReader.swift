import Glibc

/// Reads a repository through a reader child: refs, commits, trees, blobs. Every call waits for the calls
/// before it, takes at most the deadline, and leaves the repository as it was.
///
/// Where a call takes a tree it takes the id of a commit or of a tree, and of what `worktree()` gave.
package final class RepositoryReader: Sendable {
    private let queue: ReaderQueue
    private let repository: String
    private let allowedOwner: String?

    /// - Parameters:
    ///   - allowedOwner: a user name or number that may own the repository, beside root and this user.
    ///   - silenceMax: how long the reader may say nothing before `onSilence` is told why that may be; nil
    ///     follows, once it has answered or was ended.
    package init(
        repository: String, allowedOwner: String? = nil, mode: ReaderMode = .child(),
        deadline: Duration = ReaderLimits.deadlineDefault, silenceMax: Duration = ReaderLimits.silenceMax,
        onSilence: @escaping @Sendable (GitError?) -> Void = { _ in }
    ) {
        self.repository = AbsolutePath.of(repository)
        self.allowedOwner = allowedOwner
        queue = ReaderQueue(
            mode: mode, deadline: deadline, silence: ReaderSilence(max: silenceMax, tell: onSilence))
    }

    deinit { queue.stop() }

    /// Ends the reader. Calls that wait, and later ones, throw `.stopped`.
    package func stop() { queue.stop() }

    /// What the repository is, and which branch HEAD names.
    package func describe() async throws(GitError) -> RepositoryDescription {
        try await ask(.describe) { reply in try reply.single { wire in try wire.description() } }
    }

    /// The commit that a branch name, a full ref (`refs/…`) or `HEAD` points to now.
    package func tip(of ref: String) async throws(GitError) -> CommitInfo {
        try await ask(.tip(ref: ref)) { reply in try reply.single { wire in try wire.commit() } }
    }

    /// The commit that any revision expression means: a branch, a tag, `HEAD~3`, an abbreviated id.
    package func revision(of expression: String) async throws(GitError) -> CommitInfo {
        try await ask(.resolve(expression: expression)) { reply in
            try reply.single { wire in try wire.commit() }
        }
    }

    package func commit(_ id: ObjectID) async throws(GitError) -> CommitInfo {
        try await ask(.commit(id)) { reply in try reply.single { wire in try wire.commit() } }
    }

    /// All files below `path` ("" or "/" is the root), sorted as git sorts them.
    /// - Parameter sizes: whether each blob's size is looked up too, which costs a read of each object's
    /// head.
    package func entries(
        at tree: ObjectID, path: String = "", sizes: Bool = false
    ) async throws(GitError) -> [TreeEntry] {
        try await ask(.list(tree: tree, path: path, sizes: sizes)) { reply in
            var entries: [TreeEntry] = []
            try reply.each { wire in entries.append(try wire.entry()) }
            return entries
        }
    }

    /// What changed below `path` from one tree to another; equal directories are not even opened.
    package func changedEntries(
        from old: ObjectID, to new: ObjectID, path: String = ""
    ) async throws(GitError) -> TreeChanges {
        try await ask(.changes(from: old, to: new, path: path)) { reply in
            var changed: [TreeEntry] = []
            var removed: [String] = []
            try reply.each { wire in
                if try wire.flag() {
                    changed.append(try wire.entry())
                } else {
                    removed.append(try wire.text())
                }
            }
            return TreeChanges(changed: changed, removed: removed)
        }
    }

    /// The id of the tree at `path`; a package's name.
    package func treeID(at tree: ObjectID, path: String) async throws(GitError) -> ObjectID {
        try await ask(.treeID(tree, path: path)) { reply in try reply.single { wire in try wire.id() } }
    }

    /// All files of a tree with their sizes, to be written to a disk. A path that is not UTF-8 is an error
    /// here.
    package func exportTree(_ tree: ObjectID) async throws(GitError) -> [TreeEntry] {
        let entries = try await entries(at: tree, sizes: true)
        if let odd = entries.first(where: { !$0.pathIsExact }) {
            throw GitError(
                .other, "the name of the file \(odd.path) in tree \(tree.short) is not UTF-8",
                advice: "rename the file")
        }
        return entries
    }

    /// The contents of blobs. Ids may repeat.
    /// - Parameter eachMax: larger blobs are reported, not sent; at most `ReaderLimits.blobBytesMax`.
    package func blobs(
        _ ids: [ObjectID], eachMax: Int = ReaderLimits.blobBytesMax
    ) async throws(GitError) -> [ObjectID: Blob] {
        var blobs: [ObjectID: Blob] = [:]
        var total = 0
        var rest = ids[...]
        while !rest.isEmpty {
            let batch = Array(rest.prefix(ReaderLimits.idsPerRequestMax))
            rest = rest.dropFirst(batch.count)
            let budget = ReaderLimits.blobsBytesMax - total
            let part = try await read(batch: batch, eachMax: eachMax, budget: budget)
            total += part.bytes
            if blobs.isEmpty { blobs = part.blobs } else { blobs.merge(part.blobs) { _, new in new } }
        }
        return blobs
    }

    private func read(
        batch: [ObjectID], eachMax: Int, budget: Int
    ) async throws(GitError) -> (blobs: [ObjectID: Blob], bytes: Int) {
        let request = ReaderRequest.blobs(batch, eachMax: min(eachMax, ReaderLimits.blobBytesMax))
        return try await ask(request) { reply in
            var blobs = [ObjectID: Blob](minimumCapacity: batch.count)
            var total = 0
            try reply.each { wire in
                let (id, blob) = try wire.blob()
                if case .bytes(let bytes) = blob { total += bytes.count }
                guard total <= budget else {
                    throw GitError(
                        .tooLarge, "the files of one read exceed \(ReaderLimits.blobsBytesMax) bytes")
                }
                blobs[id] = blob
            }
            return (blobs, total)
        }
    }

    /// Writes a blob to an open file, piece by piece; the deadline does not cover a descriptor that blocks.
    /// After an error the file holds a part of it.
    /// - Returns: the number of bytes.
    @discardableResult
    package func write(_ blob: ObjectID, to descriptor: Int32) async throws(GitError) -> Int {
        try await ask(.content(blob)) { reply in
            var count = 0
            try reply.eachFrame { bytes in
                if let code = DescriptorIO.writeAll(bytes, to: descriptor) {
                    throw GitError(
                        .unreadable, "blob \(blob) cannot be written out: \(SystemMessage.of(code))")
                }
                count += bytes.count
            }
            return count
        }
    }

    /// Whether `ancestor` is `descendant` or in its history.
    package func isAncestor(_ ancestor: ObjectID, of descendant: ObjectID) async throws(GitError) -> Bool {
        try await ask(.isAncestor(ancestor, of: descendant)) { reply in
            try reply.single { wire in try wire.flag() }
        }
    }

    /// The best common ancestor; nil when the histories have nothing in common.
    package func mergeBase(_ a: ObjectID, _ b: ObjectID) async throws(GitError) -> ObjectID? {
        try await ask(.mergeBase(a, b)) { reply in
            try reply.single { wire in try wire.optional { wire throws(WireError) in try wire.id() } }
        }
    }

    /// Commits as they are stored, byte for byte.
    package func commitObjects(_ ids: [ObjectID]) async throws(GitError) -> [(id: ObjectID, bytes: [UInt8])] {
        var commits: [(id: ObjectID, bytes: [UInt8])] = []
        commits.reserveCapacity(ids.count)
        var rest = ids[...]
        while !rest.isEmpty {
            let batch = Array(rest.prefix(ReaderLimits.commitsPerRequestMax))
            rest = rest.dropFirst(batch.count)
            commits += try await ask(.commitObjects(batch)) { reply in
                var part: [(id: ObjectID, bytes: [UInt8])] = []
                try reply.each { wire in part.append((try wire.id(), [UInt8](try wire.raw()))) }
                return part
            }
        }
        return commits
    }

    /// A commit and everything before it, over all parents, parents first; without what is reachable from
    /// the excluded ones.
    package func history(
        of tip: ObjectID, excluding excluded: [ObjectID]
    ) async throws(GitError) -> [ObjectID] {
        try await ask(.history(of: tip, excluding: excluded)) { reply in
            var ids: [ObjectID] = []
            try reply.each { wire in ids.append(try wire.id()) }
            return ids
        }
    }

    /// The tree that `git add -A && git commit` would make of the files as they stand. Nothing is written:
    /// the new objects live in the reader's memory, until the next call of this or until the reader is
    /// restarted.
    package func worktree() async throws(GitError) -> ObjectID {
        try await ask(.workTree) { reply in try reply.single { wire in try wire.id() } }
    }

    /// The tree that `git commit` would make of what is staged. Nothing is written, as with `worktree`.
    /// - Parameter index: the file of another index than the repository's own (`GIT_INDEX_FILE`); "" is that.
    package func staged(index: String = "") async throws(GitError) -> ObjectID {
        try await ask(.index(file: index)) { reply in try reply.single { wire in try wire.id() } }
    }

    private func ask<Value: Sendable>(
        _ request: ReaderRequest, _ read: @escaping @Sendable (ReaderReply) throws -> Value
    ) async throws(GitError) -> Value {
        try await result(of: try addressed(request), read).get()
    }

    private func result<Value: Sendable>(
        of request: AddressedRequest, _ read: @escaping @Sendable (ReaderReply) throws -> Value
    ) async -> Result<Value, GitError> {
        await withCheckedContinuation { continuation in
            queue.submit(request, read) { continuation.resume(returning: $0) }
        }
    }

    /// The same from a thread that may block; never called from async code.
    func askBlocking<Value: Sendable>(
        _ request: ReaderRequest, _ read: @escaping @Sendable (ReaderReply) throws -> Value
    ) throws(GitError) -> Value {
        let box = BlockingResult<Value>()
        queue.submit(try addressed(request), read) { box.set($0) }
        return try box.wait().get()
    }

    private func addressed(_ request: ReaderRequest) throws(GitError) -> AddressedRequest {
        AddressedRequest(
            repository: repository, allowedOwner: try allowedOwner.map(UserName.id(of:)),
            allowedOwnerName: allowedOwner ?? "", fresh: false, request: request)
    }
}
