/// One file of a tree.
package struct TreeEntry: Hashable, Sendable {
    /// Relative to the directory that was listed, with `/` between components. Bytes that are not UTF-8 are
    /// replaced.
    package let path: String
    package let id: ObjectID
    package let kind: Kind
    /// As git records it: 0o100644, 0o100755, 0o120000, 0o160000.
    package let mode: UInt32
    /// Bytes of the blob; nil unless sizes were asked for, and for submodules.
    package let size: Int?
    /// What a symbolic link points to, for symbolic links alone.
    package let linkTarget: String?
    /// False when the path's bytes were not UTF-8 and `path` is therefore not exact.
    package let pathIsExact: Bool

    package enum Kind: UInt8, Hashable, Sendable {
        case file, executable, symbolicLink, submodule
    }

    package init(
        path: String, id: ObjectID, kind: Kind, mode: UInt32, size: Int? = nil, linkTarget: String? = nil,
        pathIsExact: Bool = true
    ) {
        self.path = path
        self.id = id
        self.kind = kind
        self.mode = mode
        self.size = size
        self.linkTarget = linkTarget
        self.pathIsExact = pathIsExact
    }
}

/// What differs between two trees, below one directory.
package struct TreeChanges: Hashable, Sendable {
    /// New and changed files, as they are in the newer tree.
    package let changed: [TreeEntry]
    /// Paths that only the older tree has.
    package let removed: [String]
}

/// What was asked about one blob.
package enum Blob: Hashable, Sendable {
    case bytes([UInt8])
    /// Larger than the caller's maximum; not sent.
    case tooLarge(size: Int)
}
