import Glibc
import Manifests
import Reconciler
import TestKit
import Testing

@testable import Supervisor

/// What comes out of archives, well-made and hostile ones, through the process that reads them.
@Suite struct ArchiveTests {
    struct Made: Sendable, CustomTestStringConvertible {
        var name: String
        var format: Artifact.Format
        var script: String
        /// Of the failure; nil: it can be had.
        var code: String?
        /// What its message names.
        var word = ""

        var testDescription: String { name }
    }

    private func withStore(
        _ settings: ArtifactSettings = ArtifactSettings(), _ body: (String, PackageStore) async throws -> Void
    ) async throws {
        let base = TestHost.temporaryDirectory()
        defer { DirectoryTree.remove(base) }
        let store = PackageStore(
            directory: base + "/packages", source: FilesOfMemory(), settings: settings,
            unpacker: KeeperBinary.plumb)
        try await body(base, store)
    }

    static func reference(_ file: String, _ format: Artifact.Format, sha256: String? = nil) throws
        -> PackageReference
    {
        let digest = try sha256 ?? Archives.sha256(of: file)
        return PackageReference(
            unit: "web", version: "1.0.0", tree: digest,
            archive: ArchiveReference(format: format, sha256: digest, file: file, source: "file://\(file)"))
    }

    @Test(
        "Files, modes, links and names are as in the archive",
        arguments: [
            Made(
                name: "tar", format: .tarGz,
                script: """
                    tgz([('./', 'dir', '', 0o755), ('./bin/', 'dir', '', 0o2777),
                         ('./bin/start.sh', 'file', '#!/bin/sh\\n', 0o755),
                         ('./data/größe.txt', 'file', 'text', 0o600), ('./data/', 'dir', '', 0o700),
                         ('current', 'link', 'bin/start.sh', 0o777), ('same', 'hard', './bin/start.sh', 0)])
                    """),
            Made(
                name: "zip", format: .zip,
                script: """
                    zipped([('bin/start.sh', 'file', '#!/bin/sh\\n', 0o755),
                            ('data/größe.txt', 'file', 'text', 0o644),
                            ('current', 'link', 'bin/start.sh', 0o777),
                            ('same', 'file', '#!/bin/sh\\n', 0o755)])
                    """),
        ]) func whole(made: Made) async throws
    {
        try await withStore { base, store in
            let file = base + "/archive"
            try Archives.make(made.script, at: file)
            let reference = try Self.reference(file, made.format)
            try await store.materialise(reference)
            let path = store.path(of: reference)
            #expect(readFile("\(path)/data/größe.txt") == "text")
            var target = [CChar](repeating: 0, count: 64)
            #expect(readlink("\(path)/current", &target, 64) == 12)
            #expect(readFile("\(path)/same") == "#!/bin/sh\n")
            for (name, mode) in [
                ("bin/start.sh", 0o555), ("same", 0o555), ("data/größe.txt", 0o444), ("bin", 0o555),
                ("", 0o555),
            ] {
                var facts = stat()
                #expect(stat("\(path)/\(name)", &facts) == 0, "\(name)")
                #expect(facts.st_mode & 0o7777 == mode_t(mode), "\(name)")
                #expect(facts.st_uid == geteuid(), "\(name)")
            }
        }
    }

    private static func tar(_ name: String, _ entries: String, _ code: String, _ word: String = "") -> Made {
        Made(name: "tar: " + name, format: .tarGz, script: "tgz([\(entries)])", code: code, word: word)
    }

    private static func zip(_ name: String, _ entries: String, _ code: String, _ word: String = "") -> Made {
        Made(name: "zip: " + name, format: .zip, script: "zipped([\(entries)])", code: code, word: word)
    }

    private static let hostile = [
        tar("a path that leaves", "('../evil', 'file', 'x', 0o644)", "package-path", "../evil"),
        tar("one that leaves in its middle", "('a/../../evil', 'file', 'x', 0o644)", "package-path"),
        tar("an absolute path", "('/tmp/evil', 'file', 'x', 0o644)", "package-path", "/tmp/evil"),
        tar("a link that leaves", "('evil', 'link', '../../etc', 0o777)", "package-link", "leads outside"),
        tar("an absolute link", "('evil', 'link', '/etc/passwd', 0o777)", "package-link"),
        tar(
            "a file through a link", "('d', 'link', '/tmp', 0o777), ('d/evil', 'file', 'x', 0o644)",
            "package-path", "twice"),
        tar(
            "a file in place of a link", "('d', 'link', '/tmp/evil', 0o777), ('d', 'file', 'x', 0o644)",
            "package-path", "twice"),
        tar(
            "a link through a link",
            "('a/b', 'link', '..', 0o777), ('c', 'link', 'a/b/../evil', 0o777)", "package-link"),
        tar("a hard link that leaves", "('evil', 'hard', '../../../etc/passwd', 0o644)", "package-path"),
        tar("an absolute hard link", "('evil', 'hard', '/etc/passwd', 0o644)", "package-path"),
        tar("a hard link to nothing", "('evil', 'hard', 'missing', 0o644)", "package-link", "missing"),
        tar("a device", "('null', 'device', '', 0o666)", "package-kind", "null"),
        tar("a pipe", "('pipe', 'pipe', '', 0o666)", "package-kind"),
        tar("a setuid program", "('su', 'file', 'x', 0o4755)", "package-mode", "setuid"),
        tar("a setgid program", "('su', 'file', 'x', 0o2755)", "package-mode"),
        tar(
            "a name twice", "('a', 'file', 'x', 0o644), ('./a', 'file', 'y', 0o644)", "package-path", "twice"),
        tar("a file as directory", "('a', 'file', 'x', 0o644), ('a/b', 'file', 'y', 0o644)", "package-path"),
        tar("a deep one", "('d/' * 200 + 'a', 'file', 'x', 0o644)", "package-path"),
        tar("a long name", "('n' * 300, 'file', 'x', 0o644)", "package-path"),
        tar("a bomb", "('zeros', 'file', bytes(8 << 20), 0o644)", "package-size", "1Mi"),
        tar("nothing", "", "package-archive", "nothing"),
        tar("only itself", "('./', 'dir', '', 0o755)", "package-archive", "nothing"),
        zip("a path that leaves", "('../evil', 'file', 'x', 0o644)", "package-path", "../evil"),
        zip("an absolute path", "('/evil', 'file', 'x', 0o644)", "package-path"),
        zip("a link that leaves", "('evil', 'link', '../../etc/passwd', 0o777)", "package-link"),
        zip("a setuid program", "('su', 'file', 'x', 0o4755)", "package-mode"),
        zip("a name twice", "('a', 'file', 'x', 0o644), ('a', 'file', 'y', 0o644)", "package-path"),
        zip("a bomb", "('zeros', 'file', bytes(8 << 20), 0o644)", "package-size"),
        Made(
            name: "a plain tar", format: .tarGz, script: "tgz([('a', 'file', 'x', 0o644)], 'w')",
            code: "package-archive", word: "gzip"),
        Made(
            name: "a zip that says it is a tar", format: .tarGz,
            script: "zipped([('a', 'file', 'x', 0o644)])", code: "package-archive"),
        Made(
            name: "a tar that says it is a zip", format: .zip, script: "tgz([('a', 'file', 'x', 0o644)])",
            code: "package-archive"),
        Made(
            name: "no archive", format: .zip, script: "open(path, 'w').write('<html>not found</html>')",
            code: "package-archive"),
        Made(name: "an empty file", format: .tarGz, script: "open(path, 'w')", code: "package-archive"),
        Made(
            name: "a cut tar", format: .tarGz,
            script: """
                import random
                tgz([('a', 'file', random.Random(7).randbytes(100000), 0o644)])
                open(path, 'r+').truncate(50000)
                """, code: "package-archive"),
        Made(
            name: "a zip with another word in it", format: .zip,
            script: """
                import random
                zipped([('a', 'file', random.Random(7).randbytes(100000), 0o644)])
                whole = bytearray(open(path, 'rb').read())
                whole[5000:5004] = b'evil'
                open(path, 'wb').write(whole)
                """, code: "package-archive"),
    ]

    @Test("What must not be unpacked is refused with its reason, and leaves nothing", arguments: hostile)
    func refused(made: Made) async throws {
        try await withStore(ArtifactSettings(unpackedBytesMax: 1 << 20)) { base, store in
            let file = base + "/archive"
            try Archives.make(made.script, at: file)
            let reference = try Self.reference(file, made.format)
            do throws(PreparationFailure) {
                try await store.materialise(reference)
                Issue.record("it was unpacked")
            } catch {
                #expect(error.code == made.code, "\(error)")
                #expect(error.message.contains(made.word), "\(error)")
                #expect(error.message.contains("web@1.0.0") && error.message.contains(file), "\(error)")
                #expect(error.isOfRevision, "\(error)")
            }
            #expect(directoryNames(base + "/packages/web").isEmpty)
            #expect(access("/tmp/evil", F_OK) != 0)
        }
    }

    @Test("What says itself that it is too large is refused before any of it is written, and once for all")
    func saysTooLarge() async throws {
        try await withStore(ArtifactSettings(unpackedBytesMax: 1 << 20)) { base, store in
            let file = base + "/archive"
            // A header of 6 GiB, and nothing behind it: whoever read on would find it truncated.
            try Archives.make(
                """
                import gzip
                entry = tarfile.TarInfo('zeros')
                entry.size = 6 << 30
                open(path, 'wb').write(gzip.compress(entry.tobuf(format=tarfile.GNU_FORMAT)))
                """, at: file)
            let reference = try Self.reference(file, .tarGz)
            do throws(PreparationFailure) {
                try await store.materialise(reference)
                Issue.record("it was unpacked")
            } catch {
                #expect(error.code == "package-size", "\(error)")
            }
            #expect(await Array(store.unfit.keys) == [PackageStore.key(reference)])
        }
    }

    @Test("The process that reads hostile bytes is shut in") func confined() async throws {
        var ends: [Int32] = [-1, -1]
        #expect(pipe(&ends) == 0)
        defer { for end in ends { close(end) } }
        // Its input never comes, so it waits in the middle of its work.
        let process = try ArchiveProcess(
            executable: KeeperBinary.plumb, format: .tarGz, archive: ends[0],
            deadline: .current + .seconds(60))
        func fact(_ name: String) -> String? {
            readFile("/proc/\(process.pid)/status")?.split(separator: "\n").first { $0.hasPrefix(name + ":") }
                .map { $0.dropFirst(name.count + 1).trimmed }
        }
        await eventually("it has shut itself in") { fact("Seccomp") == "2" }
        #expect(fact("NoNewPrivs") == "1")
        if geteuid() == 0 {
            #expect(fact("Uid") == "65534\t65534\t65534\t65534")
            #expect(fact("CapEff") == "0000000000000000")
            #expect(fact("Groups") == "")
        }
        #expect(fact("Threads") == "1")
    }

    @Test("A program that is not there, or that says nonsense, is the host's trouble or refused")
    func brokenReader() async throws {
        for (program, code) in [("/nonexistent/plumb", "disk"), ("/bin/echo", "package-archive")] {
            let base = TestHost.temporaryDirectory()
            defer { DirectoryTree.remove(base) }
            try Archives.program("true\n", at: base + "/a.zip")
            let store = PackageStore(
                directory: base + "/packages", source: FilesOfMemory(), unpacker: program)
            do throws(PreparationFailure) {
                try await store.materialise(try Self.quietReference(base + "/a.zip"))
                Issue.record("it was unpacked")
            } catch {
                #expect(error.code == code, "\(error)")
            }
            #expect(directoryNames(base + "/packages/web").isEmpty)
        }
    }

    private static func quietReference(_ file: String) throws(PreparationFailure) -> PackageReference {
        guard let reference = try? reference(file, .zip) else {
            throw PreparationFailure(code: "test", message: "no digest", remedy: "")
        }
        return reference
    }
}

extension Substring {
    fileprivate var trimmed: String {
        String(drop { $0 == "\t" || $0 == " " })
    }
}
