import Reconciler
import StatusAPI
import Testing

@testable import Plumb

/// What `plumb trace` takes for a revision.
@Suite struct RevisionWordTests {
    private func revision(_ hex: String, ref: String) -> Revision {
        Revision(
            id: RevisionID(hex: hex + String(repeating: "0", count: 40 - hex.count)), ref: ref,
            authorName: "Ann", authorEmail: "ann@example.org", subject: "s",
            committed: WallTime(nanoseconds: 0))
    }

    /// What the agent is asked for; nil where the word is refused.
    private func commit(_ word: String, seen ref: String = "main") throws -> String? {
        var status = SourceStatus(repository: "/r", ref: ref, path: "/")
        status.seen = revision("aaaa1", ref: ref)
        let history = [revision("aaaa1", ref: ref), revision("beef2", ref: "v1.0.0")]
            .map { RevisionDocument($0) }
        do {
            return try RevisionWord(word).commit(of: SourceDocument(status)) { history }
        } catch is CommandFailure {
            return nil
        }
    }

    @Test("ids, their beginnings, refs and HEAD are understood; the rest is refused") func words() throws {
        for (word, expected) in [
            ("main", "aaaa1"), ("refs/heads/main", "aaaa1"), ("HEAD", "aaaa1"), ("v1.0.0", "beef2"),
            ("refs/tags/v1.0.0", "beef2"),
        ] {
            #expect(try commit(word)?.hasPrefix(expected) == true, "\(word)")
        }
        #expect(try commit("main@3F2A9C1") == "3f2a9c1")
        #expect(try commit("3f2a9c1") == "3f2a9c1")
        for word in ["release", "abc", "main@xyz", "", "HEAD~1", "a/../b"] {
            #expect(try commit(word) == nil, "\(word)")
        }
    }

    @Test("of two things that a word could be none is guessed") func ambiguous() throws {
        #expect(try commit("beef", seen: "beef") == nil)
        #expect(try commit("refs/heads/beef", seen: "beef")?.hasPrefix("aaaa1") == true)
        #expect(try commit("cafe", seen: "cafe")?.hasPrefix("aaaa1") == true)
    }
}
