import TestKit
import Testing
import Watcher

@Suite struct RefTests {
    @Test func describesAWorkTreeABareRepositoryAndALinkedWorkTree() async throws {
        let repository = try TemporaryRepository()
        try repository.write("a.yaml", "a: 1\n")
        try repository.commit("first")
        let plain = try await ReaderUnderTest.of(repository).describe()
        #expect(plain.kind == .workTree)
        #expect(plain.workTree == repository.path)
        #expect(plain.gitDirectory == repository.path + "/.git")
        #expect(plain.headBranch == "main")
        #expect(!plain.isEmpty && !plain.isShallow)

        let linked = try repository.worktree("linked", branch: "side")
        let reader = RepositoryReader(repository: linked, mode: ReaderUnderTest.mode)
        let description = try await reader.describe()
        #expect(description.kind == .linkedWorkTree)
        #expect(description.headBranch == "side")
        #expect(description.commonDirectory == repository.path + "/.git")
        #expect(description.gitDirectory == repository.path + "/.git/worktrees/linked")
        let tip = try await reader.tip(of: "side")
        #expect(tip.id.description == (try repository.head()))

        let bare = try TemporaryRepository(cloning: repository.path, options: ["--bare"])
        let bareDescription = try await ReaderUnderTest.of(bare).describe()
        #expect(bareDescription.kind == .bare)
        #expect(bareDescription.workTree == nil)
        #expect(bareDescription.headBranch == "main")
    }

    @Test func tellsWhoCommittedWhatAndWhen() async throws {
        let repository = try TemporaryRepository()
        let first = try repository.commit("first")
        let id = try repository.commit(
            "Subject line\n\nBody: ä\n", author: "Zoë <zoe@example.org>", date: 1_700_000_000)
        let commit = try await ReaderUnderTest.of(repository).tip(of: "main")
        #expect(commit.id.description == id)
        #expect(commit.author.name == "Zoë")
        #expect(commit.author.email == "zoe@example.org")
        #expect(commit.author.time == 1_700_000_000)
        #expect(commit.author.offsetMinutes == 0)
        #expect(commit.committer.name == "Ann")
        #expect(commit.subject == "Subject line")
        #expect(commit.message == "Subject line\n\nBody: ä\n")
        #expect(commit.parents.map(\.description) == [first])
        #expect(commit.tree.description == (try repository.head(of: "HEAD^{tree}")))
    }

    @Test(arguments: ["main", "refs/heads/main", "HEAD", "feature/x/y", "refs/tags/v1"])
    func followsAnyKindOfRef(_ name: String) async throws {
        let repository = try TemporaryRepository()
        let id = try repository.commit("first")
        try repository.git("branch", "feature/x/y")
        try repository.git("tag", "-a", "-m", "one", "v1")
        let reader = ReaderUnderTest.of(repository)
        #expect(try await reader.tip(of: name).id.description == id)
        try repository.git("pack-refs", "--all")
        #expect(try await reader.tip(of: name).id.description == id)
    }

    @Test func understandsRevisionExpressions() async throws {
        let repository = try TemporaryRepository()
        var ids: [String] = []
        for number in 0..<5 { ids.append(try repository.commit("number \(number)")) }
        try repository.git("tag", "-a", "-m", "two", "v2", ids[2])
        let reader = ReaderUnderTest.of(repository)
        for (expression, index) in [
            ("main", 4), ("HEAD~3", 1), ("v2", 2), ("v2^", 1), (ids[3], 3), (String(ids[3].prefix(10)), 3),
            ("main@{0}", 4), (":/number 1", 1),
        ] {
            #expect(try await reader.revision(of: expression).id.description == ids[index], "\(expression)")
        }
        for expression in ["nothing", "HEAD~9", "0123456789", "..", "", "a b"] {
            let kind = await RepositoryReader.kind { () throws(GitError) in
                try await reader.revision(of: expression)
            }
            #expect(kind == .refMissing || kind == .other, "\(expression): \(String(describing: kind))")
        }
    }

    @Test func anAbbreviationThatFitsTwoObjectsIsAmbiguous() async throws {
        let repository = try TemporaryRepository()
        var prefixes: Set<Substring> = []
        var ambiguous: Substring?
        for number in 0..<2000 where ambiguous == nil {
            try repository.write("f\(number)", "\(number)")
            if number % 100 != 99 { continue }
            try repository.commit("some")
            let names = try repository.git("rev-list", "--all", "--objects", "--no-object-names")
            prefixes = []
            for name in names.split(separator: "\n") where !prefixes.insert(name.prefix(4)).inserted {
                ambiguous = name.prefix(4)
            }
        }
        let prefix = String(try #require(ambiguous))
        let reader = ReaderUnderTest.of(repository)
        let kind = await RepositoryReader.kind { () throws(GitError) in try await reader.revision(of: prefix)
        }
        #expect(kind == .ambiguous)
    }

    @Test func knowsAncestryAndMergeBases() async throws {
        let repository = try TemporaryRepository()
        let base = try #require(ObjectID(try repository.commit("base")))
        try repository.branch("side")
        let side = try #require(ObjectID(try repository.commit("side")))
        try repository.git("checkout", "-q", "main")
        let main = try #require(ObjectID(try repository.commit("main")))
        try repository.git("checkout", "-q", "--orphan", "alone")
        let alone = try #require(ObjectID(try repository.commit("alone")))
        let reader = ReaderUnderTest.of(repository)
        #expect(try await reader.isAncestor(base, of: main))
        #expect(try await reader.isAncestor(main, of: main))
        #expect(try await !reader.isAncestor(main, of: base))
        #expect(try await !reader.isAncestor(side, of: main))
        #expect(try await reader.mergeBase(side, main) == base)
        #expect(try await reader.mergeBase(alone, main) == nil)
        let missing = try #require(ObjectID(String(repeating: "12", count: 20)))
        for (a, b) in [(missing, main), (main, missing)] {
            let kind = await RepositoryReader.kind { () throws(GitError) in
                try await reader.isAncestor(a, of: b)
            }
            #expect(kind == .objectMissing)
        }
    }

    @Test func readsACloneThatBorrowsItsObjects() async throws {
        let repository = try TemporaryRepository()
        try repository.write("a.yaml", "a: 1\n")
        let id = try repository.commit("first")
        let clone = try TemporaryRepository(cloning: repository.path, options: ["--shared"])
        let reader = ReaderUnderTest.of(clone)
        let entries = try await reader.entries(at: try await reader.tip(of: "main").id)
        #expect(try await reader.blobs(entries.map(\.id)).values.first == .bytes(Array("a: 1\n".utf8)))
        #expect(try await reader.tip(of: "main").id.description == id)
    }

    @Test func aShallowCloneSaysThatItsHistoryEnds() async throws {
        let repository = try TemporaryRepository()
        let first = try #require(ObjectID(try repository.commit("first")))
        for number in 0..<4 { try repository.commit("\(number)") }
        let clone = try TemporaryRepository(cloning: "file://\(repository.path)", options: ["--depth=2"])
        let reader = ReaderUnderTest.of(clone)
        let tip = try await reader.tip(of: "main")
        #expect(tip.id.description == (try repository.head()))
        #expect(try await reader.describe().isShallow)
        #expect(try await reader.entries(at: tip.id).isEmpty)
        let parent = try #require(tip.parents.first)
        let kind = await RepositoryReader.kind { () throws(GitError) in
            try await reader.isAncestor(tip.id, of: parent)
        }
        #expect(kind == .shallow)
        let gone = await RepositoryReader.kind { () throws(GitError) in
            try await reader.isAncestor(first, of: tip.id)
        }
        #expect(gone == .objectMissing)
    }
}
