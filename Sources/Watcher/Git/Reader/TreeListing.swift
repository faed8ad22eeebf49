/// Lists all files below a directory.
struct TreeListing {
    private let repository: OpenRepository
    private let answer: ReaderAnswer
    private let sizes: Bool

    init(_ repository: OpenRepository, _ answer: ReaderAnswer, sizes: Bool) {
        self.repository = repository
        self.answer = answer
        self.sizes = sizes
    }

    func list(_ tree: ObjectID, at path: String) throws {
        let root = try repository.treeID(of: tree, at: path)
        var walk = TreePath()
        try list(root, &walk)
    }

    /// Everything in one tree, its path being `walk`.
    func list(_ id: ObjectID, _ walk: inout TreePath) throws {
        let tree = try GitTree(id, in: repository.handle, path: walk.description)
        for index in 0..<tree.count {
            guard let entry = tree.entry(index) else { continue }
            try walk.enter(entry.name)
            if entry.isTree {
                try list(entry.id, &walk)
            } else {
                try send(entry, walk)
            }
            walk.leave()
        }
    }

    /// One entry that is no directory.
    func send(_ entry: GitTree.RawEntry, _ walk: TreePath, marked mark: Bool = false) throws {
        guard let kind = entry.kind else { return }
        let id = entry.id
        let hasBlob = kind != .submodule
        let size = sizes && hasBlob ? try repository.objects.blobSize(id, path: walk.description) : -1
        let target = kind == .symbolicLink ? try linkTarget(id, walk) : nil
        try answer.record(extraBytes: walk.bytes.count) { wire in
            if mark { wire.put(true) }
            wire.putEntryHead(mode: entry.mode, kind: kind, size: Int64(size), id: id)
            walk.bytes.withUnsafeBytes { wire.put(raw: $0) }
            if let target { wire.put(target) }
        }
    }

    private func linkTarget(_ id: ObjectID, _ walk: TreePath) throws(GitError) -> String {
        try repository.objects.withBlob(id, path: walk.description) { bytes throws(GitError) in
            guard bytes.count <= ReaderLimits.pathBytesMax else {
                throw GitError(
                    .tooLarge, "the target of the symbolic link \(walk) is longer than a path may be")
            }
            return String(decoding: bytes, as: UTF8.self)
        }
    }
}

/// The path of a walk through trees, and how many entries it has seen.
struct TreePath: CustomStringConvertible {
    private(set) var bytes: [UInt8] = []
    private var lengths: [Int] = []
    private var seen = 0

    /// Adds a component. A tree may name one tree many times over, so entries are counted where they are met.
    mutating func enter(_ name: UnsafeRawBufferPointer) throws(GitError) {
        seen += 1
        guard seen <= ReaderLimits.entriesMax else {
            throw GitError(
                .tooLarge, "the tree has more than \(ReaderLimits.entriesMax) entries",
                advice: "push a commit with fewer files below source.path, or set source.path to less")
        }
        lengths.append(bytes.count)
        if !bytes.isEmpty { bytes.append(UInt8(ascii: "/")) }
        bytes.append(contentsOf: name)
        guard bytes.count <= ReaderLimits.pathBytesMax else {
            throw GitError(.tooLarge, "a path in the tree is longer than \(ReaderLimits.pathBytesMax) bytes")
        }
    }

    mutating func leave() {
        if let length = lengths.popLast() { bytes.removeSubrange(length...) }
    }

    var description: String { String(decoding: bytes, as: UTF8.self) }
}

extension OpenRepository {
    /// The tree at a path of a commit or tree.
    func treeID(of id: ObjectID, at path: String) throws(GitError) -> ObjectID {
        var current = try GitObject(id, in: handle).treeID()
        var walked = ""
        for name in AbsolutePath.components(path) {
            let tree = try GitTree(current, in: handle, path: walked)
            walked += walked.isEmpty ? String(name) : "/\(name)"
            guard let entry = tree.entry(named: name) else {
                throw GitError(
                    .sourcePathMissing, "\(walked) does not exist at \(id.short)",
                    advice: "correct the path, or commit the directory")
            }
            guard entry.isTree else {
                throw GitError(.sourcePathMissing, "\(walked) is not a directory at \(id.short)")
            }
            current = entry.id
        }
        return current
    }
}
