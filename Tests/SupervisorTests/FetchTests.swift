import Glibc
import Manifests
import Reconciler
import TestKit
import Testing

@testable import Supervisor

/// Archives from elsewhere: real servers, and what they do wrong.
@Suite struct FetchTests {
    private static let password = "pl4nted-p4ssw0rd"

    /// A directory, a server of it, and a store that trusts the server.
    private final class Place {
        let base = TestHost.temporaryDirectory("/tmp")
        let server: ServerProcess
        var settings: ArtifactSettings
        private(set) lazy var store = PackageStore(
            directory: base + "/packages", source: FilesOfMemory(), settings: settings,
            unpacker: KeeperBinary.plumb)

        init() throws {
            for name in ["/files", "/home", "/secrets"] { mkdir(base + name, 0o755) }
            server = try FileServers.web(
                root: base + "/files", home: base + "/home", password: FetchTests.password)
            settings = ArtifactSettings(caFile: base + "/home/ca.pem", timeout: .seconds(30))
            try Archives.program("true\n", at: base + "/files/web.tar.gz")
        }

        deinit {
            server.end()
            DirectoryTree.remove(base)
        }

        func url(_ path: String, port: UInt16? = nil) -> String {
            "https://127.0.0.1:\(port ?? server.port)/\(path)"
        }

        func reference(_ url: String, sha256: String? = nil) throws -> PackageReference {
            let digest = try sha256 ?? Archives.sha256(of: base + "/files/web.tar.gz")
            return PackageReference(
                unit: "web", version: "1.0.0", tree: digest,
                archive: ArchiveReference(format: .tarGz, sha256: digest, url: url, source: url))
        }

        func failure(_ reference: PackageReference) async -> PreparationFailure? {
            do throws(PreparationFailure) {
                try await store.materialise(reference)
                return nil
            } catch {
                return error
            }
        }

        /// What a failed fetch has left of its bytes.
        var left: [String] { directoryNames(base + "/packages/web") }
    }

    @Test("Over TLS, redirected, and by name and password or token", .enabled(if: FileServers.hasWeb))
    func fetched() async throws {
        for (path, kind) in [
            ("web.tar.gz", nil), ("away/web.tar.gz", nil),
            ("basic/web.tar.gz", .basic(user: FileServers.user, passwordFile: "/secrets/p")),
            ("token/web.tar.gz", .bearer(tokenFile: "/secrets/p")),
        ] as [(String, ArtifactSettings.Credential.Kind?)] {
            let place = try Place()
            writeFile(place.base + "/secrets/p", Self.password + "\n", mode: 0o600)
            let reference = try place.reference(place.url(path))
            switch kind {
            case .basic(let user, let file)?:
                place.settings.credentials = [
                    .init(
                        host: "127.0.0.1:\(place.server.port)",
                        kind: .basic(user: user, passwordFile: place.base + file))
                ]
            case .bearer(let file)?:
                place.settings.credentials = [
                    .init(
                        host: "127.0.0.1:\(place.server.port)", kind: .bearer(tokenFile: place.base + file))
                ]
            case nil: break
            }
            #expect(await place.failure(reference) == nil, "\(path)")
            #expect(readFile(place.store.path(of: reference) + "/data.txt") == "data", "\(path)")
        }
    }

    @Test(
        "What cannot be had is said with its reason, and is not the revision's",
        .enabled(if: FileServers.hasWeb))
    func refused() async throws {
        let place = try Place()
        let cases = [
            ("missing.tar.gz", "artifact-refused", "404"), ("basic/web.tar.gz", "artifact-refused", "401"),
            ("token/web.tar.gz", "artifact-refused", "403"),
            ("round/web.tar.gz", "artifact-redirect", "more than 5 times"),
            ("down/web.tar.gz", "artifact-redirect", "http"),
        ]
        for (path, code, word) in cases {
            let failure = try #require(await place.failure(try place.reference(place.url(path))), "\(path)")
            #expect(failure.code == code, "\(failure)")
            #expect(failure.message.contains(word) && failure.message.contains(path), "\(failure)")
            #expect(failure.isTransient && !failure.isOfRevision)
        }
        #expect(place.left.isEmpty)

        let strange = try Place()
        strange.settings.caFile = nil
        let untrusted = try #require(await strange.failure(try strange.reference(strange.url("web.tar.gz"))))
        #expect(untrusted.code == "artifact-unreachable")
        #expect(untrusted.message.contains("certificate is not trusted"), "\(untrusted)")
        let closed = try strange.reference(strange.url("web.tar.gz", port: try Loopback.freePort()))
        let gone = try #require(await strange.failure(closed))
        #expect(gone.message.contains("connection refused"), "\(gone)")
    }

    @Test(
        "Another digest: expected, found and from where; nothing is unpacked",
        .enabled(if: FileServers.hasWeb))
    func wrongDigest() async throws {
        let place = try Place()
        let wrong = String(repeating: "0", count: 64)
        let url = place.url("web.tar.gz")
        let failure = try #require(await place.failure(try place.reference(url, sha256: wrong)))
        let found = try Archives.sha256(of: place.base + "/files/web.tar.gz")
        #expect(failure.code == "package-digest")
        #expect([wrong, found, url].allSatisfy(failure.message.contains), "\(failure)")
        #expect(failure.isOfRevision)
        #expect(place.left.isEmpty)
        // Another question is answered without another download.
        let asked = readFile(place.base + "/home/access.log")
        #expect(await place.failure(try place.reference(url, sha256: wrong)) == failure)
        #expect(readFile(place.base + "/home/access.log") == asked)
        // The same digest elsewhere is another attempt.
        let other = try place.reference(place.url("away/web.tar.gz"), sha256: wrong)
        #expect(await place.failure(other)?.message.contains("away/web.tar.gz") == true)
    }

    @Test("A server that hangs, one that resets, and one that comes back", .enabled(if: FileServers.hasWeb))
    func faulty() async throws {
        let place = try Place()
        place.settings.timeout = .seconds(1)
        let silent = try SilentServer()
        let late = try #require(
            await place.failure(try place.reference(place.url("web.tar.gz", port: silent.port))))
        #expect(late.code == "artifact-timeout", "\(late)")

        let patient = try Place()
        try Archives.make(
            "import random\ntgz([('a', 'file', random.Random(7).randbytes(300000), 0o644)])",
            at: patient.base + "/files/web.tar.gz")
        let resetting = try ResettingServer(before: patient.server.port, after: 100_000)
        let reference = try patient.reference(patient.url("web.tar.gz", port: resetting.port))
        let reset = try #require(await patient.failure(reference))
        #expect(reset.isTransient && !reset.isOfRevision && reset.code.hasPrefix("artifact-"), "\(reset)")
        #expect(patient.left.isEmpty)
        resetting.reset(after: .max)
        let giveUp = Instant.current + .seconds(60)
        while await patient.failure(reference) != nil, Instant.current < giveUp {
            try await Task.sleep(for: .milliseconds(20))
        }
        #expect(patient.store.isPresent(reference))
    }

    @Test("More than the host allows is the host's to say", .enabled(if: FileServers.hasWeb))
    func tooLarge() async throws {
        let place = try Place()
        place.settings.bytesMax = 100
        for url in [place.url("web.tar.gz")] {
            let failure = try #require(await place.failure(try place.reference(url)))
            #expect(failure.code == "artifact-size" && failure.message.contains("100"), "\(failure)")
            #expect(failure.remedy.contains("artifacts.maxBytes") && !failure.isOfRevision)
        }
    }

    @Test("A file of the host: once it is there and right, and no other kind of file") func file()
        async throws
    {
        let base = TestHost.temporaryDirectory("/tmp")
        defer { DirectoryTree.remove(base) }
        try Archives.program("true\n", at: base + "/right.tar.gz")
        let store = PackageStore(
            directory: base + "/packages", source: FilesOfMemory(), unpacker: KeeperBinary.plumb)
        let digest = try Archives.sha256(of: base + "/right.tar.gz")
        let reference = try ArchiveTests.reference(base + "/web.tar.gz", .tarGz, sha256: digest)
        func failure() async -> PreparationFailure? {
            do throws(PreparationFailure) {
                try await store.materialise(reference)
                return nil
            } catch {
                return error
            }
        }
        let missing = try #require(await failure())
        #expect(missing.code == "artifact-missing" && !missing.isOfRevision, "\(missing)")
        // A pipe must not make it wait for ever.
        mkfifo(base + "/web.tar.gz", 0o600)
        await eventuallySo("a pipe is refused") { await failure()?.code == "artifact-kind" }
        rename(base + "/right.tar.gz", base + "/web.tar.gz")
        await eventuallySo("it is taken") { await failure() == nil }
        #expect(readFile(store.path(of: reference) + "/data.txt") == "data")
    }

    private func eventuallySo(_ what: String, _ condition: () async -> Bool) async {
        let giveUp = Instant.current + .seconds(60)
        while !(await condition()) {
            guard Instant.current < giveUp else {
                Issue.record("not within 60 s: \(what)")
                return
            }
            try? await Task.sleep(for: .milliseconds(20))
        }
    }

    @Test("Many that want the same fetch it once", .enabled(if: FileServers.hasWeb)) func once() async throws
    {
        let place = try Place()
        let (store, reference) = (place.store, try place.reference(place.url("web.tar.gz")))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<20 { group.addTask { try await store.materialise(reference) } }
            try await group.waitForAll()
        }
        // The server writes its log when it is told to end.
        place.server.end()
        let lines = readFile(place.base + "/home/access.log")?.split(separator: "\n") ?? []
        #expect(lines.count <= 1)
    }

    @Test("A full disk is said as such, leaves nothing, and passes (root: it mounts one)")
    func fullDisk() async throws {
        guard geteuid() == 0 else {
            print("skipped: only root can mount a small disk")
            return
        }
        let base = TestHost.temporaryDirectory("/tmp")
        defer { DirectoryTree.remove(base) }
        let packages = base + "/packages"
        mkdir(packages, 0o755)
        guard mount("tmpfs", packages, "tmpfs", 0, "size=1m") == 0 else {
            print("skipped: nothing can be mounted here")
            return
        }
        defer { umount2(packages, 2) }
        try Archives.make("tgz([('zeros', 'file', bytes(4 << 20), 0o644)])", at: base + "/a.tar.gz")
        let store = PackageStore(directory: packages, source: FilesOfMemory(), unpacker: KeeperBinary.plumb)
        let reference = try ArchiveTests.reference(base + "/a.tar.gz", .tarGz)
        var found: PreparationFailure?
        do throws(PreparationFailure) { try await store.materialise(reference) } catch { found = error }
        let failure = try #require(found)
        #expect(failure.code == "disk-full" && !failure.isOfRevision, "\(failure)")
        #expect(failure.message.contains("no room") && failure.remedy.contains("make room"), "\(failure)")
        #expect(directoryNames(packages + "/web").isEmpty)
        #expect(mount("tmpfs", packages, "tmpfs", 32, "size=64m") == 0)
        await eventuallySo("there is room again") {
            (try? await store.materialise(reference)) != nil
        }
    }
}
