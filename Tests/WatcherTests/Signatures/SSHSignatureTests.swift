import Crypto
import Foundation
import TestKit
import Testing
import Watcher

@Suite struct SSHSignatureTests {
    private static let text = "tree 0\n\nmessage\n"

    @Test(
        "Every kind of key that ssh-keygen makes is verified, as ssh-keygen does",
        arguments: [
            "-t ed25519", "-t ecdsa -b 256", "-t ecdsa -b 384", "-t ecdsa -b 521", "-t rsa -b 2048",
            "-t rsa -b 3072",
        ])
    func kinds(kind: String) throws {
        let keys = try SigningKeys()
        let allowed = "ann@example.org \(try keys.make("key", kind))\n"
        let signature = try keys.sign(Self.text, with: "key")
        #expect(SigningKeys.verdict(Self.text, signature, allowed: allowed))
        #expect(try keys.oracle(Self.text, signature, allowed: allowed))
        #expect(!SigningKeys.verdict(Self.text + "x", signature, allowed: allowed))
        let fingerprint = try keys.sh("ssh-keygen -lf key.pub | cut -d' ' -f2").trimmed
        #expect(try SSHSignature(armoured: signature).key.fingerprint == fingerprint)
    }

    /// What the file says of the key, and whether that is enough for ann@example.org in June 2026.
    private static let rows: [(line: String, holds: Bool)] = [
        ("ann@example.org KEY", true),
        ("ann@example.org KEY a comment of several words", true),
        ("bob@example.org KEY", false),
        ("*@example.org KEY", true),
        ("a??@example.org KEY", true),
        ("!ann@*,*@example.org KEY", false),
        ("bob@x,ann@example.org KEY", true),
        ("\"ann@example.org\" KEY", true),
        ("ann@example.org namespaces=\"git\" KEY", true),
        ("ann@example.org namespaces=\"file,git\" KEY", true),
        ("ann@example.org namespaces=\"file\" KEY", false),
        ("ann@example.org NAMESPACES=\"g*\" KEY", true),
        ("ann@example.org valid-after=\"20260101Z\" KEY", true),
        ("ann@example.org valid-after=\"20260601000001Z\" KEY", false),
        ("ann@example.org valid-after=\"20260601000000Z\" KEY", true),
        ("ann@example.org valid-before=\"20260601000000Z\" KEY", true),
        ("ann@example.org valid-before=\"202605312359Z\" KEY", false),
        ("ann@example.org valid-before=\"20260601\" KEY", true),
        ("ann@example.org namespaces=\"git\",valid-before=\"20270101\" KEY", true),
        ("# a comment\n\n  \t\nann@example.org\tKEY\r", true),
        ("ann@example.org OTHER\nann@example.org KEY", true),
        ("ann@example.org OTHER", false),
        ("ann@example.org unknown=\"1\" KEY", false),
        ("ann@example.org cert-authority KEY", false),
        ("ann@example.org namespaces=git KEY", false),
    ]

    @Test("Lines of an allowed-signers file mean what they mean to ssh-keygen") func allowedSigners() throws {
        let keys = try SigningKeys()
        let (key, other) = (try keys.make("key"), try keys.make("other"))
        let signature = try keys.sign(Self.text, with: "key")
        for row in Self.rows {
            let allowed =
                row.line.replacingOccurrences(of: "KEY", with: key)
                .replacingOccurrences(of: "OTHER", with: other) + "\n"
            #expect(
                SigningKeys.verdict(Self.text, signature, allowed: allowed) == row.holds, "\(row.line)")
            #expect(
                try keys.oracle(Self.text, signature, allowed: allowed) == row.holds,
                "ssh-keygen: \(row.line)")
        }
    }

    @Test(
        "A bad line names itself",
        arguments: [
            ("ann@example.org", "no key follows"), ("ann ssh-dss AAAA", "ssh-dss"),
            ("ann cert-authority ssh-ed25519 AAAA", "cert-authority is not supported"),
            ("ann ssh-ed25519 !!!", "not base64"),
            ("ann ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAA", "not of the type"),
            ("ann namespaces=\"a\",namespaces=\"b\" KEY", "given twice"),
            ("ann valid-after=\"tomorrow\" KEY", "no time"), ("ann namespaces=\"a KEY", "not closed"),
            ("\"ann KEY", "not closed"), ("!ann KEY", "match nobody"),
            ("ann ssh-ed25519-cert-v01@openssh.com AAAA", "certificates are not supported"),
        ])
    func badLines(line: String, says: String) throws {
        let key = try SigningKeys().make("key")
        let text = "# first\n" + line.replacingOccurrences(of: "KEY", with: key)
        let problem = #expect(throws: AllowedSigners.Problem.self) {
            try AllowedSigners(parsing: Array(text.utf8))
        }
        #expect(problem?.line == 2)
        #expect(problem?.message.contains(says) == true, "\(problem?.message ?? "")")
    }

    @Test("What ssh-keygen refuses is refused: another namespace, a revoked key, RSA with SHA-1")
    func refusals() throws {
        let keys = try SigningKeys()
        let key = try keys.make("key")
        let allowed = "ann@example.org \(key)\n"
        let foreign = try keys.sign(Self.text, with: "key", for: "file")
        #expect(!SigningKeys.verdict(Self.text, foreign, allowed: allowed))
        #expect(try !keys.oracle(Self.text, foreign, allowed: allowed))

        let signature = try keys.sign(Self.text, with: "key")
        #expect(!SigningKeys.verdict(Self.text, signature, allowed: allowed, revoked: key + " lost\n"))
        #expect(try !keys.oracle(Self.text, signature, allowed: allowed, revoked: key + "\n"))
        let fingerprint = try SSHSignature(armoured: signature).key.fingerprint
        #expect(!SigningKeys.verdict(Self.text, signature, allowed: allowed, revoked: fingerprint))

        let rsa = try keys.make("rsa", "-t rsa -b 2048 -m PEM")
        let weak = try Self.sha1(rsa, keys)
        #expect(!SigningKeys.verdict(Self.text, weak, allowed: "ann@example.org \(rsa)\n"))
        #expect(try !keys.oracle(Self.text, weak, allowed: "ann@example.org \(rsa)\n"))
        #expect(throws: SignatureFormatError.self) { try SSHSignature(armoured: weak) }
    }

    /// Stricter than ssh-keygen: a key that can be broken with some effort.
    @Test func shortRSAKeysAreRefused() throws {
        let keys = try SigningKeys()
        let short = try keys.make("short", "-t rsa -b 1024")
        let problem = #expect(throws: AllowedSigners.Problem.self) {
            try AllowedSigners(parsing: Array("ann \(short)".utf8))
        }
        #expect(problem?.message.contains("1024 bits is too short") == true)
    }

    /// ssh-keygen makes none of these any more; openssl does.
    private static func sha1(_ publicKey: String, _ keys: SigningKeys) throws -> [UInt8] {
        let blob = try #require(Data(base64Encoded: String(publicKey.split(separator: " ")[1])))
        var signed = Data("SSHSIG".utf8)
        for part in [Data("git".utf8), Data(), Data("sha512".utf8), Data(SHA512.hash(data: Data(text.utf8)))]
        {
            signed.appendString(part)
        }
        try signed.write(to: URL(fileURLWithPath: keys.path("signed")))
        try keys.sh("openssl dgst -sha1 -sign rsa -out value signed")
        var inner = Data()
        inner.appendString(Data("ssh-rsa".utf8))
        inner.appendString(Data(try keys.bytes("value")))
        return armoured(key: blob, inner: inner)
    }

    private static func armoured(key: Data, inner: Data) -> [UInt8] {
        var blob = Data("SSHSIG".utf8) + Data([0, 0, 0, 1])
        for part in [key, Data("git".utf8), Data(), Data("sha512".utf8), inner] { blob.appendString(part) }
        let base64 = blob.base64EncodedString(options: [.lineLength64Characters, .endLineWithLineFeed])
        return Array("-----BEGIN SSH SIGNATURE-----\n\(base64)\n-----END SSH SIGNATURE-----\n".utf8)
    }

    /// No hardware here: the key is in memory, and ssh-keygen is asked whether it was signed as a security
    /// key signs.
    @Test("A security key counts where somebody touched it", arguments: [true, false])
    func securityKeys(touched: Bool) throws {
        let key = Curve25519.Signing.PrivateKey()
        let type = Data("sk-ssh-ed25519@openssh.com".utf8)
        var blob = Data()
        for part in [type, key.publicKey.rawRepresentation, Data("ssh:".utf8)] { blob.appendString(part) }
        var signed = Data("SSHSIG".utf8)
        for part in [
            Data("git".utf8), Data(), Data("sha512".utf8), Data(SHA512.hash(data: Data(Self.text.utf8))),
        ] { signed.appendString(part) }
        let flags = Data([touched ? 1 : 0, 0, 0, 0, 7])
        let value = try key.signature(
            for: Data(SHA256.hash(data: Data("ssh:".utf8))) + flags + Data(SHA256.hash(data: signed)))
        var inner = Data()
        inner.appendString(type)
        inner.appendString(value)
        let signature = Self.armoured(key: blob, inner: inner + flags)
        let allowed = "ann@example.org sk-ssh-ed25519@openssh.com \(blob.base64EncodedString())\n"
        #expect(SigningKeys.verdict(Self.text, signature, allowed: allowed) == touched)
        if touched { #expect(try SigningKeys().oracle(Self.text, signature, allowed: allowed)) }
    }
}

extension Data {
    fileprivate mutating func appendString(_ part: Data) {
        Swift.withUnsafeBytes(of: UInt32(part.count).bigEndian) { append(contentsOf: $0) }
        append(part)
    }
}
