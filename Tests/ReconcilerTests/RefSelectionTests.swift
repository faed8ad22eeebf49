import Manifests
import Testing

@testable import Reconciler

/// Which tag is followed, and which step back is one.
@Suite struct RefSelectionTests {
    @Test(
        "the highest tag that fits a pattern, numbers as numbers",
        arguments: [
            ("v1.*", ["v1.9", "v1.10", "v2.0", "v1.2"], "v1.10"),
            ("v1.*", ["v1.10-rc.1", "v1.9"], "v1.10-rc.1"),
            ("v1.*", ["v1.10-rc.1", "v1.10", "v1.10-rc.2"], "v1.10"),
            (
                "release-*", ["release-2026-09-30", "release-2026-11-01", "release-2026-10-31"],
                "release-2026-11-01"
            ),
            ("web/v*", ["web/v1.0.0", "web/v1.0.1", "api/v9.0.0", "v3"], "web/v1.0.1"),
            ("*", ["web/v1", "b10", "b9"], "b10"), ("v3.*", ["v1.0", "v2.0"], nil), ("v1.*", [], nil),
            ("v00*", ["v009", "v0010", "v0010a"], "v0010a"),
        ] as [(String, [String], String?)])
    func tags(_ pattern: String, _ tags: [String], _ expected: String?) {
        for order in [tags, tags.reversed()] {
            #expect(RefSelection.tag(pattern: pattern).choice(among: order) == expected)
        }
    }

    @Test(
        "the highest version in a range; names that are no version do not count",
        arguments: [
            (">=1.2 <2", ["v1.2.0", "1.10.0", "v1.9.9", "v2.0.0", "latest", "v1.11"], "1.10.0"),
            ("^1.4", ["v1.5.0-rc.1", "v1.4.9"], "v1.4.9"),
            ("^1.5.0-rc.1", ["v1.5.0-rc.1", "v1.4.9"], "v1.5.0-rc.1"),
            ("*", ["v1.0.0", "1.0.0"], "v1.0.0"), ("<1", ["v1.0.0"], nil),
            ("1.x", ["v1.0.0+b", "v1.0.0+a"], "v1.0.0+b"),
        ] as [(String, [String], String?)])
    func versions(_ range: String, _ tags: [String], _ expected: String?) throws {
        let selection = RefSelection.semver(try #require(VersionRange(range)), text: range)
        for order in [tags, tags.reversed()] { #expect(selection.choice(among: order) == expected) }
    }

    @Test("the order of tags is one: no two are each before the other, and it goes through") func total() {
        let tags = [
            "", "-", "v", "v1", "v1-", "v1-rc", "v1-rc.1", "v1-rc.2", "v1-rc.10", "v1.0", "v1.0.1", "v01",
            "v1a", "v10",
            "w", "1", "2",
        ]
        for a in tags {
            #expect(!TagOrder.isBefore(a, a))
            for b in tags where a != b {
                #expect(TagOrder.isBefore(a, b) != TagOrder.isBefore(b, a), "\(a) \(b)")
                for c in tags where TagOrder.isBefore(a, b) && TagOrder.isBefore(b, c) {
                    #expect(TagOrder.isBefore(a, c), "\(a) \(b) \(c)")
                }
            }
        }
    }

    private func revision(_ id: Character, _ ref: String = "main") -> Revision {
        Revision(
            id: RevisionID(hex: String(repeating: id, count: 40)), ref: ref, authorName: "Ann",
            authorEmail: "a@e",
            subject: "s", committed: WallTime(nanoseconds: 0))
    }

    @Test("what is accepted is not lost without a word, and what was never accepted may be") func rewinds()
        throws
    {
        let rules = RewindRules(selection: .branch("main"))
        let (old, new) = (revision("a"), revision("b"))
        #expect(!rules.mustAsk(accepted: nil, candidate: new))
        #expect(!rules.mustAsk(accepted: old, candidate: old))
        #expect(rules.mustAsk(accepted: old, candidate: new))
        #expect(rules.judge(accepted: old, candidate: new, .ancestor) == nil)
        let rewind = try #require(rules.judge(accepted: old, candidate: new, .unrelated))
        #expect(rewind.range == "aaaaaaa..bbbbbbb" && !rewind.isGone)
        #expect(rules.judge(accepted: old, candidate: new, .gone)?.isGone == true)
        // One approval is for one step, from here to there.
        let approved = RewindRules(selection: .branch("main"), approved: rewind)
        #expect(!approved.mustAsk(accepted: old, candidate: new))
        #expect(approved.mustAsk(accepted: old, candidate: revision("c")))
        #expect(approved.mustAsk(accepted: new, candidate: old))
        #expect(!RewindRules(allowsRewind: true).mustAsk(accepted: old, candidate: new))
    }

    @Test("what the host's own settings say is no rewind; a lower tag, or a tag that moved, may be one")
    func selections() {
        let range = RefSelection.semver(.any, text: "*")
        for selection in [range, .tag(pattern: "v*")] {
            let rules = RewindRules(selection: selection)
            #expect(!rules.mustAsk(accepted: revision("a", "v1.9.0"), candidate: revision("b", "v1.10.0")))
            #expect(rules.mustAsk(accepted: revision("a", "v1.10.0"), candidate: revision("b", "v1.9.0")))
            #expect(rules.mustAsk(accepted: revision("a", "v1.9.0"), candidate: revision("b", "v1.9.0")))
        }
        let hex = String(repeating: "b", count: 40)
        #expect(
            !RewindRules(selection: .commit(hex)).mustAsk(
                accepted: revision("a", "commit"), candidate: revision("b", "commit")))
        #expect(
            !RewindRules(selection: .branch("next")).mustAsk(
                accepted: revision("a", "main"), candidate: revision("b", "next")))
    }
}
