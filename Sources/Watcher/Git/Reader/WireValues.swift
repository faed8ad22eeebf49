/// How each value travels. Writing and reading stand side by side so that they cannot drift apart.

extension WireWriter {
    mutating func put(_ error: GitError) {
        put(error.kind.rawValue)
        put(error.message)
        put(error.advice)
    }

    mutating func put(_ signature: Signature) {
        put(signature.name)
        put(signature.email)
        put(signature.time)
        put(signature.offsetMinutes)
    }

    mutating func put(_ commit: CommitInfo) {
        put(commit.id)
        put(commit.tree)
        put(UInt32(commit.parents.count))
        for parent in commit.parents { put(parent) }
        put(commit.author)
        put(commit.committer)
        put(commit.subject)
        put(commit.message)
    }

    mutating func put(_ description: RepositoryDescription) {
        put(description.kind.rawValue)
        put(description.gitDirectory)
        put(description.commonDirectory)
        put(description.workTree) { $0.put($1) }
        put(description.headBranch) { $0.put($1) }
        put(description.isEmpty)
        put(description.isShallow)
    }
}

extension WireReader {
    mutating func error() throws(WireError) -> GitError {
        let kind = GitError.Kind(rawValue: try text()) ?? .other
        return GitError(kind, try text(), advice: try text())
    }

    mutating func signature() throws(WireError) -> Signature {
        Signature(
            name: try text(), email: try text(), time: try number(Int64.self),
            offsetMinutes: try number(Int32.self))
    }

    mutating func commit() throws(WireError) -> CommitInfo {
        let id = try id()
        let tree = try self.id()
        var parents: [ObjectID] = []
        for _ in 0..<(try number(UInt32.self)) { parents.append(try self.id()) }
        return CommitInfo(
            id: id, tree: tree, parents: parents, author: try signature(), committer: try signature(),
            subject: try text(), message: try text())
    }

    mutating func description() throws(WireError) -> RepositoryDescription {
        guard let kind = RepositoryDescription.Kind(rawValue: try number(UInt8.self)) else {
            throw WireError()
        }
        return RepositoryDescription(
            kind: kind, gitDirectory: try text(), commonDirectory: try text(),
            workTree: try optional { (wire) throws(WireError) in try wire.text() },
            headBranch: try optional { (wire) throws(WireError) in try wire.text() },
            isEmpty: try flag(), isShallow: try flag())
    }

    mutating func entry() throws(WireError) -> TreeEntry {
        let head = try take(WireEntryHead.byteCount)
        guard let kind = TreeEntry.Kind(rawValue: head[WireEntryHead.kindOffset]) else { throw WireError() }
        let mode = UInt32(littleEndian: head.loadUnaligned(as: UInt32.self))
        let size = Int64(
            littleEndian: head.loadUnaligned(fromByteOffset: WireEntryHead.sizeOffset, as: Int64.self))
        let id = ObjectID(
            bytes: UnsafeRawBufferPointer(rebasing: head[WireEntryHead.idOffset..<WireEntryHead.byteCount]))
        let pathBytes = try raw()
        let path = String(validating: pathBytes, as: UTF8.self)
        let target = kind == .symbolicLink ? try text() : nil
        return TreeEntry(
            path: path ?? String(decoding: pathBytes, as: UTF8.self), id: id, kind: kind, mode: mode,
            size: size < 0 ? nil : Int(size), linkTarget: target, pathIsExact: path != nil)
    }
}

/// The fixed part of an entry; a flat layout, because a listing has tens of thousands of them.
enum WireEntryHead {
    static let kindOffset = 4
    static let sizeOffset = 5
    static let idOffset = 13
    static let byteCount = 33
}

extension WireWriter {
    /// An entry without its path and link target, which follow.
    mutating func putEntryHead(mode: UInt32, kind: TreeEntry.Kind, size: Int64, id: ObjectID) {
        put(mode)
        put(kind.rawValue)
        put(size)
        put(id)
    }
}
