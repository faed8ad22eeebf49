import Glibc
import TestKit
import Testing
import Watcher

@Suite(.enabled(if: SigningKeys.hasGnuPG, "there is no gpg on this machine")) struct OpenPGPTests {
    /// A home with a key of its own, and a repository that signs with it.
    private final class Signer {
        let keys: SigningKeys
        let home: String
        let fingerprint: String
        let program: String

        /// - Parameter at: the time that gpg is to believe it is.
        init(_ name: String, in keys: SigningKeys, expires: String = "never", at: String? = nil) throws {
            self.keys = keys
            home = keys.path("gpg-\(name)")
            mkdir(home, 0o700)
            let fake = at.map { "--faked-system-time \($0)" } ?? ""
            program = try keys.write(
                "gpg-\(name).sh", "#!/bin/sh\nexec gpg --homedir \(home) --batch \(fake) \"$@\"\n")
            chmod(program, 0o755)
            try keys.sh(
                "\(program) --passphrase '' --quick-generate-key '\(name) <\(name)@example.org>' "
                    + "ed25519 sign \(expires) 2>/dev/null")
            fingerprint = try keys.sh(
                "\(program) --list-keys --with-colons | awk -F: '/^fpr/ {print $10; exit}'"
            ).trimmed
        }

        deinit { _ = try? keys.sh("gpgconf --homedir \(home) --kill gpg-agent") }

        func publicKey() throws -> String { try keys.sh("\(program) --armor --export \(fingerprint)") }

        func commit(_ message: String, in repository: TemporaryRepository) throws -> String {
            try repository.git(
                "-c", "gpg.program=\(program)", "-c", "user.signingKey=\(fingerprint)", "commit", "-q", "-S",
                "--allow-empty", "-m", message)
            return try repository.head()
        }
    }

    @Test("OpenPGP signatures count where the keys file has the key") func judged() async throws {
        let signed = try SignedRepository()
        let (ann, bob) = (try Signer("ann", in: signed.keys), try Signer("bob", in: signed.keys))
        signed.settings.keys.append(try signed.keys.write("pgp.asc", try ann.publicKey()))
        let good = try ann.commit("Good", in: signed.repository)
        guard case .trusted(let signer?) = await signed.verifier().judge(try #require(ObjectID(good))) else {
            Issue.record("\(await signed.verifier().judge(try #require(ObjectID(good))))")
            return
        }
        #expect(signer.principal == "ann <ann@example.org>")
        #expect(signer.key == ann.fingerprint)
        #expect(try await signed.verdict(try bob.commit("By Bob", in: signed.repository)) == "UnknownKey")
        #expect(try await signed.verdict(try signed.commit("By SSH")) == "trusted")
        let tampered = try signed.store(try signed.raw(good).replacing("Good", with: "Evil"))
        #expect(try await signed.verdict(tampered) == "WrongSignature")

        // A revocation by fingerprint; and one that is part of the key.
        signed.settings.revoked = try signed.keys.write("revoked", ann.fingerprint + "\n")
        #expect(try await signed.verdict(good) == "KeyRevoked")
        signed.settings.revoked = nil
        try signed.keys.sh(
            "sed 's/^:---/---/' \(ann.home)/openpgp-revocs.d/\(ann.fingerprint).rev | \(ann.program) --import"
        )
        try signed.keys.write("pgp.asc", try ann.publicKey())
        #expect(try await signed.verdict(good) == "KeyRevoked")

        try signed.keys.write(
            "pgp.asc", "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nAAAA\n-----END PGP PUBLIC KEY BLOCK-----\n")
        #expect(try await signed.verdict(good) == "undecided: KeysUnusable")
    }

    @Test("A signing subkey is revoked by its own fingerprint, or by that of its primary key")
    func revokedSubkey() async throws {
        let signed = try SignedRepository()
        let ann = try Signer("ann", in: signed.keys)
        try signed.keys.sh(
            "\(ann.program) --passphrase '' --quick-add-key \(ann.fingerprint) ed25519 sign 2>/dev/null")
        let subkey = try signed.keys.sh(
            "\(ann.program) --list-keys --with-colons | awk -F: '/^fpr/ {print $10}' | tail -n 1"
        ).trimmed
        #expect(subkey != ann.fingerprint)
        signed.settings.keys = [try signed.keys.write("pgp.asc", try ann.publicKey())]
        // gpg takes the newest subkey that can sign.
        let good = try ann.commit("By the subkey", in: signed.repository)
        #expect(try await signed.verdict(good) == "trusted")
        for fingerprint in [subkey, subkey.lowercased(), ann.fingerprint] {
            signed.settings.revoked = try signed.keys.write("revoked", fingerprint + "\n")
            #expect(try await signed.verdict(good) == "KeyRevoked", "\(fingerprint)")
        }

        // What gpg would pass over in silence.
        signed.settings.revoked = nil
        try signed.keys.write("pgp.asc", "ann@example.org \(signed.ann)\n" + (try ann.publicKey()))
        #expect(try await signed.verdict(good) == "undecided: KeysUnusable")
    }

    @Test func expiredKeysCountNoMore() async throws {
        let signed = try SignedRepository()
        let old = try Signer("old", in: signed.keys, expires: "1y", at: "20200101T000000!")
        signed.settings.keys = [try signed.keys.write("pgp.asc", try old.publicKey())]
        #expect(try await signed.verdict(try old.commit("Old", in: signed.repository)) == "KeyExpired")
    }
}
