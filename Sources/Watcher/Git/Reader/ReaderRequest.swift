/// Everything that the reader can be asked. Trees may be named by a commit's id or by their own.
enum ReaderRequest: Sendable {
    case describe
    /// The commit that a branch name, a full ref or `HEAD` points to.
    case tip(ref: String)
    /// The commit that any revision expression means.
    case resolve(expression: String)
    case commit(ObjectID)
    case list(tree: ObjectID, path: String, sizes: Bool)
    case changes(from: ObjectID, to: ObjectID, path: String)
    case treeID(ObjectID, path: String)
    case blobs([ObjectID], eachMax: Int)
    /// One blob as a plain stream of bytes.
    case content(ObjectID)
    case isAncestor(ObjectID, of: ObjectID)
    case mergeBase(ObjectID, ObjectID)
    /// The tree that committing the work tree as it stands would make.
    case workTree
    /// The tree that committing the index would make; "" is the repository's own, else the file of another.
    case index(file: String)
    /// Commits as they are stored, byte for byte.
    case commitObjects([ObjectID])
    /// The ids of a commit and of everything before it, over all parents, parents first; without what is
    /// reachable from the excluded ones.
    case history(of: ObjectID, excluding: [ObjectID])
    /// The names of all tags.
    case tags
}

/// A request with the repository that it is about; the reader keeps nothing between requests but open
/// handles.
struct AddressedRequest: Sendable {
    var repository: String
    /// A user id that may own the repository, beside root and the reader's own.
    var allowedOwner: UInt32?
    /// The same as a name, for messages.
    var allowedOwnerName: String
    /// True when the repository must be opened anew, because something in it did not fit.
    var fresh: Bool
    var request: ReaderRequest
}

extension WireWriter {
    mutating func put(_ addressed: AddressedRequest) {
        put(addressed.repository)
        put(addressed.allowedOwner) { $0.put($1) }
        put(addressed.allowedOwnerName)
        put(addressed.fresh)
        put(addressed.request)
    }

    private mutating func put(_ request: ReaderRequest) {
        switch request {
        case .describe: put(UInt8(1))
        case .tip(let ref):
            put(UInt8(2))
            put(ref)
        case .resolve(let expression):
            put(UInt8(3))
            put(expression)
        case .commit(let id):
            put(UInt8(4))
            put(id)
        case .list(let tree, let path, let sizes):
            put(UInt8(5))
            put(tree)
            put(path)
            put(sizes)
        case .changes(let from, let to, let path):
            put(UInt8(6))
            put(from)
            put(to)
            put(path)
        case .treeID(let id, let path):
            put(UInt8(7))
            put(id)
            put(path)
        case .blobs(let ids, let eachMax):
            put(UInt8(8))
            put(UInt64(eachMax))
            put(UInt32(ids.count))
            for id in ids { put(id) }
        case .content(let id):
            put(UInt8(9))
            put(id)
        case .isAncestor(let ancestor, let descendant):
            put(UInt8(10))
            put(ancestor)
            put(descendant)
        case .mergeBase(let a, let b):
            put(UInt8(11))
            put(a)
            put(b)
        case .workTree: put(UInt8(12))
        case .index(let file):
            put(UInt8(13))
            put(file)
        case .tags: put(UInt8(14))
        case .commitObjects(let ids):
            put(UInt8(20))
            put(ids)
        case .history(let tip, let excluded):
            put(UInt8(21))
            put(tip)
            put(excluded)
        }
    }

    private mutating func put(_ ids: [ObjectID]) {
        put(UInt32(ids.count))
        for id in ids { put(id) }
    }
}

extension WireReader {
    mutating func addressedRequest() throws(WireError) -> AddressedRequest {
        AddressedRequest(
            repository: try text(),
            allowedOwner: try optional { (wire) throws(WireError) in try wire.number(UInt32.self) },
            allowedOwnerName: try text(), fresh: try flag(), request: try request())
    }

    private mutating func request() throws(WireError) -> ReaderRequest {
        switch try number(UInt8.self) {
        case 1: return .describe
        case 2: return .tip(ref: try text())
        case 3: return .resolve(expression: try text())
        case 4: return .commit(try id())
        case 5: return .list(tree: try id(), path: try text(), sizes: try flag())
        case 6: return .changes(from: try id(), to: try id(), path: try text())
        case 7: return .treeID(try id(), path: try text())
        case 8:
            let eachMax = Int(clamping: try number(UInt64.self))
            var ids: [ObjectID] = []
            for _ in 0..<(try number(UInt32.self)) { ids.append(try id()) }
            return .blobs(ids, eachMax: eachMax)
        case 9: return .content(try id())
        case 10: return .isAncestor(try id(), of: try id())
        case 11: return .mergeBase(try id(), try id())
        case 12: return .workTree
        case 13: return .index(file: try text())
        case 14: return .tags
        case 20: return .commitObjects(try ids())
        case 21: return .history(of: try id(), excluding: try ids())
        default: throw WireError()
        }
    }

    private mutating func ids() throws(WireError) -> [ObjectID] {
        var ids: [ObjectID] = []
        for _ in 0..<(try number(UInt32.self)) { ids.append(try id()) }
        return ids
    }
}
