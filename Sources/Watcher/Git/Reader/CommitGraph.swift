/// Which commits lead to which, read from the commits alone. Slower than libgit2, and taken where that gives
/// up: a commit that git would not make (no address of an author, say) still names its parents, and must not
/// stand for ever in the way of those that come after it.
struct CommitGraph {
    private let repository: OpenRepository

    init(_ repository: OpenRepository) { self.repository = repository }

    func reaches(_ ancestor: ObjectID, from descendant: ObjectID) throws(GitError) -> Bool {
        var seen: Set<ObjectID> = [descendant]
        var pending = [descendant]
        while let id = pending.popLast() {
            if id == ancestor { return true }
            for parent in try parents(of: id) where seen.insert(parent).inserted { pending.append(parent) }
            try check(seen, descendant)
        }
        return false
    }

    /// A commit and everything before it, parents first; without what is reachable from the excluded ones.
    func history(of tip: ObjectID, excluding excluded: [ObjectID]) throws(GitError) -> [ObjectID] {
        var seen = Set(excluded)
        var pending = excluded
        while let id = pending.popLast() {
            for parent in try parents(of: id) where seen.insert(parent).inserted { pending.append(parent) }
            try check(seen, tip)
        }
        var history: [ObjectID] = []
        var path: [(id: ObjectID, isDone: Bool)] = [(tip, false)]
        while let (id, isDone) = path.popLast() {
            if isDone {
                history.append(id)
                continue
            }
            guard seen.insert(id).inserted else { continue }
            try check(seen, tip)
            path.append((id, true))
            for parent in try parents(of: id) where !seen.contains(parent) { path.append((parent, false)) }
        }
        return history
    }

    private func check(_ seen: Set<ObjectID>, _ tip: ObjectID) throws(GitError) {
        guard seen.count <= ReaderLimits.historyMax else {
            throw GitError(.tooLarge, "more than \(ReaderLimits.historyMax) commits lead to \(tip.short)")
        }
    }

    private func parents(of id: ObjectID) throws(GitError) -> [ObjectID] {
        try repository.objects.withCommit(id) { bytes throws(GitError) in Self.parents(in: bytes) }
    }

    /// The lines `parent …` right after the first one, which names the tree.
    static func parents(in bytes: UnsafeRawBufferPointer) -> [ObjectID] {
        var found: [ObjectID] = []
        var rest = bytes[...]
        rest = rest.dropFirst((rest.firstIndex(of: newline) ?? rest.endIndex) - rest.startIndex + 1)
        while rest.starts(with: parentWord) {
            let line = rest.dropFirst(parentWord.count).prefix { $0 != newline }
            guard let id = ObjectID(String(decoding: line, as: UTF8.self)) else { break }
            found.append(id)
            rest = rest.dropFirst(parentWord.count + line.count + 1)
        }
        return found
    }

    private static let newline = UInt8(ascii: "\n")
    private static let parentWord = Array("parent ".utf8)
}
