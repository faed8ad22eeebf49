/// Which directories must be watched, and which names in each matter, so that no change of a ref goes unseen
/// and nothing else wakes anyone. Made by looking at the disk as it is; the next look may give another plan.
struct WatchPlan: Equatable {
    /// Directories, each with the names in it that matter. One without names is watched for its own removal
    /// alone.
    private(set) var names: [String: Set<String>] = [:]
    /// Stands for all names in a directory; no ref can be called so.
    static let everyName = "*"

    /// - Parameters:
    ///   - ref: a full ref name; nil follows HEAD.
    ///   - allTags: every tag matters.
    init(repository: String, ref: String?, allTags: Bool = false) {
        addDirectory(repository)
        guard let layout = try? RepositoryLayout.locate(repository) else {
            // Whatever makes it a repository begins with one of these.
            for name in [".git", "HEAD", "objects"] { addFile(AbsolutePath.join(repository, name)) }
            return
        }
        if let gitFile = layout.gitFile { addFile(gitFile) }
        for name in ["HEAD", "commondir"] { addFile(AbsolutePath.join(layout.gitDirectory, name)) }
        for name in ["HEAD", "config", "packed-refs", "refs", "objects"] {
            addFile(AbsolutePath.join(layout.commonDirectory, name))
        }
        addRef(ref ?? RefName.head, layout)
        if allTags {
            addFile(AbsolutePath.join(layout.commonDirectory, "refs/tags"))
            addTags(AbsolutePath.join(layout.commonDirectory, "refs/tags"), depth: 0)
        }
    }

    /// A directory of tags, with those in it: a tag `web/v1` is a file in one.
    private mutating func addTags(_ directory: String, depth: Int) {
        guard depth < ReaderLimits.followMax, addDirectory(directory) else { return }
        names[directory, default: []].insert(Self.everyName)
        for name in FileTree.names(in: directory) {
            let path = AbsolutePath.join(directory, name)
            if FileFacts(of: path, followingLinks: false)?.isDirectory == true {
                addTags(path, depth: depth + 1)
            }
        }
    }

    /// A ref's own file, with every directory between it and the repository: git removes those that become
    /// empty, and makes them again. A ref that stands for another one leads there.
    private mutating func addRef(_ name: String, _ layout: RepositoryLayout) {
        var name = name
        for _ in 0..<ReaderLimits.followMax {
            let isOwn = ["HEAD", "refs/worktree/", "refs/bisect/", "refs/rewritten/"].contains {
                name.hasPrefix($0)
            }
            let root = isOwn ? layout.gitDirectory : layout.commonDirectory
            let components = AbsolutePath.components(name)
            guard !components.contains("..") else { return }
            var path = root
            for component in components {
                path = AbsolutePath.join(path, String(component))
                addFile(path)
            }
            let prefix = "ref:"
            guard let text = SmallFile.text(at: path), text.hasPrefix(prefix) else { return }
            name = String(text.dropFirst(prefix.count).drop { $0 == " " })
        }
    }

    /// A name that matters, in a directory that is or will be there.
    private mutating func addFile(_ path: String) {
        let components = AbsolutePath.components(path)
        guard let name = components.last else { return }
        let directory = AbsolutePath.parent(path)
        if addDirectory(directory) { names[directory, default: []].insert(String(name)) }
    }

    /// A directory, with all that it hangs on: each directory above it for its own removal, and the deepest
    /// one that exists for the name that is missing in it. True when the directory exists.
    @discardableResult
    private mutating func addDirectory(_ path: String, depth: Int = 0) -> Bool {
        if names[path] != nil { return true }
        var directory = "/"
        for component in AbsolutePath.components(path) {
            let next = AbsolutePath.join(directory, String(component))
            if names[next] == nil {
                guard let facts = FileFacts(of: next, followingLinks: false) else {
                    names[directory, default: []].insert(String(component))
                    return false
                }
                if facts.isLink {
                    names[directory, default: []].insert(String(component))
                    addTarget(of: next, in: directory, depth: depth)
                }
                guard FileFacts(of: next)?.isDirectory == true else {
                    names[directory, default: []].insert(String(component))
                    return false
                }
                names[next] = []
            }
            directory = next
        }
        return true
    }

    private mutating func addTarget(of link: String, in directory: String, depth: Int) {
        guard depth < ReaderLimits.followMax, let target = SymbolicLink.target(of: link) else { return }
        addDirectory(AbsolutePath.join(directory, target), depth: depth + 1)
    }
}
