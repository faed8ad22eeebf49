import Testing

@testable import Manifests

/// Files that are config or part of packages, and what may not be in them.
@Suite struct SourceLayoutTests {
    private static let packaged = Sample.unit("web", "artifact: {source: apps/web}")

    @Test func filesOfAPackageAreNoDeclarations() throws {
        let source = TestSource([
            "u.yaml": Self.packaged, "apps/web/x.yaml": "not: [a declaration",
            "apps/web/unit.yaml": Sample.unit("web"), "apps/webby.yaml": Sample.unit("b"),
        ])
        let snapshot = try #require(source.assemble().snapshot, "\(source.assemble().headlines)")
        #expect(
            snapshot.units.keys.map(\.name).sorted() == ["b", "web"]
                && snapshot.packageTrees == ["apps/web": "tree:apps/web"])
        #expect(source.assemble().leftOut.map(\.path) == ["apps/web/unit.yaml", "apps/web/x.yaml"])
    }

    @Test func whatAPackagedFileDeclaresTakesNothing() throws {
        // The file in apps/web would take `other` as its artifact; it is itself part of one.
        let source = TestSource([
            "u.yaml": Self.packaged, "apps/web/unit.yaml": Sample.unit("inner", "artifact: {source: other}"),
            "other/d.yaml": Sample.unit("d"),
        ])
        #expect(source.assemble().snapshot?.units.keys.map(\.name).sorted() == ["d", "web"])
    }

    @Test func aUnitCannotLieWithinItsOwnArtifact() {
        #expect(TestSource(["apps/web/u.yaml": Self.packaged]).assemble().codes == ["artifact-contains-unit"])
        #expect(
            TestSource(["u.yaml": Sample.unit("web", "artifact: {source: .}")]).assemble().codes == [
                "artifact-contains-unit"
            ])
    }

    @Test func anArtifactMustBeADirectory() {
        #expect(TestSource(["u.yaml": Self.packaged]).assemble().codes == ["artifact-missing"])
        #expect(
            TestSource(["u.yaml": Self.packaged, "apps/web": "file"]).assemble().codes == ["artifact-missing"]
        )
        var source = TestSource(["u.yaml": Self.packaged])
        source.links = ["apps/web": "../real"]
        #expect(source.assemble().codes == ["symbolic-link"])
        source.links = [:]
        source.submodules = ["apps/web"]
        #expect(source.assemble().codes == ["submodule"])
        let near = TestSource(["u.yaml": Self.packaged, "apps/wed/run": ""]).assemble()
        #expect(near.diagnostics.first?.message.contains("did you mean 'apps/wed'?") == true)
    }

    @Test func whatAPackageCannotHold() {
        var source = TestSource(["u.yaml": Self.packaged, "apps/web/run": "#!/bin/sh"])
        source.links = ["apps/web/in": "run", "apps/web/deep/up": "../run"]
        #expect(source.assemble().codes == [])
        source.links["apps/web/out"] = "../other"
        #expect(source.assemble().codes == ["symbolic-link"])
        source.links = ["apps/web/etc": "/etc/passwd"]
        source.submodules = ["apps/web/lib"]
        #expect(source.assemble().codes == ["symbolic-link", "submodule"])
        source = TestSource([
            "u.yaml": Self.packaged,
            "apps/web/model.bin":
                "version https://git-lfs.github.com/spec/v1\n"
                + "oid sha256:\(String(repeating: "a", count: 64))\nsize 12345\n",
        ])
        #expect(source.assemble().codes == ["lfs-pointer"])
    }

    @Test func configFilesAreNoDeclarationsAndMustBeThere() {
        let unit = "config: {fields: [{name: fps, type: int}]}"
        var source = Sample.pair(unit: unit, instance: "configFrom: [config/a.yaml, ./config/b.json]")
        #expect(source.assemble().codes == ["config-file-missing", "config-file-missing"])
        source.files["config/a.yaml"] = Array("fps: 3\n".utf8)
        source.files["config/b.json"] = Array("{\"fps\": 4}".utf8)
        #expect(source.assemble().snapshot?.configFiles.count == 2)
        #expect(source.assemble().leftOut.map(\.path) == ["config/a.yaml"])
        source.files["config/a.yaml"] = Array("- fps\n".utf8)
        #expect(source.assemble().codes == ["config-file-shape"])
        source.files["config/a.yaml"] = Array("fps: 3\n---\nfps: 4\n".utf8)
        #expect(source.assemble().codes == ["config-file-shape"])
        source.files["config/a.yaml"] = []
        #expect(source.assemble().codes == ["config-file-shape"])
        source.files["config/a.yaml"] = nil
        source.links["config/a.yaml"] = "b.json"
        #expect(source.assemble().codes == ["symbolic-link"])
    }

    @Test func aDeclarationCannotBeAConfigFile() {
        let source = Sample.pair(instance: "configFrom: [instance.yaml]")
        #expect(source.assemble().codes == ["config-file-is-declaration"])
    }

    /// Moving files changes places only.
    @Test func movingFilesChangesNothing() throws {
        let a = try #require(
            TestSource(["a.yaml": Sample.unit("web"), "b.yaml": Sample.instance()]).assemble().snapshot)
        let b = try #require(
            TestSource(["x/y/b.yaml": Sample.instance(), "q.yml": Sample.unit("web")]).assemble().snapshot)
        #expect(Portrait.of(a) == Portrait.of(b))
    }
}
