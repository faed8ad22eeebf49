import Testing

@testable import Manifests

/// `spec.artifact`: where files come from, and what must be known of them.
@Suite struct ArtifactTests {
    private static let digest = String(repeating: "5e", count: 32)

    private func unit(_ artifact: String) -> String { Sample.unit("u", "artifact: {\(artifact)}") }

    @Test(arguments: [
        ("source: dist/web.tar.gz", Artifact(origin: .repository(path: "dist/web.tar.gz"), format: .tarGz)),
        ("source: ./dist/web.TGZ", Artifact(origin: .repository(path: "dist/web.TGZ"), format: .tarGz)),
        (
            "source: dist/web, format: zip, sha256: \"\(digest.uppercased())\"",
            Artifact(origin: .repository(path: "dist/web"), format: .zip, sha256: digest)
        ),
        (
            "source: \"file:///srv//web.zip\", sha256: \"\(digest)\"",
            Artifact(origin: .host(path: "/srv/web.zip"), format: .zip, sha256: digest)
        ),
        (
            "source: \"file:/srv/web\", format: tar.gz, sha256: \"\(digest)\"",
            Artifact(origin: .host(path: "/srv/web"), format: .tarGz, sha256: digest)
        ),
        (
            "source: \"https://files.example.org:8443/a/web.zip?v=1\", sha256: \"\(digest)\"",
            Artifact(
                origin: .web(url: "https://files.example.org:8443/a/web.zip?v=1"), format: .zip,
                sha256: digest)
        ),
        (
            "source: \"http://[::1]:8080/web.tgz\", sha256: \"\(digest)\"",
            Artifact(origin: .web(url: "http://[::1]:8080/web.tgz"), format: .tarGz, sha256: digest)
        ),
    ]) func taken(text: String, artifact: Artifact) throws {
        let files = ["dist/web.tar.gz": "x", "dist/web.TGZ": "y", "dist/web": "z"]
        let assembly = TestSource(files.merging(["u.yaml": unit(text)]) { $1 }).assemble()
        let snapshot = try #require(assembly.snapshot, "\(assembly.headlines)")
        #expect(snapshot.units.values.first?.artifact == artifact)
        if let file = artifact.file { #expect(snapshot.packageFiles[file] != nil) }
    }

    @Test(arguments: [
        ("source: \"file:///srv/web.zip\"", "artifact-digest"),
        ("source: \"https://example.org/web.zip\"", "artifact-digest"),
        ("source: \"https://example.org/web.zip\", sha256: abc", "invalid-value"),
        ("source: \"https://example.org/web\", sha256: \"\(digest)\"", "invalid-artifact"),
        ("source: \"https://example.org/web\", format: dir, sha256: \"\(digest)\"", "invalid-artifact"),
        ("source: \"http://example.org/web.zip\", sha256: \"\(digest)\"", "invalid-artifact"),
        ("source: \"http://localhost.example.org/w.zip\", sha256: \"\(digest)\"", "invalid-artifact"),
        ("source: \"https://user:word@example.org/w.zip\", sha256: \"\(digest)\"", "invalid-artifact"),
        ("source: \"https://example.org\", format: zip, sha256: \"\(digest)\"", "invalid-artifact"),
        ("source: \"https:///web.zip\", sha256: \"\(digest)\"", "invalid-artifact"),
        ("source: \"https://example.org/web.zip#a\", sha256: \"\(digest)\"", "invalid-artifact"),
        ("source: \"https://example.org/a b.zip\", sha256: \"\(digest)\"", "invalid-artifact"),
        ("source: \"https://example.org:0/a.zip\", sha256: \"\(digest)\"", "invalid-artifact"),
        ("source: \"ftp://example.org/web.zip\", sha256: \"\(digest)\"", "invalid-artifact"),
        ("source: \"file://elsewhere/srv/web.zip\", sha256: \"\(digest)\"", "invalid-artifact"),
        ("source: \"file:///srv/../web.zip\", sha256: \"\(digest)\"", "invalid-artifact"),
        ("source: app, sha256: \"\(digest)\"", "artifact-digest"),
        ("source: missing.zip", "artifact-missing"), ("source: app, format: zip", "artifact-missing"),
        ("source: link.zip", "symbolic-link"), ("source: pointer.zip", "lfs-pointer"),
        ("source: app/run.sh", "artifact-missing"),
    ]) func refused(text: String, code: String) {
        var source = TestSource([
            "u.yaml": unit(text), "app/run.sh": "x",
            "pointer.zip": "version https://git-lfs.github.com/spec/v1\noid sha256:\(Self.digest)\nsize 9\n"
                + String(repeating: " ", count: 20),
        ])
        source.links["link.zip"] = "app/run.sh"
        let assembly = source.assemble()
        #expect(assembly.codes == [code], "\(assembly.headlines)")
    }

    @Test func anArchiveThatWasReadIsComparedWithItsDigest() {
        let source = TestSource(["u.yaml": unit("source: a.zip, sha256: \"\(Self.digest)\""), "a.zip": "x"])
        let files = [ParsedFile.parse(path: "u.yaml", blob: "u", bytes: source.files["u.yaml"] ?? [])]
        #expect(ParsedFile.pinnedArchives(of: files) == ["a.zip"])
        for (digest, codes) in [(Self.digest, []), ("0123", ["artifact-digest"])] {
            let assembly = Assembly.assemble(
                listing: source.listing, selection: SourceSelection(listing: source.listing), files: files,
                configs: [], digests: ["a.zip": digest])
            #expect(assembly.codes == codes, "\(assembly.headlines)")
        }
    }
}
