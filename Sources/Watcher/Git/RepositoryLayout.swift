import Glibc

/// Where the parts of a repository are, found by looking at names alone: it needs no valid repository, so
/// that changes of a broken one can be waited for.
struct RepositoryLayout: Hashable {
    /// The path that was given.
    let path: String
    /// Where HEAD is.
    let gitDirectory: String
    /// Where refs and objects are.
    let commonDirectory: String
    /// The `.git` file that led here, of a linked work tree or a submodule.
    let gitFile: String?

    /// - Throws: `.pathMissing`, `.notARepository`, `.unreadable`.
    static func locate(_ path: String) throws(GitError) -> RepositoryLayout {
        guard let facts = FileFacts(of: path) else {
            let code = errno
            if code == ENOENT || code == ENOTDIR {
                throw GitError(
                    .pathMissing, "\(path) does not exist",
                    advice: "correct the path (--repo), or bring the repository back")
            }
            throw GitError(.unreadable, "\(path) cannot be read: \(SystemMessage.of(code))")
        }
        guard facts.isDirectory else { throw notARepository(path, "is not a directory") }
        let dotGit = AbsolutePath.join(path, ".git")
        if let inner = FileFacts(of: dotGit) {
            if inner.isDirectory { return layout(path, gitDirectory: dotGit, gitFile: nil) }
            return try linked(path, gitFile: dotGit)
        }
        if errno == EACCES {
            throw GitError(.unreadable, "\(dotGit) cannot be read: \(SystemMessage.of(EACCES))")
        }
        if looksLikeGitDirectory(path) { return layout(path, gitDirectory: path, gitFile: nil) }
        throw notARepository(path, "is a directory without a git repository in it")
    }

    /// The place that a `.git` file names.
    private static func linked(_ path: String, gitFile: String) throws(GitError) -> RepositoryLayout {
        let prefix = "gitdir:"
        guard let text = SmallFile.text(at: gitFile), text.hasPrefix(prefix) else {
            throw GitError(.notARepository, "\(gitFile) is neither a directory nor a link to one")
        }
        let target = AbsolutePath.join(path, String(text.dropFirst(prefix.count).drop { $0 == " " }))
        guard let gitDirectory = resolved(target) else {
            throw GitError(
                .pathMissing, "\(gitFile) points to \(target), which does not exist",
                advice: "repair the work tree with git worktree repair")
        }
        return layout(path, gitDirectory: gitDirectory, gitFile: gitFile)
    }

    private static func layout(_ path: String, gitDirectory: String, gitFile: String?) -> RepositoryLayout {
        var common = gitDirectory
        if let text = SmallFile.text(at: AbsolutePath.join(gitDirectory, "commondir")), !text.isEmpty {
            let named = AbsolutePath.join(gitDirectory, text)
            common = resolved(named) ?? named
        }
        return RepositoryLayout(
            path: path, gitDirectory: gitDirectory, commonDirectory: common, gitFile: gitFile)
    }

    private static func looksLikeGitDirectory(_ path: String) -> Bool {
        FileFacts(of: AbsolutePath.join(path, "HEAD"), followingLinks: false) != nil
            && FileFacts(of: AbsolutePath.join(path, "objects"))?.isDirectory == true
    }

    private static func resolved(_ path: String) -> String? {
        guard let real = realpath(path, nil) else { return nil }
        defer { free(real) }
        return String(cString: real)
    }

    private static func notARepository(_ path: String, _ what: String) -> GitError {
        if let outer = enclosingRepository(of: path) {
            let inner = AbsolutePath.components(path).dropFirst(AbsolutePath.components(outer).count)
            return GitError(
                .notARepository, "\(path) is inside the repository \(outer), not a repository itself",
                advice: "use --repo \(outer) --path \(inner.joined(separator: "/"))")
        }
        return GitError(
            .notARepository, "\(path) \(what)",
            advice: "correct the path (--repo), or make it one: cd \(path) && git init && git add -A "
                + "&& git commit -m \"first revision\"")
    }

    private static func enclosingRepository(of path: String) -> String? {
        var outer = path
        while outer != "/" {
            outer = AbsolutePath.parent(outer)
            if FileFacts(of: AbsolutePath.join(outer, ".git")) != nil { return outer }
        }
        return nil
    }
}
