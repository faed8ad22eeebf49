import Glibc
import Manifests
import Reconciler
import Synchronization
import Testing

@testable import Supervisor

@Suite struct PackageTests {
    private static let tree = String(repeating: "a1", count: 20)
    private let reference = PackageReference(unit: "web", version: "1.0.0", tree: tree)

    private func withStore(
        _ files: [(path: String, kind: PackageEntry.Kind, text: String)],
        _ body: (PackageStore, String) async throws -> Void
    ) async throws {
        let base = TestHost.temporaryDirectory()
        defer { DirectoryTree.remove(base) }
        try await body(PackageStore(directory: base, source: FilesOfMemory(Self.tree, files)), base)
    }

    private func code(_ files: [(path: String, kind: PackageEntry.Kind, text: String)]) async throws
        -> String?
    {
        var code: String?
        try await withStore(files) { store, base in
            do throws(PreparationFailure) {
                try await store.materialise(reference)
            } catch {
                code = error.code
                #expect(!error.isTransient)
            }
            #expect(store.isPresent(reference) == (code == nil))
        }
        return code
    }

    @Test func filesModesAndLinksAreAsInTheTree() async throws {
        try await withStore([
            ("bin/start.sh", .executable, "#!/bin/sh\n"), ("data/a.txt", .file, "text"),
            ("current", .symbolicLink, "bin/start.sh"), ("bin/up", .symbolicLink, "../data/a.txt"),
        ]) { store, base in
            try await store.materialise(reference)
            let path = store.path(of: reference)
            #expect(path == "\(base)/web/1.0.0-\(Self.tree)")
            #expect(readFile("\(path)/data/a.txt") == "text")
            for (name, mode) in [("bin/start.sh", 0o555), ("data/a.txt", 0o444), ("bin", 0o555), ("", 0o555)]
            {
                var facts = stat()
                #expect(stat("\(path)/\(name)", &facts) == 0)
                #expect(facts.st_mode & 0o7777 == mode_t(mode), "\(name)")
            }
            var buffer = [CChar](repeating: 0, count: 64)
            #expect(readlink("\(path)/current", &buffer, 64) == 12)
        }
    }

    @Test func whatLeavesThePackageIsRefused() async throws {
        #expect(try await code([("a", .symbolicLink, "/etc/passwd")]) == "package-link")
        #expect(try await code([("a", .symbolicLink, "../a")]) == "package-link")
        #expect(try await code([("d/e", .symbolicLink, "../../x")]) == "package-link")
        #expect(try await code([("../a", .file, "")]) == "package-path")
        #expect(try await code([("/a", .file, "")]) == "package-path")
        #expect(try await code([("d/./a", .file, "")]) == "package-path")
        // Harmless word by word, and outside once the link in its middle is followed.
        #expect(
            try await code([
                ("a/b/root", .symbolicLink, "../.."), ("a/b/evil", .symbolicLink, "root/../x"),
            ]) == "package-link")
        #expect(try await code([("a", .symbolicLink, "b"), ("b", .symbolicLink, "a")]) == nil)
        #expect(try await code([("d/e", .symbolicLink, "../missing")]) == nil)
    }

    @Test func submodulesAndPointersAreRefused() async throws {
        #expect(try await code([("lib", .submodule, "")]) == "package-submodule")
        let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n"
        #expect(try await code([("model.bin", .file, pointer)]) == "package-lfs")
        #expect(try await code([("a", .file, ""), ("a/b", .file, "")]) == "package-path")
    }

    @Test func anUnreadableRepositoryIsAPassingTrouble() async throws {
        let base = TestHost.temporaryDirectory()
        defer { DirectoryTree.remove(base) }
        let store = PackageStore(directory: base, source: FilesOfMemory())
        do throws(PreparationFailure) {
            try await store.materialise(reference)
            Issue.record("it was materialised")
        } catch {
            #expect(error.isTransient)
        }
    }

    @Test func atTheSameTimeItIsWrittenOnce() async throws {
        let base = TestHost.temporaryDirectory()
        defer { DirectoryTree.remove(base) }
        let source = CountingSource(FilesOfMemory(Self.tree, [("a", .file, "x")]))
        let store = PackageStore(directory: base, source: source)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<20 { group.addTask { try await store.materialise(reference) } }
            try await group.waitForAll()
        }
        #expect(source.asked == 1)
    }

    @Test func aTornPackageIsWrittenAnew() async throws {
        try await withStore([("a", .file, "whole")]) { store, base in
            try await store.materialise(reference)
            let path = store.path(of: reference)
            unlink("\(path).complete")
            #expect(!store.isPresent(reference))
            await store.removeTorn()
            #expect(access(path, F_OK) != 0)
            try await store.materialise(reference)
            #expect(readFile("\(path)/a") == "whole")
        }
    }

    private func age(_ path: String, by seconds: Int) {
        var times = [timespec(), timespec()]
        clock_gettime(CLOCK_REALTIME, &times[0])
        times[0].tv_sec -= seconds
        times[1] = times[0]
        #expect(utimensat(AT_FDCWD, path + ".complete", times, 0) == 0)
    }

    @Test func whatNothingNeedsGoesAfterItsTimeOfGrace() async throws {
        try await withStore([("a", .file, "whole")]) { store, base in
            try await store.materialise(reference)
            let (path, key) = (store.path(of: reference), PackageStore.key(reference))
            let hour = Duration.seconds(3600)
            let fresh = await store.collect(keep: [], grace: hour)
            #expect(fresh.removed.isEmpty && store.isPresent(reference))
            #expect((fresh.nextIn ?? .zero) > .seconds(3000))
            // What is needed stays, however old, and its time begins when it is needed no longer.
            age(path, by: 7200)
            let needed = await store.collect(keep: [key], grace: hour)
            #expect(needed == PackageStore.Collection())
            #expect(await store.collect(keep: [], grace: hour).removed.isEmpty)
            // Whoever asks for it has it for another time of grace.
            age(path, by: 7200)
            try await store.materialise(reference)
            #expect(await store.collect(keep: [], grace: hour).removed.isEmpty)
            age(path, by: 7200)
            #expect(await store.collect(keep: [], grace: hour).removed == [key])
            #expect(!store.isPresent(reference))
            await eventually("its files are gone") { directoryNames(base).isEmpty }
            try await store.materialise(reference)
            #expect(readFile("\(path)/a") == "whole")
        }
    }

    @Test func aDeathWhileAPackageIsRemovedLeavesNoHalfOne() async throws {
        try await withStore([("a", .file, "whole")]) { store, base in
            try await store.materialise(reference)
            let path = store.path(of: reference)
            // As far as each of its steps: the marker is gone; the directory has its other name.
            unlink("\(path).complete")
            #expect(!store.isPresent(reference))
            rename(path, "\(base)/web/old-1.0.0-\(Self.tree)")
            #expect(!store.isPresent(reference))
            await store.removeTorn()
            #expect(directoryNames("\(base)/web").isEmpty)
            try await store.materialise(reference)
            #expect(readFile("\(path)/a") == "whole")
        }
    }

    @Test func whatRunsKeepsItsPackage() async throws {
        let script = "#!/bin/sh\nexec sleep 600\n"
        let host = TestHost(source: FilesOfMemory(Self.tree, [("start.sh", .executable, script)]))
        try await withHost(host) { host in
            let spec = spec(ProcessSpec(command: "./start.sh", package: reference))
            try await host.start(spec)
            let path = host.supervisor.packages.path(of: reference)
            age(path, by: 7 * 86_400)
            #expect(await host.supervisor.collectPackages(keep: []).removed.isEmpty)
            #expect(host.supervisor.packages.isPresent(reference))
        }
    }

    @Test func aCommandOfThePackageRunsInItsDirectory() async throws {
        let script = "#!/bin/sh\npwd > $PLUMB_PRIVATE_DIR/pwd\necho $0 >> $PLUMB_PRIVATE_DIR/pwd\n"
        let host = TestHost(source: FilesOfMemory(Self.tree, [("bin/start.sh", .executable, script)]))
        try await withHost(host) { host in
            let spec = spec(ProcessSpec(command: "./bin/start.sh", package: reference))
            #expect(await host.supervisor.prepare(spec) == nil)
            let run = try await host.start(spec)
            #expect(try await host.exited(run).cause == .exited(code: 0))
            let path = host.supervisor.packages.path(of: reference)
            #expect(
                readFile("\(host.stateDir)/instances/web/0/private/pwd") == "\(path)\n\(path)/bin/start.sh\n")
            let missing = supervisorSpec("./bin/other.sh")
            #expect(await host.supervisor.prepare(missing)?.code == "command-missing")
        }
    }

    private func supervisorSpec(_ command: String) -> InstanceSpec {
        spec(ProcessSpec(command: command, package: reference))
    }
}

/// Counts how often a tree is asked for.
private final class CountingSource: PackageSource {
    private let files: FilesOfMemory
    private let count = Mutex(0)
    var asked: Int { count.withLock { $0 } }

    init(_ files: FilesOfMemory) { self.files = files }

    func entries(tree: String) async throws -> [PackageEntry] {
        count.withLock { $0 += 1 }
        // Long enough for everybody to ask while the first answer is on its way.
        try await Task.sleep(for: .milliseconds(20))
        return try await files.entries(tree: tree)
    }

    func blob(_ id: String) async throws -> [UInt8] { try await files.blob(id) }
    func write(blob id: String, to descriptor: Int32) async throws {
        try await files.write(blob: id, to: descriptor)
    }
}
