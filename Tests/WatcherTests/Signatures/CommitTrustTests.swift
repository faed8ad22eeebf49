import TestKit
import Testing
import Watcher

@Suite struct CommitTrustTests {
    @Test("Commits of the common kinds are judged as git judges them") func asGit() async throws {
        let signed = try SignedRepository()
        let good = try signed.commit("Good")
        try await agree(signed, good, "trusted")
        guard case .trusted(let signer?) = await signed.verifier().judge(try #require(ObjectID(good))) else {
            Issue.record("the signer is not named")
            return
        }
        #expect(signer.principal == "ann@example.org")
        #expect(try signed.keys.sh("ssh-keygen -lf ann.pub").contains(signer.key))

        try await agree(signed, try signed.commit("By nobody", by: nil), "Unsigned")
        try await agree(signed, try signed.commit("By Bob", by: "bob"), "UnknownKey")
        let tampered = try signed.store(try signed.raw(good).replacing("Good", with: "Evil"))
        try await agree(signed, tampered, "WrongSignature")
        let other = try signed.commit("Other")
        let moved = try signed.store(
            Self.replacingSignature(of: try signed.raw(other), by: Self.signature(of: try signed.raw(good))))
        try await agree(signed, moved, "WrongSignature")
    }

    @Test("The keys file's times and namespaces count as they do for git") func validity() async throws {
        let signed = try SignedRepository()
        let old = try signed.commit("Old", date: 1_577_836_800)
        let new = try signed.commit("New", date: 1_780_272_000)
        try signed.allow("ann@example.org valid-before=\"20250101Z\" \(signed.ann)\n")
        try await agree(signed, old, "trusted")
        try await agree(signed, new, "KeyExpired")
        // The date is the signer's own word: an expired key still signs what pretends to be old.
        try await agree(signed, try signed.commit("Pretended", date: 1_577_836_801), "trusted")
        try signed.allow("ann@example.org valid-after=\"20250101Z\" \(signed.ann)\n")
        try await agree(signed, old, "KeyNotYetValid")
        try await agree(signed, new, "trusted")
        try signed.allow("ann@example.org namespaces=\"file\" \(signed.ann)\n")
        try await agree(signed, new, "WrongNamespace")
        try signed.allow("bob@example.org \(signed.bob)\nann@example.org,ann@work.example \(signed.ann)\n")
        try await agree(signed, new, "trusted")
        signed.settings.revoked = try signed.keys.write("revoked", signed.ann + " stolen\n")
        #expect(try await signed.verdict(new) == "KeyRevoked")
        #expect(!signed.git(new, revoked: signed.keys.path("revoked")))
    }

    @Test("Commits of the odd kinds are judged as git judges them") func odd() async throws {
        let signed = try SignedRepository()
        let key = "user.signingKey=\(signed.keys.path("ann"))"
        let good = try signed.commit("Good")
        try signed.repository.git(
            "-c", "gpg.format=ssh", "-c", key, "-c", "i18n.commitEncoding=ISO-8859-1", "commit", "-q", "-S",
            "--allow-empty", "-m", "Encoded")
        #expect(try signed.raw("HEAD").contains("\nencoding ISO-8859-1\n"))
        try await agree(signed, try signed.repository.head(), "trusted")
        try signed.repository.git(
            "-c", "gpg.format=ssh", "-c", key, "commit", "-q", "-S", "--allow-empty", "--cleanup=verbatim",
            "-m",
            "Lines\r\n\r\nas Windows\r\nends them\r\n")
        #expect(try signed.raw("HEAD").contains("\r\n"))
        try await agree(signed, try signed.repository.head(), "trusted")

        // A merge of a signed tag carries the tag, with a signature of its own, in a header.
        try signed.repository.git("checkout", "-q", "-b", "side", good)
        try signed.commit("On the side")
        try signed.repository.git("-c", "gpg.format=ssh", "-c", key, "tag", "-s", "-m", "A tag", "v1")
        try signed.repository.git("checkout", "-q", "main")
        try signed.repository.git(
            "-c", "gpg.format=ssh", "-c", key, "merge", "-q", "-S", "--no-ff", "-m", "Merge", "v1")
        #expect(try signed.raw("HEAD").contains("\nmergetag "))
        try await agree(signed, try signed.repository.head(), "trusted")
        let retagged = try signed.raw("HEAD").replacing(" A tag", with: " B tag")
        try await agree(signed, try signed.store(retagged), "WrongSignature")

        // The signature of a twin with SHA-256 ids is no part of what was signed.
        let twin = try signed.raw(good).replacing("\ngpgsig ", with: "\ngpgsig-sha256 x\n y\ngpgsig ")
        try await agree(signed, try signed.store(twin), "trusted")
        let empty = Self.replacingSignature(of: try signed.raw(good), by: "gpgsig \n")
        try await agree(signed, try signed.store(empty), "MalformedSignature")
        let huge =
            "gpgsig -----BEGIN SSH SIGNATURE-----\n" + String(repeating: " AAAA\n", count: 20_000)
            + " -----END SSH SIGNATURE-----\n"
        try await agree(
            signed, try signed.store(Self.replacingSignature(of: try signed.raw(good), by: huge)),
            "MalformedSignature")
    }

    /// Stricter than git, which reads the first and passes the other over.
    @Test func twoSignaturesAreOneTooMany() async throws {
        let signed = try SignedRepository()
        let good = try signed.raw(try signed.commit("Good"))
        let signature = Self.signature(of: good)
        let twice = Self.replacingSignature(of: good, by: signature + signature)
        #expect(try await signed.verdict(try signed.store(twice)) == "SeveralSignatures")
    }

    @Test("A keys file that others can write, or that the repository holds, is not read") func unsafeFiles()
        async throws
    {
        let signed = try SignedRepository()
        let good = try signed.commit("Good")
        try signed.keys.sh("chmod g+w allowed")
        #expect(try await signed.verdict(good) == "undecided: KeysUnsafe")
        try signed.keys.sh("chmod g-w allowed; chmod o+w .")
        #expect(try await signed.verdict(good) == "undecided: KeysUnsafe")
        try signed.keys.sh("chmod o-w .")
        #expect(try await signed.verdict(good) == "trusted")
        try signed.repository.write("keys", "ann@example.org \(signed.ann)\n")
        let inside = signed.repository.path + "/keys"
        signed.settings.keys = [inside]
        #expect(try await signed.verdict(good) == "undecided: KeysInRepository")
        try signed.keys.sh("ln -s '\(inside)' link")
        signed.settings.keys = [signed.keys.path("link")]
        #expect(try await signed.verdict(good) == "undecided: KeysInRepository")
        // A link in a place where others may put another one, however safe what it leads to now.
        try signed.keys.sh("mkdir open && chmod o+w open && ln -s '\(signed.keys.path("allowed"))' open/link")
        signed.settings.keys = [signed.keys.path("open/link")]
        #expect(try await signed.verdict(good) == "undecided: KeysUnsafe")
        try signed.keys.sh("chmod o-w open")
        #expect(try await signed.verdict(good) == "trusted")
        signed.settings.keys = [signed.keys.path("nowhere")]
        #expect(try await signed.verdict(good) == "undecided: KeysUnreadable")
        signed.settings.keys = [try signed.keys.write("bad", "ann@example.org\n")]
        #expect(try await signed.verdict(good) == "undecided: KeysUnusable")
    }

    /// What Plumb says, and that git says the same.
    private func agree(
        _ signed: SignedRepository, _ id: String, _ expected: String,
        location: SourceLocation = #_sourceLocation
    ) async throws {
        #expect(try await signed.verdict(id) == expected, sourceLocation: location)
        #expect(signed.git(id) == (expected == "trusted"), "git disagrees", sourceLocation: location)
    }

    /// The signature's header with its lines.
    private static func signature(of raw: String) -> String {
        let lines = raw.split(separator: "\n", omittingEmptySubsequences: false)
        guard let first = lines.firstIndex(where: { $0.hasPrefix("gpgsig ") }) else { return "" }
        let rest = lines[(first + 1)...].prefix { $0.hasPrefix(" ") }
        return ([lines[first]] + rest).joined(separator: "\n") + "\n"
    }

    private static func replacingSignature(of raw: String, by other: String) -> String {
        raw.replacing(signature(of: raw), with: other)
    }
}
