import CLibGit2
import Glibc

/// A commit, loaded.
struct GitCommit: ~Copyable {
    private let raw: OpaquePointer

    init(_ id: ObjectID, in repository: borrowing GitRepository) throws(GitError) {
        var found: OpaquePointer?
        var oid = git_oid(id)
        try LibGit.check(git_commit_lookup(&found, repository.raw, &oid), reading: "commit", id)
        raw = try found.orFailure("git_commit_lookup")
    }

    deinit { git_commit_free(raw) }

    var info: CommitInfo {
        CommitInfo(
            id: ObjectID(git_commit_id(raw).pointee), tree: ObjectID(git_commit_tree_id(raw).pointee),
            parents: (0..<git_commit_parentcount(raw)).compactMap { index in
                git_commit_parent_id(raw, index).map { ObjectID($0.pointee) }
            },
            author: Signature(git_commit_author(raw)), committer: Signature(git_commit_committer(raw)),
            subject: Self.text(git_commit_summary(raw)), message: Self.text(git_commit_message(raw)))
    }

    private static func text(_ pointer: UnsafePointer<CChar>?) -> String {
        guard let pointer else { return "" }
        let count = strnlen(pointer, ReaderLimits.messageBytesMax)
        return String(decoding: UnsafeRawBufferPointer(start: pointer, count: count), as: UTF8.self)
    }
}

extension Signature {
    /// A commit without a readable signature has an empty one; libgit2 gives none then.
    init(_ pointer: UnsafePointer<git_signature>?) {
        guard let signature = pointer?.pointee else {
            self.init(name: "", email: "", time: 0, offsetMinutes: 0)
            return
        }
        self.init(
            name: signature.name.map { String(cString: $0) } ?? "",
            email: signature.email.map { String(cString: $0) } ?? "",
            time: signature.when.time, offsetMinutes: signature.when.offset)
    }
}
