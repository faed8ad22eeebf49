import CLibGit2

/// An open repository whose object database cannot be written.
struct GitRepository: ~Copyable {
    let raw: OpaquePointer

    /// Opens exactly this git directory or work tree; never one further up.
    init(opening path: String) throws(GitError) {
        try LibGit.start()
        var opened: OpaquePointer?
        let code = git_repository_open_ext(&opened, path, UInt32(GIT_REPOSITORY_OPEN_NO_SEARCH.rawValue), nil)
        // libgit2 has no code of its own for this.
        if code < 0, LibGit.lastMessage.hasPrefix("unsupported ") {
            throw GitError(
                .unsupportedFormat, "\(path) has a format that Plumb cannot read: \(LibGit.lastMessage)",
                advice: "use a clone of it in git's default format")
        }
        try LibGit.check(code, "\(path) cannot be opened")
        raw = try opened.orFailure("git_repository_open_ext")
    }

    deinit { git_repository_free(raw) }

    var isBare: Bool { git_repository_is_bare(raw) == 1 }
    var isShallow: Bool { git_repository_is_shallow(raw) == 1 }

    /// The work tree without its last slash; nil for a bare repository.
    var workTree: String? {
        git_repository_workdir(raw).map { AbsolutePath.of(String(cString: $0)) }
    }

    /// Whether at least one ref exists.
    func hasRefs() throws(GitError) -> Bool {
        var iterator: OpaquePointer?
        try LibGit.check(git_reference_iterator_new(&iterator, raw), "the refs cannot be listed")
        defer { git_reference_iterator_free(iterator) }
        var name: UnsafePointer<CChar>?
        let code = git_reference_next_name(&name, iterator)
        if code == GIT_ITEROVER.rawValue { return false }
        try LibGit.check(code, "the refs cannot be listed")
        return true
    }

    /// The names of all tags, without `refs/tags/`.
    func tagNames() throws(GitError) -> [String] {
        var iterator: OpaquePointer?
        let prefix = "refs/tags/"
        try LibGit.check(
            git_reference_iterator_glob_new(&iterator, raw, prefix + "*"), "the tags cannot be listed")
        defer { git_reference_iterator_free(iterator) }
        var names: [String] = []
        while true {
            var name: UnsafePointer<CChar>?
            let code = git_reference_next_name(&name, iterator)
            if code == GIT_ITEROVER.rawValue { return names.sorted() }
            try LibGit.check(code, "the tags cannot be listed")
            guard names.count < ReaderLimits.tagsMax else {
                throw GitError(.tooLarge, "there are more than \(ReaderLimits.tagsMax) tags")
            }
            if let name { names.append(String(String(cString: name).dropFirst(prefix.count))) }
        }
    }

    /// The names of the first branches, for messages.
    func branchNames(max: Int) -> [String] {
        var iterator: OpaquePointer?
        guard git_reference_iterator_glob_new(&iterator, raw, "refs/heads/*") == 0 else { return [] }
        defer { git_reference_iterator_free(iterator) }
        var names: [String] = []
        var name: UnsafePointer<CChar>?
        while names.count < max, git_reference_next_name(&name, iterator) == 0, let name {
            names.append(RefName.short(String(cString: name)))
        }
        return names
    }
}
