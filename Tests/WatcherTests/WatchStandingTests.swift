import Testing

@testable import Watcher

/// When what is seen is news.
@Suite struct WatchStandingTests {
    private func seen(_ ref: String, _ digit: String) throws -> SeenRevision {
        let id = try #require(ObjectID(String(repeating: digit, count: 40)))
        let who = Signature(name: "Ann", email: "ann@example.org", time: 1, offsetMinutes: 0)
        let commit = CommitInfo(
            id: id, tree: id, parents: [], author: who, committer: who, subject: "s", message: "s")
        return SeenRevision(ref: ref, commit: commit)
    }

    @Test("another tag at the same commit is news, the same one again is none") func tags() throws {
        var standing = WatchStanding(settings: WatchSettings(repository: "/r"))
        func told(_ ref: String, _ digit: String) throws -> String? {
            guard case .revision(let seen)? = standing.saw(.success(try seen(ref, digit)), at: .now) else {
                return nil
            }
            return seen.ref
        }
        #expect(try told("v1.0.0", "1") == "v1.0.0")
        #expect(try told("v1.0.0", "1") == nil)
        #expect(try told("v1.1.0", "1") == "v1.1.0")
        #expect(try told("v1.1.0", "2") == "v1.1.0")
    }
}
