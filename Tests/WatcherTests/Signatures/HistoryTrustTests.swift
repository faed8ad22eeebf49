import TestKit
import Testing
import Watcher

/// `require: every`.
@Suite struct HistoryTrustTests {
    @Test("Every commit since the pinned one is judged, over all parents") func everyParent() async throws {
        let signed = try SignedRepository(require: .every)
        try signed.commit("Before there were keys", by: nil)
        let pinned = try signed.commit("Pinned", by: nil)
        signed.settings.since = ObjectID(pinned)
        #expect(try await signed.verdict(pinned) == "trusted")
        let good = try signed.commit("Good")
        #expect(try await signed.verdict(good) == "trusted")

        // A signed merge does not launder what it brings.
        try signed.repository.git("checkout", "-q", "-b", "side")
        let smuggled = try signed.commit("Smuggled", by: nil)
        try signed.commit("On top of it")
        try signed.repository.git("checkout", "-q", "main")
        try signed.repository.git(
            "-c", "gpg.format=ssh", "-c", "user.signingKey=\(signed.keys.path("ann"))", "merge", "-q", "-S",
            "--no-ff", "-m", "Merge", "side")
        let merge = try signed.repository.head()
        let verdict = await signed.verifier().judge(try #require(ObjectID(merge)))
        guard case .untrusted(let found) = verdict else {
            Issue.record("\(verdict)")
            return
        }
        #expect(found.reason.kind == .unsigned)
        #expect(found.commit.description == smuggled)
        #expect(found.author == "Ann <ann@example.org>")
        signed.settings.require = .head
        #expect(try await signed.verdict(merge) == "trusted")
    }

    @Test("A history that does not hold the pinned commit is not trusted") func descent() async throws {
        let signed = try SignedRepository(require: .every)
        let older = try signed.commit("Older")
        let pinned = try signed.commit("Pinned")
        signed.settings.since = ObjectID(pinned)
        #expect(try await signed.verdict(older) == "NotDescended")
        try signed.repository.git("checkout", "-q", "--orphan", "other")
        let orphan = try signed.commit("Another root")
        #expect(try await signed.verdict(orphan) == "NotDescended")
        signed.settings.since = nil
        #expect(try await signed.verdict(orphan) == "trusted")
    }

    @Test("What was verified is not verified again, until the keys are others") func frontier() async throws {
        let signed = try SignedRepository(require: .every)
        let first = try signed.commit("First")
        let verifier = signed.verifier()
        #expect(try await signed.verdict(first, verifier) == "trusted")
        let reached = try #require(signed.frontiers.last)
        #expect(reached.tip.description == first)
        #expect(TrustFrontier(text: reached.text) == reached)

        // With a forged memory of what was verified, an unsigned commit passes: so it was not looked at.
        let unsigned = try signed.commit("Unsigned", by: nil)
        let top = try signed.commit("Top")
        #expect(try await signed.verdict(top, verifier) == "Unsigned")
        let forged = TrustFrontier(policy: reached.policy, tip: try #require(ObjectID(unsigned)))
        #expect(try await signed.verdict(top, signed.verifier(forged)) == "trusted")
        try signed.allow("ann@example.org \(signed.ann)\nbob@example.org \(signed.bob)\n")
        #expect(try await signed.verdict(top, signed.verifier(forged)) == "Unsigned")

        // A memory of a commit that is there no longer is no reason to fail.
        let gone = TrustFrontier(
            policy: reached.policy, tip: try #require(ObjectID(String(repeating: "1", count: 40))))
        try signed.allow("ann@example.org \(signed.ann)\n")
        #expect(try await signed.verdict(first, signed.verifier(gone)) == "trusted")
    }

    @Test("Another key beside the others begins nothing anew; one that is gone, revoked or shortened does")
    func evidence() async throws {
        let signed = try SignedRepository(require: .every)
        let first = try signed.commit("First")
        #expect(try await signed.verdict(first) == "trusted")
        let reached = try #require(signed.frontiers.last)
        // With a forged memory of what was verified, it can be told whether it was looked at.
        let unsigned = try signed.commit("Unsigned", by: nil)
        let top = try signed.commit("Top")
        let forged = try #require(
            TrustFrontier(text: reached.text.replacing(first, with: unsigned)), "it survives being text")
        #expect(forged.evidence == reached.evidence && reached.evidence != nil)
        let (ann, bob) = ("ann@example.org", "bob@example.org \(signed.bob)\n")
        for (keys, word) in [
            ("\(ann) \(signed.ann)\n", "trusted"), (bob + "ann@elsewhere \(signed.ann)\n", "trusted"),
            ("\(ann) valid-after=\"20260601Z\" \(signed.ann)\n" + bob, "trusted"),
            (bob, "UnknownKey"), ("\(ann) valid-after=\"20260701Z\" \(signed.ann)\n", "KeyNotYetValid"),
            ("\(ann) namespaces=\"file\" \(signed.ann)\n", "WrongNamespace"),
        ] {
            try signed.allow(keys)
            #expect(try await signed.verdict(top, signed.verifier(forged)) == word, "\(keys)")
        }
        try signed.allow("\(ann) \(signed.ann)\n")
        signed.settings.revoked = try signed.keys.write("revoked", signed.ann + "\n")
        #expect(try await signed.verdict(top, signed.verifier(forged)) == "KeyRevoked")
        signed.settings.revoked = nil
        signed.settings.since = ObjectID(first)
        #expect(try await signed.verdict(top, signed.verifier(forged)) == "Unsigned")
    }

    @Test(
        "A commit too large to be looked at is rejected, not waited for",
        arguments: [TrustSettings.Requirement.head, .every])
    func large(_ require: TrustSettings.Requirement) async throws {
        let signed = try SignedRepository(require: require)
        let first = try signed.commit("First")
        let raw = try signed.raw(first) + String(repeating: "x", count: ReaderLimits.commitBytesMax)
        #expect(try await signed.verdict(try signed.store(raw)) == "MalformedSignature")
    }

    @Test("Neither a commit-graph file nor a graft says what came before a commit") func onlyCommits()
        async throws
    {
        let signed = try SignedRepository(require: .every)
        try signed.commit("Root")
        let unsigned = try signed.commit("Unsigned", by: nil)
        let top = try signed.commit("Top")
        try signed.repository.git("commit-graph", "write", "--reachable")
        #expect(try await signed.verdict(top) == "Unsigned")
        // A replacement of the unsigned commit, for git: here it stays what it is.
        try signed.repository.git("replace", unsigned, try signed.repository.head(of: "\(unsigned)^"))
        #expect(try await signed.verdict(top) == "Unsigned")
        try signed.repository.write(".git/info/grafts", "\(top)\n")
        #expect(try await signed.verdict(top) == "unreadable: unsupportedFormat")
    }

    @Test("A shallow clone does not pass for a whole history") func shallow() async throws {
        let signed = try SignedRepository(require: .every)
        try signed.commit("Unsigned", by: nil)
        let top = try signed.commit("Top")
        let clone = try TemporaryRepository(
            cloning: "file://" + signed.repository.path, options: ["--depth", "1"])
        let verifier = CommitVerifier(settings: signed.settings, reader: ReaderUnderTest.of(clone))
        #expect(try await signed.verdict(top, verifier) == "unreadable: shallow")
    }
}
