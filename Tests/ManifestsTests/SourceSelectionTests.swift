import Testing

@testable import Manifests

/// Which files are read, and why others are not.
@Suite struct SourceSelectionTests {
    @Test func onlyYAMLFilesOutsideDotComponentsAreRead() {
        let source = TestSource([
            "a.yaml": "", "b.yml": "", "c.json": "", "d/e.yaml": "", ".git/x.yaml": "", "d/.e/f.yaml": "",
            ".hidden.yaml": "", "README.md": "",
            "yaml": "", "d/.yaml": "",
        ])
        let selection = SourceSelection(listing: source.listing)
        #expect(selection.candidates.map(\.path) == ["a.yaml", "b.yml", "d/e.yaml"])
        #expect(selection.leftOut.map(\.path) == [".git/x.yaml", ".hidden.yaml", "d/.e/f.yaml", "d/.yaml"])
    }

    /// gitignore's rules, each with a path that it takes and one that it leaves.
    @Test(arguments: [
        ("drafts/", "drafts/a.yaml", "x/drafts.yaml"), ("drafts/", "x/drafts/a.yaml", "drafts.yaml"),
        ("*.tmp.yaml", "a/b.tmp.yaml", "a/b.yaml"),
        ("/top.yaml", "top.yaml", "a/top.yaml"), ("a/*.yaml", "a/b.yaml", "a/b/c.yaml"),
        ("a/**", "a/b/c.yaml", "b/a.yaml"),
        ("**/old/*.yaml", "x/y/old/a.yaml", "x/old/y/a.yaml"), ("a/**/z.yaml", "a/z.yaml", "z.yaml"),
        ("a/**/z.yaml", "a/b/c/z.yaml", "a/zz.yaml"),
        ("?.yaml", "a.yaml", "ab.yaml"), ("[a-c].yaml", "b.yaml", "d.yaml"),
        ("[!a-c].yaml", "d.yaml", "b.yaml"), ("\\#a.yaml", "#a.yaml", "a.yaml"),
        ("a.yaml   ", "a.yaml", "b.yaml"), ("# comment\r\nx.yaml\r\n", "x.yaml", "# comment"),
        ("*", "a/b.yaml", ""), ("a*b*c.yaml", "aXbYc.yaml", "aXc.yaml"),
    ])
    func ignoreRules(_ rules: String, takes: String, leaves: String) {
        let parsed = IgnoreRules(Array(rules.utf8))
        #expect(parsed.match(takes) != nil, "\(rules) should leave out \(takes)")
        if !leaves.isEmpty { #expect(parsed.match(leaves) == nil, "\(rules) should keep \(leaves)") }
    }

    @Test func theLastRuleDecidesButNotWithinADirectoryThatIsOut() {
        let rules = IgnoreRules(Array("*.yaml\n!keep.yaml\nout/\n!out/keep.yaml\n".utf8))
        #expect(
            rules.match("a.yaml") != nil && rules.match("keep.yaml") == nil
                && rules.match("x/keep.yaml") == nil)
        #expect(rules.match("out/keep.yaml")?.text == "out/")
    }

    @Test func linksThatLeaveTheSourceAreErrorsOthersAreLeftOut() {
        var source = TestSource(["a/real.yaml": ""])
        source.links = [
            "a/out.yaml": "../../etc/x.yaml", "a/in.yaml": "real.yaml", "abs.yaml": "/etc/x.yaml",
            "lib": "../../lib",
        ]
        source.submodules = ["vendor/thing"]
        let selection = SourceSelection(listing: source.listing)
        #expect(selection.candidates.map(\.path) == ["a/real.yaml"])
        #expect(selection.diagnostics.map(\.location.file) == ["a/out.yaml", "abs.yaml"])
        #expect(selection.diagnostics.allSatisfy { $0.code == .symbolicLink })
        #expect(selection.leftOut.map(\.path) == ["a/in.yaml", "lib", "vendor/thing"])
    }

    @Test("More files than a source may have are none that is read") func tooMany() throws {
        let most = DecodingLimits.documentsMax
        func listing(_ count: Int) -> SourceListing {
            SourceListing(
                entries: (0..<count).map {
                    SourceListing.Entry(path: "bomb/\($0).yaml", kind: .file, id: "one", size: 5)
                })
        }
        #expect(SourceSelection(listing: listing(most)).candidates.count == most)
        let selection = SourceSelection(listing: listing(most + 1))
        #expect(selection.candidates.isEmpty)
        #expect(selection.diagnostics.map(\.code) == [.tooManyDocuments])
        let assembly = Assembly.assemble(
            listing: listing(most + 1), selection: selection, files: [], configs: [])
        #expect(assembly.snapshot == nil && assembly.errorCount == 1)
    }
}
