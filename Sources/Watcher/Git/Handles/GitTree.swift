import CLibGit2
import Glibc

/// A directory at a revision, loaded.
struct GitTree: ~Copyable {
    private let raw: OpaquePointer

    /// - Parameter path: where it is, for messages.
    init(
        _ id: ObjectID, in repository: borrowing GitRepository, path: @autoclosure () -> String
    ) throws(GitError) {
        var found: OpaquePointer?
        var oid = git_oid(id)
        try LibGit.check(git_tree_lookup(&found, repository.raw, &oid), reading: "tree", id, path: path())
        raw = try found.orFailure("git_tree_lookup")
    }

    deinit { git_tree_free(raw) }

    var count: Int { git_tree_entrycount(raw) }

    /// The entry at an index below `count`. It lives as long as the tree.
    func entry(_ index: Int) -> RawEntry? {
        git_tree_entry_byindex(raw, index).map(RawEntry.init)
    }

    /// The entry of one name; nil when the tree, which was read whole, has none.
    func entry(named name: Substring) -> RawEntry? {
        git_tree_entry_byname(raw, String(name)).map(RawEntry.init)
    }

    /// An entry inside a tree that is being held.
    struct RawEntry {
        fileprivate let raw: OpaquePointer

        var id: ObjectID {
            // Every entry has an id; the pointer leads into the tree.
            git_tree_entry_id(raw).map { ObjectID($0.pointee) } ?? .zero
        }

        var mode: UInt32 { UInt32(git_tree_entry_filemode_raw(raw).rawValue) }

        var isTree: Bool { mode & S_IFMT == S_IFDIR }

        /// Nil for a directory.
        var kind: TreeEntry.Kind? {
            switch mode & S_IFMT {
            case S_IFDIR: nil
            case S_IFLNK: .symbolicLink
            case 0o160000: .submodule
            default: mode & 0o100 != 0 ? .executable : .file
            }
        }

        var name: UnsafeRawBufferPointer {
            let pointer = git_tree_entry_name(raw)
            return UnsafeRawBufferPointer(start: pointer, count: pointer.map(strlen) ?? 0)
        }

        /// git's order of entries, in which a directory and a file of one name are different.
        func order(_ other: RawEntry) -> Int32 { git_tree_entry_cmp(raw, other.raw) }
    }
}
