import CLibGit2

/// The objects of a repository.
struct GitObjectDatabase: ~Copyable {
    private let raw: OpaquePointer

    /// Takes the repository's database, and takes from it every way to write: new objects go nowhere, or into
    /// memory.
    static func readOnly(
        of repository: borrowing GitRepository, memory: Bool
    ) throws(GitError) -> GitObjectDatabase {
        let database = try GitObjectDatabase(of: repository)
        try database.forbidWriting()
        // A commit-graph file answers for parents without any hash to check it by, so it is not asked.
        try LibGit.check(git_odb_set_commit_graph(database.raw, nil), "the object database cannot be opened")
        if memory { try database.addMemory() }
        return database
    }

    private init(of repository: borrowing GitRepository) throws(GitError) {
        var opened: OpaquePointer?
        try LibGit.check(git_repository_odb(&opened, repository.raw), "the object database cannot be opened")
        raw = try opened.orFailure("git_repository_odb")
    }

    deinit { git_odb_free(raw) }

    private func forbidWriting() throws(GitError) {
        for position in 0..<git_odb_num_backends(raw) {
            var backend: UnsafeMutablePointer<git_odb_backend>?
            try LibGit.check(
                git_odb_get_backend(&backend, raw, position), "the object database cannot be opened")
            backend?.pointee.write = nil
            backend?.pointee.writestream = nil
            backend?.pointee.writepack = nil
            backend?.pointee.writemidx = nil
            // "Freshening" touches the modification time of an object that exists already.
            backend?.pointee.freshen = nil
        }
    }

    private func addMemory() throws(GitError) {
        var backend: UnsafeMutablePointer<git_odb_backend>?
        try LibGit.check(git_mempack_new(&backend), "no memory for new objects")
        // The database owns the backend from here on. A high priority makes it the first that is asked to
        // write.
        let priority: Int32 = 999
        try LibGit.check(git_odb_add_backend(raw, backend, priority), "no memory for new objects")
    }

    /// Whether the object is there, without looking for packs that appeared meanwhile.
    func holds(_ id: ObjectID) -> Bool {
        var oid = git_oid(id)
        return git_odb_exists_ext(raw, &oid, UInt32(GIT_ODB_LOOKUP_NO_REFRESH.rawValue)) == 1
    }

    /// The size of a blob without its contents.
    func blobSize(_ id: ObjectID, path: @autoclosure () -> String) throws(GitError) -> Int {
        var size = 0
        var type = GIT_OBJECT_INVALID
        var oid = git_oid(id)
        try LibGit.check(git_odb_read_header(&size, &type, raw, &oid), reading: "blob", id, path: path())
        try Self.require(type, id)
        return size
    }

    /// Calls `body` with the contents of a blob, whose hash has been checked.
    func withBlob<Result>(
        _ id: ObjectID, path: @autoclosure () -> String = "",
        _ body: (UnsafeRawBufferPointer) throws(GitError) -> Result
    ) throws(GitError) -> Result {
        var object: OpaquePointer?
        var oid = git_oid(id)
        try LibGit.check(git_odb_read(&object, raw, &oid), reading: "blob", id, path: path())
        defer { git_odb_object_free(object) }
        try Self.require(git_odb_object_type(object), id)
        return try body(
            UnsafeRawBufferPointer(start: git_odb_object_data(object), count: git_odb_object_size(object)))
    }

    /// Calls `body` with a commit as it is stored; its hash has been checked.
    func withCommit<Result>(
        _ id: ObjectID, _ body: (UnsafeRawBufferPointer) throws(GitError) -> Result
    ) throws(GitError) -> Result {
        var object: OpaquePointer?
        var oid = git_oid(id)
        try LibGit.check(git_odb_read(&object, raw, &oid), reading: "commit", id)
        defer { git_odb_object_free(object) }
        guard git_odb_object_type(object) == GIT_OBJECT_COMMIT else {
            throw GitError(.objectCorrupt, "\(id) is no commit")
        }
        return try body(
            UnsafeRawBufferPointer(start: git_odb_object_data(object), count: git_odb_object_size(object)))
    }

    private static func require(_ type: git_object_t, _ id: ObjectID) throws(GitError) {
        guard type == GIT_OBJECT_BLOB else { throw GitError(.objectCorrupt, "\(id) is no blob") }
    }
}
