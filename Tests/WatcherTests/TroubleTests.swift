import Glibc
import TestKit
import Testing
import Watcher

/// Repositories that cannot be read. Each must say why and what to do, and none may look like an empty one.
@Suite struct TroubleTests {
    private func error(at path: String, ref: String = "main", owner: String? = nil) async -> GitError? {
        let reader = RepositoryReader(repository: path, allowedOwner: owner, mode: ReaderUnderTest.mode)
        return await RepositoryReader.error { () throws(GitError) in try await reader.tip(of: ref) }
    }

    @Test func aPlainDirectoryIsToldToBecomeARepository() async throws {
        let repository = try TemporaryRepository()
        let directory = repository.root + "/plain"
        mkdir(directory, 0o755)
        let problem = try #require(await error(at: directory))
        #expect(problem.kind == .notARepository)
        #expect(problem.message.contains(directory))
        #expect(problem.advice.contains("git init"))
    }

    @Test func aDirectoryInsideARepositoryNamesTheRightPath() async throws {
        let repository = try TemporaryRepository()
        try repository.write("deploy/units/a.yaml", "a: 1\n")
        try repository.commit("first")
        let problem = try #require(await error(at: repository.path + "/deploy/units"))
        #expect(problem.kind == .notARepository)
        #expect(problem.advice.contains("--repo \(repository.path) --path deploy/units"))
    }

    @Test func aMissingPathAFileAndADanglingLinkedWorkTree() async throws {
        let repository = try TemporaryRepository()
        #expect(await error(at: repository.root + "/nothing")?.kind == .pathMissing)
        try repository.write("file", "x")
        try repository.commit("first")
        #expect(await error(at: repository.path + "/file")?.kind == .notARepository)
        let linked = try repository.worktree("linked", branch: "side")
        repository.remove(".git/worktrees")
        let problem = try #require(await error(at: linked))
        #expect(problem.kind == .pathMissing)
        #expect(problem.message.contains("worktrees/linked"))
    }

    @Test func anEmptyCloneHasAKindOfItsOwn() async throws {
        let empty = try TemporaryRepository()
        let clone = try TemporaryRepository(cloning: empty.path)
        #expect(await error(at: clone.path)?.kind == .empty)
        #expect(await error(at: clone.path, ref: "HEAD")?.kind == .empty)
        let reader = ReaderUnderTest.of(clone)
        #expect(try await reader.describe().isEmpty)
        let kind = await RepositoryReader.kind { () throws(GitError) in try await reader.revision(of: "HEAD")
        }
        #expect(kind == .empty)
    }

    @Test func aBranchThatIsMissingNamesTheOthers() async throws {
        let repository = try TemporaryRepository()
        try repository.commit("first")
        let problem = try #require(await error(at: repository.path, ref: "production"))
        #expect(problem.kind == .refMissing)
        #expect(problem.message.contains("production") && problem.message.contains("main"))
    }

    @Test(
        "wrong owner (as root)",
        // Only root can give a directory away.
        .enabled(if: ReaderUnderTest.isRoot, "needs root"))
    func wrongOwner() async throws {
        let repository = try TemporaryRepository()
        let id = try repository.commit("first")
        let stranger: uid_t = 61_234
        chown(repository.path + "/.git", stranger, stranger)
        let problem = try #require(await error(at: repository.path))
        #expect(problem.kind == .wrongOwner)
        #expect(problem.message.contains("uid 61234"))
        #expect(problem.advice.contains("source.owner: 61234") && problem.advice.contains("chown"))

        #expect(await error(at: repository.path, owner: "61234") == nil)
        #expect(await error(at: repository.path, owner: "61235")?.kind == .wrongOwner)
        #expect(await error(at: repository.path, owner: "no-such-user")?.kind == .wrongOwner)

        // The work tree counts as well as the git directory.
        chown(repository.path + "/.git", 0, 0)
        chown(repository.path, stranger, stranger)
        #expect(await error(at: repository.path)?.kind == .wrongOwner)
        chown(repository.path, 0, 0)
        let tip = try await ReaderUnderTest.of(repository).tip(of: "main")
        #expect(tip.id.description == id)
    }

    @Test func formatsThatCannotBeReadAreNamed() async throws {
        let sha256 = try TemporaryRepository(objectFormat: "sha256")
        try sha256.commit("first")
        let problem = try #require(await error(at: sha256.path))
        #expect(problem.kind == .unsupportedFormat)
        #expect(problem.message.contains("sha256"))

        for (key, value, word) in [
            ("extensions.refstorage", "reftable", "reftable"),
            ("extensions.partialclone", "origin", "partial clone"),
            ("extensions.somethingNew", "true", "somethingnew"),
        ] {
            let repository = try TemporaryRepository()
            try repository.commit("first")
            try repository.git("config", "core.repositoryformatversion", "1")
            try repository.git("config", "--file", repository.path + "/.git/config", key, value)
            let problem = try #require(await error(at: repository.path))
            #expect(problem.kind == .unsupportedFormat, "\(problem)")
            #expect(problem.message.lowercased().contains(word), "\(problem)")
        }
    }

    @Test func extensionsThatChangeNothingAreRead() async throws {
        let repository = try TemporaryRepository()
        let id = try repository.commit("first")
        try repository.git("config", "core.repositoryformatversion", "1")
        try repository.git("config", "extensions.worktreeConfig", "true")
        try repository.git("config", "extensions.preciousObjects", "true")
        #expect(try await ReaderUnderTest.of(repository).tip(of: "main").id.description == id)
    }

    @Test func aConfigurationThatIsBrokenIsAnError() async throws {
        let repository = try TemporaryRepository()
        try repository.commit("first")
        try repository.write(".git/config", "[core\nbare = ")
        let problem = try #require(await error(at: repository.path))
        #expect(problem.kind == .other)
        #expect(problem.message.contains("config"))
    }

    @Test func objectsThatAreMissingOrOfTheWrongKindAreNamed() async throws {
        let repository = try TemporaryRepository()
        try repository.write("units/a.yaml", "a: 1\n")
        try repository.write("units/b.yaml", "b: 1\n")
        let commit = try #require(ObjectID(try repository.commit("first")))
        let reader = ReaderUnderTest.of(repository)
        let entries = try await reader.entries(at: commit)
        let blob = entries[0].id
        let tree = try #require(ObjectID(try repository.head(of: "HEAD:units")))

        let wrongKind = await RepositoryReader.kind { () throws(GitError) in try await reader.blobs([tree]) }
        #expect(wrongKind == .objectCorrupt)

        repository.remove(LooseObject.path(blob))
        let missing = await RepositoryReader.error { () throws(GitError) in
            try await reader.blobs(entries.map(\.id))
        }
        #expect(missing?.kind == .objectMissing)
        #expect(missing?.message.contains(blob.description) == true)

        repository.remove(LooseObject.path(tree))
        let noTree = await RepositoryReader.error { () throws(GitError) in
            try await reader.entries(at: commit)
        }
        #expect(noTree?.kind == .objectMissing)
        #expect(noTree?.message.contains("units") == true)
    }
}

/// Where an object is while it is in no pack.
enum LooseObject {
    /// Relative to the work tree.
    static func path(_ id: ObjectID) -> String {
        ".git/objects/\(id.description.prefix(2))/\(id.description.dropFirst(2))"
    }
}
