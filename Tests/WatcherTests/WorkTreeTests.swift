import Glibc
import TestKit
import Testing
import Watcher

/// What a commit of the files as they stand would make, without making it.
@Suite struct WorkTreeTests {
    /// A repository with committed, changed, staged, deleted, moved, ignored and untracked files.
    private func untidy() throws -> TemporaryRepository {
        let repository = try TemporaryRepository()
        try repository.write(".gitignore", "*.log\n/build/\n!keep.log\n")
        try repository.write("kept.yaml", "kept: true\n")
        try repository.write("changed.yaml", "old: 1\n")
        try repository.write("deleted.yaml", "gone: 1\n")
        try repository.write("moved.yaml", "moved: 1\n")
        try repository.write("staged.yaml", "staged: 1\n")
        try repository.write("tracked.log", "ignored, but tracked\n")
        try repository.git("add", "-f", "tracked.log")
        try repository.commit("first")
        try repository.write("changed.yaml", "new: 2\n")
        repository.remove("deleted.yaml")
        try repository.move("moved.yaml", to: "sub/moved.yaml")
        try repository.write("staged.yaml", "staged: 2\n")
        try repository.git("add", "staged.yaml")
        try repository.write("staged.yaml", "staged: 3\n")
        try repository.write("untracked/new.yaml", "new: 1\n")
        try repository.write("untracked/run.sh", "#!/bin/sh\n", executable: true)
        try repository.link("untracked/link", to: "../kept.yaml")
        try repository.write("build/output", "ignored\n")
        try repository.write("noise.log", "ignored\n")
        try repository.write("keep.log", "not ignored\n")
        try repository.write("tracked.log", "changed\n")
        // Neither file nor directory nor link: git leaves it alone, and opening it would block.
        mkfifo(repository.path + "/pipe", 0o600)
        return repository
    }

    /// What git itself makes of a copy.
    private func expectedTree(_ repository: TemporaryRepository) throws -> String {
        let copy = try TemporaryRepository()
        copy.remove("")
        try copyAll(repository.path, to: copy.path)
        try copy.commit("everything")
        return try copy.head(of: "HEAD^{tree}")
    }

    private func copyAll(_ from: String, to: String) throws {
        var pid: pid_t = 0
        var arguments = ["cp", "-a", from, to].map { (word: String) in strdup(word) } + [nil]
        defer { for word in arguments { free(word) } }
        #expect(posix_spawnp(&pid, "cp", nil, nil, &arguments, environ) == 0)
        var status: Int32 = 0
        waitpid(pid, &status, 0)
        #expect(status == 0)
    }

    /// Everything under `.git` with its times and sizes.
    private func state(_ repository: TemporaryRepository) throws -> String {
        try Shell.run("cd '\(repository.path)/.git' && find . -printf '%p %T@ %C@ %s\\n' | sort")
    }

    @Test func equalsWhatGitWouldCommitAndChangesNothing() async throws {
        let repository = try untidy()
        let expected = try expectedTree(repository)
        let before = try state(repository)
        let reader = ReaderUnderTest.of(repository)
        let tree = try await reader.worktree()
        #expect(tree.description == expected)

        // Its files can be read although they are on no disk.
        let head = try await reader.tip(of: "main")
        let changes = try await reader.changedEntries(from: head.id, to: tree)
        #expect(
            changes.changed.map(\.path).sorted() == [
                "changed.yaml", "keep.log", "staged.yaml", "sub/moved.yaml", "tracked.log", "untracked/link",
                "untracked/new.yaml", "untracked/run.sh",
            ])
        #expect(changes.removed.sorted() == ["deleted.yaml", "moved.yaml"])
        let entries = try await reader.entries(at: tree)
        let blobs = try await reader.blobs(entries.map(\.id))
        let staged = try #require(entries.first { $0.path == "staged.yaml" })
        #expect(blobs[staged.id] == .bytes(Array("staged: 3\n".utf8)))
        #expect(entries.first { $0.path == "untracked/link" }?.linkTarget == "../kept.yaml")
        #expect(entries.first { $0.path == "untracked/run.sh" }?.kind == .executable)
        #expect(try await reader.treeID(at: tree, path: "untracked") != tree)
        #expect(try state(repository) == before)
    }

    @Test func anUntouchedWorkTreeIsItsCommit() async throws {
        let repository = try untidy()
        try repository.commit("all of it")
        let reader = ReaderUnderTest.of(repository)
        let before = try state(repository)
        #expect(try await reader.worktree().description == (try repository.head(of: "HEAD^{tree}")))
        #expect(try state(repository) == before)
    }

    @Test func takesARepositoryInsideItAsASubmodule() async throws {
        let repository = try untidy()
        _ = try Shell.run("cp -a '\(repository.path)' '\(repository.root)/copy'")
        _ = try Shell.run("mv '\(repository.root)/copy' '\(repository.path)/inner'")
        let reader = ReaderUnderTest.of(repository)
        let tree = try await reader.worktree()
        #expect(tree.description == (try expectedTree(repository)))
        try repository.commit("all of it")
        _ = try Shell.run(
            "cd '\(repository.path)/inner' && git add -A && \(Shell.identity) commit -qm more")
        let later = try await reader.worktree()
        #expect(later != tree)
        #expect(later.description == (try expectedTree(repository)))
    }

    @Test func followsLineEndingRules() async throws {
        let repository = try untidy()
        try repository.write(".gitattributes", "*.txt text eol=lf\n*.bin -text\n")
        try repository.git("config", "core.autocrlf", "input")
        try repository.write("dos.txt", "one\r\ntwo\r\n")
        try repository.write("dos.bin", "one\r\ntwo\r\n")
        try repository.write("dos.yaml", "one: 1\r\ntwo: 2\r\n")
        #expect(
            try await ReaderUnderTest.of(repository).worktree().description == (try expectedTree(repository)))
    }

    @Test func keepsWhatASparseCheckoutLeavesOut() async throws {
        let repository = try TemporaryRepository()
        for directory in ["one", "two"] { try repository.write("\(directory)/a.yaml", "a: 1\n") }
        try repository.commit("first")
        try repository.git("sparse-checkout", "set", "--no-cone", "/one/")
        try repository.write("one/a.yaml", "a: 2\n")
        #expect(access(repository.path + "/two/a.yaml", F_OK) != 0)
        let tree = try await ReaderUnderTest.of(repository).worktree()
        let paths = try await ReaderUnderTest.of(repository).describe()
        #expect(paths.kind == .workTree)
        #expect(tree.description == (try expectedTree(repository)))
    }

    @Test func worksBeforeTheFirstCommitAndInALinkedWorkTree() async throws {
        let empty = try TemporaryRepository()
        try empty.write("a.yaml", "a: 1\n")
        #expect(try await ReaderUnderTest.of(empty).worktree().description == (try expectedTree(empty)))

        let repository = try TemporaryRepository()
        try repository.write("a.yaml", "a: 1\n")
        try repository.commit("first")
        let linked = try repository.worktree("linked", branch: "side")
        try Bytes.write(Array("b: 1\n".utf8), to: linked + "/b.yaml")
        let reader = RepositoryReader(repository: linked, mode: ReaderUnderTest.mode)
        let tree = try await reader.worktree()
        #expect(try await reader.entries(at: tree).map(\.path) == ["a.yaml", "b.yaml"])
    }

    @Test func aBareRepositoryHasNone() async throws {
        let repository = try TemporaryRepository(bare: true)
        let reader = ReaderUnderTest.of(repository)
        let kind = await RepositoryReader.kind { () throws(GitError) in try await reader.worktree() }
        #expect(kind == .bare)
    }
}

/// A line of shell.
enum Shell {
    struct Failure: Error { let line: String }

    /// git on a machine where nobody has said who they are.
    static let identity = "git -c user.name=Ann -c user.email=ann@example.org"

    static func run(_ line: String) throws -> String {
        guard let stream = popen(line, "r") else { throw Failure(line: line) }
        var text: [UInt8] = []
        var byte = getc(stream)
        while byte != EOF {
            text.append(UInt8(truncatingIfNeeded: byte))
            byte = getc(stream)
        }
        guard pclose(stream) == 0 else { throw Failure(line: line) }
        return String(decoding: text, as: UTF8.self)
    }
}
