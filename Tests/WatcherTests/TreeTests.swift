import Glibc
import TestKit
import Testing
import Watcher

@Suite struct TreeTests {
    private func sample() throws -> TemporaryRepository {
        let repository = try TemporaryRepository()
        try repository.write("units/web.yaml", "kind: Unit\n")
        try repository.write("units/deep/er/db.yaml", "kind: Unit # db\n")
        try repository.write("apps/web/start.sh", "#!/bin/sh\n", executable: true)
        try repository.link("apps/web/current", to: "start.sh")
        try repository.write("empty", "")
        try repository.commit("first")
        return repository
    }

    @Test func listsFilesLinksAndModes() async throws {
        let repository = try sample()
        let reader = ReaderUnderTest.of(repository)
        let tip = try await reader.tip(of: "main")
        let entries = try await reader.entries(at: tip.id, sizes: true)
        #expect(
            entries.map(\.path) == [
                "apps/web/current", "apps/web/start.sh", "empty", "units/deep/er/db.yaml", "units/web.yaml",
            ])
        #expect(entries.map(\.kind) == [.symbolicLink, .executable, .file, .file, .file])
        #expect(entries.map(\.mode) == [0o120000, 0o100755, 0o100644, 0o100644, 0o100644])
        #expect(entries.map(\.size) == [8, 10, 0, 16, 11])
        #expect(entries[0].linkTarget == "start.sh")
        #expect(entries[1].linkTarget == nil)
        let expected = try repository.git("ls-tree", "-r", "HEAD").split(separator: "\n")
        #expect(
            entries.map { "\($0.id)\t\($0.path)" } == expected.map { String($0.split(separator: " ")[2]) })

        let units = try await reader.entries(at: tip.tree, path: "/units/")
        #expect(units.map(\.path) == ["deep/er/db.yaml", "web.yaml"])
        #expect(units.allSatisfy { $0.size == nil })
    }

    @Test func namesAPackageByItsTree() async throws {
        let repository = try sample()
        let reader = ReaderUnderTest.of(repository)
        let tip = try await reader.tip(of: "main")
        let tree = try await reader.treeID(at: tip.id, path: "./apps/web")
        #expect(tree.description == (try repository.head(of: "HEAD:apps/web")))
        #expect(try await reader.exportTree(tree).map(\.path) == ["current", "start.sh"])
        for path in ["apps/nothing", "units/web.yaml", "units/web.yaml/deeper"] {
            let kind = await RepositoryReader.kind { () throws(GitError) in
                try await reader.treeID(at: tip.id, path: path)
            }
            #expect(kind == .sourcePathMissing, "\(path)")
        }
    }

    @Test func readsBlobsAndDeclinesLargeOnes() async throws {
        let repository = try sample()
        let large = String(repeating: "0123456789abcdef", count: 100_000)
        try repository.write("large", large)
        try repository.commit("large")
        let reader = ReaderUnderTest.of(repository)
        for isPacked in [false, true] {
            if isPacked { try repository.git("gc", "-q", "--prune=now") }
            let entries = try await reader.entries(at: try await reader.tip(of: "main").id)
            let ids = Dictionary(uniqueKeysWithValues: entries.map { ($0.path, $0.id) })
            let blobs = try await reader.blobs(entries.map(\.id), eachMax: 1000)
            let web = try #require(ids["units/web.yaml"])
            #expect(blobs[web] == .bytes(Array("kind: Unit\n".utf8)))
            let empty = try #require(ids["empty"])
            #expect(blobs[empty] == .bytes([]))
            let big = try #require(ids["large"])
            #expect(blobs[big] == .tooLarge(size: 1_600_000))
            #expect(try await reader.blobs([big, big])[big] == .bytes(Array(large.utf8)))
        }
    }

    @Test func writesABlobToADescriptor() async throws {
        let repository = try TemporaryRepository()
        let text = String(repeating: "line of text\n", count: 80_000)
        try repository.write("file", text)
        try repository.commit("first")
        let reader = ReaderUnderTest.of(repository)
        let tip = try await reader.tip(of: "main")
        let entry = try #require(try await reader.entries(at: tip.id).first)
        let path = "\(repository.root)/out"
        let descriptor = open(path, O_RDWR | O_CREAT, 0o600)
        defer { close(descriptor) }
        #expect(try await reader.write(entry.id, to: descriptor) == text.utf8.count)
        #expect(lseek(descriptor, 0, SEEK_END) == off_t(text.utf8.count))
        #expect(try repository.git("hash-object", path) == entry.id.description)

        // A descriptor that cannot be written is an error, and the reader serves on.
        let full = open("/dev/full", O_WRONLY)
        defer { close(full) }
        let kind = await RepositoryReader.kind { () throws(GitError) in
            try await reader.write(entry.id, to: full)
        }
        #expect(kind == .unreadable)
        #expect(try await reader.tip(of: "main") == tip)
    }

    @Test func tellsWhatChangedBetweenTwoRevisions() async throws {
        let repository = try sample()
        let reader = ReaderUnderTest.of(repository)
        let old = try await reader.tip(of: "main")
        try repository.write("units/web.yaml", "kind: Unit # changed\n")
        try repository.move("units/deep/er/db.yaml", to: "units/db.yaml")
        repository.remove("empty")
        try repository.write("empty/is/a/directory", "now")
        try repository.write("apps/web/start.sh", "#!/bin/sh\n")
        try repository.git("update-index", "--chmod=-x", "apps/web/start.sh")
        chmod(repository.path + "/apps/web/start.sh", 0o644)
        try repository.commit("second")
        let new = try await reader.tip(of: "main")

        let changes = try await reader.changedEntries(from: old.id, to: new.id)
        #expect(
            changes.changed.map(\.path).sorted() == [
                "apps/web/start.sh", "empty/is/a/directory", "units/db.yaml", "units/web.yaml",
            ])
        #expect(changes.removed.sorted() == ["empty", "units/deep/er/db.yaml"])
        let below = try await reader.changedEntries(from: old.id, to: new.id, path: "units")
        #expect(below.changed.map(\.path).sorted() == ["db.yaml", "web.yaml"])
        #expect(below.removed == ["deep/er/db.yaml"])
        let none = try await reader.changedEntries(from: new.id, to: new.id)
        #expect(none.changed.isEmpty && none.removed.isEmpty)

        // Applying the changes to the old listing must give the new one.
        var files = try await reader.entries(at: old.id).reduce(into: [:]) { $0[$1.path] = $1 }
        for path in changes.removed { files[path] = nil }
        for entry in changes.changed { files[entry.path] = entry }
        let expected = try await reader.entries(at: new.id).reduce(into: [:]) { $0[$1.path] = $1 }
        #expect(files == expected)
    }

    @Test func listsSubmodulesWithoutLookingIntoThem() async throws {
        let repository = try sample()
        let commit = try repository.head()
        try repository.git("update-index", "--add", "--cacheinfo", "160000,\(commit),vendor/sub")
        try repository.git("commit", "-q", "-m", "submodule")
        let reader = ReaderUnderTest.of(repository)
        let entries = try await reader.entries(at: try await reader.tip(of: "main").id, sizes: true)
        let sub = try #require(entries.first { $0.path == "vendor/sub" })
        #expect(sub.kind == .submodule)
        #expect(sub.size == nil)
        #expect(sub.id.description == commit)
    }

    @Test func keepsFileNamesThatAreNotText() async throws {
        let repository = try TemporaryRepository()
        let blob = try repository.git(["hash-object", "-w", "--stdin"], input: "x")
        let tree = try repository.git(["mktree"], input: "100644 blob \(blob)\t\"b\\377d.yaml\"\n")
        let commit = try repository.git("commit-tree", "-m", "odd", tree)
        try repository.git("update-ref", "refs/heads/main", commit)
        let reader = ReaderUnderTest.of(repository)
        let id = try #require(ObjectID(tree))
        let entries = try await reader.entries(at: id)
        #expect(entries.map(\.path) == ["b\u{fffd}d.yaml"])
        #expect(entries.map(\.pathIsExact) == [false])
        let kind = await RepositoryReader.kind { () throws(GitError) in try await reader.exportTree(id) }
        #expect(kind == .other)
    }

    @Test func refusesATreeThatMultipliesItself() async throws {
        let repository = try TemporaryRepository()
        let blob = try repository.git(["hash-object", "-w", "--stdin"], input: "x")
        var lines = (0..<10).map { "100644 blob \(blob)\tf\($0)\n" }.joined()
        for _ in 0..<8 {
            let tree = try repository.git(["mktree"], input: lines)
            lines = (0..<10).map { "040000 tree \(tree)\td\($0)\n" }.joined()
        }
        let root = try #require(ObjectID(try repository.git(["mktree"], input: lines)))
        let reader = ReaderUnderTest.of(repository)
        let kind = await RepositoryReader.kind { () throws(GitError) in try await reader.entries(at: root) }
        #expect(kind == .tooLarge)
    }
}
