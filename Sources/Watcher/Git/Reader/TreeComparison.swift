/// Finds what differs between two trees. Directories with one id are equal, whatever is in them.
struct TreeComparison {
    private let repository: OpenRepository
    private let answer: ReaderAnswer
    private let listing: TreeListing

    init(_ repository: OpenRepository, _ answer: ReaderAnswer) {
        self.repository = repository
        self.answer = answer
        listing = TreeListing(repository, answer, sizes: false)
    }

    func compare(_ old: ObjectID, _ new: ObjectID, at path: String) throws {
        let oldRoot = try repository.treeID(of: old, at: path)
        let newRoot = try repository.treeID(of: new, at: path)
        var walk = TreePath()
        if oldRoot != newRoot { try compare(oldRoot, newRoot, &walk) }
    }

    /// Walks two directories in step; both are in git's order.
    private func compare(_ oldID: ObjectID, _ newID: ObjectID, _ walk: inout TreePath) throws {
        let old = try GitTree(oldID, in: repository.handle, path: walk.description)
        let new = try GitTree(newID, in: repository.handle, path: walk.description)
        var (oldIndex, newIndex) = (0, 0)
        while true {
            let (left, right) = (old.entry(oldIndex), new.entry(newIndex))
            let order: Int32
            switch (left, right) {
            case (nil, nil): return
            case (nil, _): order = 1
            case (_, nil): order = -1
            case (let left?, let right?): order = left.order(right)
            }
            if let left, order < 0 {
                oldIndex += 1
                try removed(left, &walk)
            } else if let right, order > 0 {
                newIndex += 1
                try added(right, &walk)
            } else if let left, let right {
                oldIndex += 1
                newIndex += 1
                try both(left, right, &walk)
            }
        }
    }

    private func both(
        _ left: GitTree.RawEntry, _ right: GitTree.RawEntry, _ walk: inout TreePath
    ) throws {
        guard left.id != right.id || left.mode != right.mode else { return }
        try walk.enter(right.name)
        defer { walk.leave() }
        if right.isTree {
            try compare(left.id, right.id, &walk)
        } else {
            try listing.send(right, walk, marked: true)
        }
    }

    private func added(_ entry: GitTree.RawEntry, _ walk: inout TreePath) throws {
        try eachFile(of: entry, &walk) { file, walk in try listing.send(file, walk, marked: true) }
    }

    private func removed(_ entry: GitTree.RawEntry, _ walk: inout TreePath) throws {
        try eachFile(of: entry, &walk) { _, walk in
            try answer.record(extraBytes: walk.bytes.count) { wire in
                wire.put(false)
                walk.bytes.withUnsafeBytes { wire.put(raw: $0) }
            }
        }
    }

    /// Calls `body` for an entry that is a file, or for every file below one that is a directory.
    private func eachFile(
        of entry: GitTree.RawEntry, _ walk: inout TreePath,
        _ body: (GitTree.RawEntry, TreePath) throws -> Void
    ) throws {
        try walk.enter(entry.name)
        defer { walk.leave() }
        guard entry.isTree else { return try body(entry, walk) }
        let tree = try GitTree(entry.id, in: repository.handle, path: walk.description)
        for index in 0..<tree.count {
            guard let child = tree.entry(index) else { continue }
            try eachFile(of: child, &walk, body)
        }
    }
}
