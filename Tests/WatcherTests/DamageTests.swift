import Glibc
import Synchronization
import TestKit
import Testing
import Watcher

/// Objects that are cut, garbled, or moved about while they are read.
@Suite struct DamageTests {
    @Test(
        "objects truncated at many lengths are errors, never absences, and the reader survives its hangs",
        .survives(.repository, "objects truncated at many lengths", tries: 45),
        // libgit2 1.5 spins for ever on some of these; a thread that spins could not be ended.
        .enabled(if: ReaderUnderTest.hasChild, "needs the executable plumb beside the tests"))
    func truncated() async throws {
        let repository = try TemporaryRepository()
        for number in 0..<30 { try repository.write("units/\(number).yaml", "name: unit-\(number)\n") }
        let commit = try #require(ObjectID(try repository.commit("first")))
        let tree = try #require(ObjectID(try repository.head(of: "HEAD:units")))
        let blob = try #require(ObjectID(try repository.head(of: "HEAD:units/7.yaml")))
        let deadline = Duration.milliseconds(250)
        var tried = 0
        var hung = 0
        for (id, name) in [(commit, "commit"), (tree, "tree"), (blob, "blob")] {
            let file = repository.path + "/" + LooseObject.path(id)
            let whole = try Bytes.read(file)
            let step = max(1, whole.count / 14)
            for length in Array(stride(from: 0, to: whole.count, by: step)) + [whole.count - 1] {
                try Bytes.write(Array(whole.prefix(length)), to: file)
                // A new reader remembers no object from before.
                let reader = ReaderUnderTest.of(repository, deadline: deadline)
                let started = ContinuousClock.now
                let error = await RepositoryReader.error { () throws(GitError) in
                    let tip = try await reader.tip(of: "main")
                    _ = try await reader.blobs(try await reader.entries(at: tip.id).map(\.id))
                }
                let took = ContinuousClock.now - started
                tried += 1
                let kind = try #require(error?.kind, "\(name) cut at \(length) was read")
                #expect(
                    [.objectCorrupt, .readerTimedOut, .unreadable].contains(kind),
                    "\(name) \(length): \(kind)")
                if kind == .readerTimedOut {
                    hung += 1
                } else {
                    #expect(error?.message.contains("\(id)") == true)
                }
                #expect(took < .seconds(60), "the deadline ends it, however busy the machine is")
            }
            try Bytes.write(whole, to: file)
            let entries = try await ReaderUnderTest.of(repository).entries(at: commit)
            #expect(entries.count == 30)
        }
        Attempt.tried(tried)
        print("truncated objects: \(tried) tried, the reader hung and was killed \(hung) times")
    }

    @Test("a commit that git would not make is told as such, and is no damage") func badlyMade() async throws
    {
        let repository = try TemporaryRepository()
        try repository.write("a.yaml", "a: 1\n")
        try repository.commit("first")
        let tree = try repository.git("rev-parse", "HEAD^{tree}")
        let id = try repository.git(
            ["hash-object", "-t", "commit", "-w", "--stdin", "--literally"],
            input: "tree \(tree)\nauthor nobody\ncommitter nobody\n\nx\n")
        try repository.git("update-ref", "refs/heads/main", id)
        let reader = ReaderUnderTest.of(repository)
        let error = await RepositoryReader.error { () throws(GitError) in _ = try await reader.tip(of: "main")
        }
        #expect(error?.kind == .badlyMade, "\(String(describing: error))")
        #expect(error?.message.contains(id) == true)
    }

    @Test("a commit that git would not make is in nobody's way once another one follows it")
    func badlyMadeParent() async throws {
        let repository = try TemporaryRepository()
        try repository.write("a.yaml", "a: 1\n")
        let first = try #require(ObjectID(try repository.commit("first")))
        let tree = try repository.git("rev-parse", "HEAD^{tree}")
        let bad = try repository.git(
            ["hash-object", "-t", "commit", "-w", "--stdin", "--literally"],
            input: "tree \(tree)\nparent \(first)\nauthor nobody\ncommitter nobody\n\nx\n")
        let fixed = try repository.git("commit-tree", "-m", "fix", "-p", bad, tree)
        let orphan = try repository.git("commit-tree", "-m", "orphan", tree)
        let (middle, tip, other) = try (
            #require(ObjectID(bad)), #require(ObjectID(fixed)), #require(ObjectID(orphan))
        )
        let reader = ReaderUnderTest.of(repository)
        #expect(try await reader.isAncestor(first, of: tip))
        #expect(try await reader.isAncestor(middle, of: tip))
        #expect(try await reader.isAncestor(first, of: middle))
        #expect(try await !reader.isAncestor(other, of: tip))
        #expect(try await !reader.isAncestor(tip, of: first))
        #expect(try await reader.history(of: tip, excluding: []) == [first, middle, tip])
        #expect(try await reader.history(of: tip, excluding: [first]) == [middle, tip])
        #expect(try await reader.history(of: tip, excluding: [middle]) == [tip])
    }

    @Test func aFlippedByteIsFound() async throws {
        let repository = try TemporaryRepository()
        try repository.write("a.yaml", String(repeating: "some text, ", count: 300))
        try repository.commit("first")
        let reader = ReaderUnderTest.of(repository)
        let entry = try #require(try await reader.entries(at: try await reader.tip(of: "main").id).first)
        let file = repository.path + "/" + LooseObject.path(entry.id)
        let other = try repository.git(["hash-object", "-w", "--stdin"], input: "other contents")
        let otherID = try #require(ObjectID(other))
        // A well-formed object under the wrong name: only the hash can tell.
        try Bytes.write(try Bytes.read(repository.path + "/" + LooseObject.path(otherID)), to: file)
        let error = await RepositoryReader.error { () throws(GitError) in try await reader.blobs([entry.id]) }
        #expect(error?.kind == .objectCorrupt)
        #expect(error?.message.contains(entry.id.description) == true)
    }

    @Test(.survives(.repository, "repacked during reads", tries: 200))
    func readsGoOnWhileTheRepositoryIsRepacked() async throws {
        let repository = try TemporaryRepository()
        for number in 0..<300 { try repository.write("f/\(number % 20)/\(number)", "contents \(number)\n") }
        let commit = try #require(ObjectID(try repository.commit("first")))
        let reader = ReaderUnderTest.of(repository)
        let expected = try await reader.entries(at: commit)
        let isDone = Mutex(false)
        let repacking = Task.detached {
            var rounds = 0
            while !isDone.withLock({ $0 }) {
                rounds += 1
                try repository.git("gc", "-q", "--prune=now")
                try repository.write("f/extra", "\(rounds)")
                try repository.commit("more \(rounds)")
                try repository.git("repack", "-q", "-a", "-d", "-F")
                try repository.git("multi-pack-index", "write")
                try repository.git("commit-graph", "write", "--reachable")
            }
            return rounds
        }
        let reads = 200
        for _ in 0..<reads {
            let entries = try await reader.entries(at: commit)
            #expect(entries == expected)
            #expect(try await reader.blobs(entries.map(\.id)).count == 300)
            try await Task.sleep(for: .milliseconds(5))
        }
        isDone.withLock { $0 = true }
        let rounds = try await repacking.value
        print("read \(reads) times while the repository was repacked \(rounds) times")
    }
}

/// Whole files.
enum Bytes {
    struct Failure: Error { let code: Int32 }

    static func read(_ path: String) throws -> [UInt8] {
        let descriptor = open(path, O_RDONLY)
        guard descriptor >= 0 else { throw Failure(code: errno) }
        defer { close(descriptor) }
        let count = Int(lseek(descriptor, 0, SEEK_END))
        return [UInt8](unsafeUninitializedCapacity: count) {
            $1 = max(0, pread(descriptor, $0.baseAddress, count, 0))
        }
    }

    /// Replaces the contents, in a file of the same name that may be read-only.
    static func write(_ bytes: [UInt8], to path: String) throws {
        unlink(path)
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        guard descriptor >= 0 else { throw Failure(code: errno) }
        defer { close(descriptor) }
        guard Glibc.write(descriptor, bytes, bytes.count) == bytes.count else { throw Failure(code: errno) }
    }
}
