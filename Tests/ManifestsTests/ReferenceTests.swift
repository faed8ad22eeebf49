import Testing

@testable import Manifests

/// What declarations say of one another.
@Suite struct ReferenceTests {
    @Test func theHighestVersionThatFitsIsPicked() throws {
        let units = ["1.3.0", "1.4.0", "1.10.1", "2.0.0", "1.11.0-rc.1"].map {
            Sample.unit("web", version: $0)
        }
        func pick(_ reference: String) -> String? {
            let source = TestSource([
                "u.yaml": units.joined(separator: "\n---\n"), "i.yaml": Sample.instance("i", unit: reference),
            ])
            return source.assemble().snapshot?.resolvedUnits["i"]?.description
        }
        #expect(
            pick("web") == "web@2.0.0" && pick("web@^1.4") == "web@1.10.1" && pick("web@~1.4") == "web@1.4.0")
        #expect(
            pick("web@1.3.0") == "web@1.3.0" && pick("web@^1.11.0-rc.1") == "web@1.11.0-rc.1"
                && pick("web@^3") == nil)
    }

    @Test func referencesToBrokenOrUnreadableDeclarationsAreNoSecondMistake() {
        let source = TestSource([
            "broken.yaml": Sample.unit("web", "typo: 1"),
            "unreadable.yaml": Sample.instance("db") + "\n  x: [",
            "i.yaml": Sample.instance("i", unit: "web@^1", "dependsOn: [{instance: db}]"),
            "j.yaml": Sample.instance("j", unit: "other"),
        ])
        #expect(
            source.assemble().codes == ["unknown-key", "unknown-unit", "yaml-syntax"],
            "\(source.assemble().headlines)")
    }

    @Test func duplicatesNameBothPlaces() throws {
        let source = TestSource([
            "a.yaml": Sample.instance("x", unit: "u"), "b.yaml": Sample.instance("x", unit: "u"),
            "u.yaml": Sample.unit("u"),
        ])
        let found = try #require(source.assemble().diagnostics.first)
        #expect(found.headline == "b.yaml:3:18: error[duplicate-name]: the Instance 'x' is declared twice")
        #expect(found.notes.map(\.location.short) == ["a.yaml:3"])
    }

    @Test func aUnitAndAnInstanceMayHaveOneName() { #expect(Sample.pair().assemble().snapshot != nil) }

    @Test(arguments: [
        (["a": "b", "b": "a"], "a → b → a"), (["c": "a", "a": "b", "b": "c"], "a → b → c → a"),
        (["x": "b", "b": "d", "d": "b"], "b → d → b"),
    ])
    func circlesArePrinted(_ edges: [String: String], path: String) throws {
        var source = TestSource(["u.yaml": Sample.unit("u")])
        for (from, to) in edges {
            source.files["\(from).yaml"] = Array(
                Sample.instance(from, unit: "u", "dependsOn: [{instance: \(to)}]").utf8)
        }
        let found = try #require(source.assemble().errors.first)
        #expect(source.assemble().errors.count == 1 && found.code == .dependencyCycle)
        #expect(
            found.message.hasSuffix(": " + path) && found.notes.count == path.split(separator: "→").count - 1)
    }

    /// No recursion: the chain has more links than a stack has frames.
    @Test func aLongChainIsNoCircle() {
        var text = Sample.unit("u")
        for index in 0..<5_000 {
            text +=
                "\n---\n"
                + Sample.instance(
                    "i\(index)", unit: "u", index == 0 ? "" : "dependsOn: [{instance: i\(index - 1)}]")
        }
        #expect(TestSource(["a.yaml": text]).assemble().snapshot?.instances.count == 5_000)
    }

    @Test(arguments: [
        ("8080", "replicas: 2", ["fixed-port-replicas"]), ("8080", "replicas: 1", []),
        ("8080+index", "replicas: 3", []), ("65535+index", "replicas: 2", ["invalid-port"]),
        ("8080", "replicas: 0", []),
    ])
    func fixedPortsAndReplicas(_ port: String, _ spec: String, codes: [String]) {
        let assembly = Sample.pair(unit: "endpoints: [{name: http, port: \(port)}]", instance: spec)
            .assemble()
        #expect(assembly.codes == codes, "\(assembly.headlines)")
        if codes == ["fixed-port-replicas"] {
            #expect(
                assembly.diagnostics[0].help.contains("8080+index")
                    && assembly.diagnostics[0].notes[0].location.file == "unit.yaml")
        }
    }

    @Test(arguments: [
        ("", "", true), ("nodes: {names: [a]}", "nodes: {names: [b]}", false),
        ("nodes: {names: [a]}", "nodes: {names: [a, b]}", true),
        ("nodes: {selector: {zone: a}}", "nodes: {selector: {zone: b}}", false),
        ("nodes: {selector: {zone: a}}", "nodes: {selector: {disk: ssd}}", true),
        ("desired: stopped", "", false), ("nodes: {names: [a]}", "", true),
    ])
    func twoInstancesOnOnePort(_ first: String, _ second: String, conflict: Bool) {
        let source = TestSource([
            "u.yaml": Sample.unit("u", "endpoints: [{name: http, port: 8080}]"),
            "a.yaml": Sample.instance("a", unit: "u", first),
            "b.yaml": Sample.instance("b", unit: "u", second),
        ])
        let assembly = source.assemble()
        #expect(assembly.codes == (conflict ? ["port-conflict"] : []), "\(assembly.headlines)")
        #expect(assembly.snapshot != nil)
    }

    @Test func waitingForTheEndOfAKeepaliveIsAWarning() {
        let source = TestSource([
            "u.yaml": Sample.unit("u"), "a.yaml": Sample.instance("a", unit: "u"),
            "b.yaml": Sample.instance("b", unit: "u", "dependsOn: [{instance: a, condition: completed}]"),
        ])
        #expect(source.assemble().codes == ["never-completes"] && source.assemble().snapshot != nil)
    }

    /// Errors beyond the bound of one file, after as many warnings, still make the revision invalid.
    @Test func noNumberOfWarningsHidesAnError() {
        var text = ""
        for index in 0..<150 {
            text += "---\napiVersion: plumb.dev/v1\nkind: Plugin\nmetadata: {name: s\(index)}\n"
        }
        let assembly = TestSource(["a.yaml": text + "---\nkind: Unit\n"]).assemble()
        #expect(assembly.snapshot == nil && assembly.errors.count == 1 && assembly.dropped > 0)
    }

    @Test func onlySoManyDiagnosticsAreKept() {
        var source = TestSource()
        for index in 0..<60 {
            source.files["\(index).yaml"] = Array((0..<50).map { "k\($0): 1\n---\n" }.joined().utf8)
        }
        let assembly = source.assemble()
        #expect(assembly.diagnostics.count == DecodingLimits.diagnosticsMax)
        #expect(assembly.errorCount == 3_000 && assembly.dropped == 2_000)
    }

    @Test func moreDocumentsThanASourceMayHold() {
        let text = String(repeating: "---\na: 1\n", count: DecodingLimits.documentsMax / 2 + 1)
        let assembly = TestSource(["a.yaml": text, "b.yaml": text]).assemble()
        #expect(assembly.snapshot == nil && assembly.codes.contains("too-many-documents"))
    }

    /// Unknown is not absent.
    @Test func aFileThatWasNotReadIsNotAFileThatIsGone() {
        let source = Sample.pair()
        let selection = SourceSelection(listing: source.listing)
        let unit = ParsedFile.parse(path: "unit.yaml", blob: "1", bytes: source.files["unit.yaml"] ?? [])
        let assembly = Assembly.assemble(
            listing: source.listing, selection: selection, files: [unit], configs: [])
        #expect(assembly.snapshot == nil && assembly.codes == ["unreadable-file"])
    }

    @Test func anEmptySourceIsAnEmptySnapshot() {
        let assembly = TestSource(["README.md": "hello"]).assemble()
        #expect(assembly.snapshot?.instances.isEmpty == true && assembly.diagnostics.isEmpty)
    }
}
