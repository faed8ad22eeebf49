import CLibGit2

/// One configuration file, read alone.
struct GitConfiguration: ~Copyable {
    private let raw: OpaquePointer

    init(file: String) throws(GitError) {
        var opened: OpaquePointer?
        let code = git_config_open_ondisk(&opened, file)
        try LibGit.check(code, "\(file) cannot be read")
        raw = try opened.orFailure("git_config_open_ondisk")
    }

    deinit { git_config_free(raw) }

    /// The last value of a key; nil when it has none.
    func text(_ key: String) -> String? {
        var entry: UnsafeMutablePointer<git_config_entry>?
        guard git_config_get_entry(&entry, raw, key) == 0, let entry else { return nil }
        defer { git_config_entry_free(entry) }
        return entry.pointee.value.map { String(cString: $0) }
    }
}

extension Optional where Wrapped == OpaquePointer {
    /// libgit2 promises a handle when it reports success; this is where that promise is checked.
    func orFailure(_ call: StaticString) throws(GitError) -> OpaquePointer {
        guard let self else { throw GitError(.other, "\(call) reported success and gave nothing") }
        return self
    }
}
