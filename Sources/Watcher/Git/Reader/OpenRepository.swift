/// A repository that stays open between requests, and what it looked like when it was opened.
final class OpenRepository {
    let layout: RepositoryLayout
    let handle: GitRepository
    let objects: GitObjectDatabase
    private let stamp: [FileFacts?]

    /// - Parameter memory: whether new objects can be made, in memory.
    init(_ layout: RepositoryLayout, owner: RepositoryOwner, memory: Bool = false) throws(GitError) {
        self.layout = layout
        stamp = Self.stamp(layout)
        try LibGit.start()
        try RepositoryFormat.check(layout)
        handle = try GitRepository(opening: layout.path)
        if let workTree = handle.workTree { try owner.check(workTree) }
        objects = try GitObjectDatabase.readOnly(of: handle, memory: memory)
    }

    /// False when the repository was replaced or configured differently, so that what libgit2 remembers may
    /// be wrong. New commits and repacks do not count; libgit2 sees those.
    func isCurrent(_ layout: RepositoryLayout) -> Bool {
        layout == self.layout && stamp == Self.stamp(layout)
    }

    private static func stamp(_ layout: RepositoryLayout) -> [FileFacts?] {
        let common = layout.commonDirectory
        let files = ["config", "objects/info/alternates"].map { FileFacts(of: AbsolutePath.join(common, $0)) }
        let directories = [layout.gitDirectory, common, AbsolutePath.join(common, "objects")]
        return files + directories.map { FileFacts(of: $0)?.identity }
    }
}

extension FileFacts {
    /// Which file it is, without what changes while it stays the same one.
    var identity: FileFacts {
        FileFacts(device: device, inode: inode, owner: owner, isDirectory: isDirectory, isLink: isLink)
    }
}
