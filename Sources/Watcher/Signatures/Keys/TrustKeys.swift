import Crypto

/// Everything that says who is trusted, read at one moment.
package struct TrustKeys: Sendable {
    /// One list, and the file that it is from, for each allowed-signers file.
    let signers: [AllowedSigners]
    /// Armoured OpenPGP keys.
    let openPGP: [[UInt8]]
    let revoked: RevokedKeys
    /// Of all of it, and of what is required: what was verified under another one counts no more.
    let digest: String
    /// Of the OpenPGP keys alone.
    let openPGPDigest: String
    /// Of what is required, since which commit, and of the OpenPGP keys.
    let rules: String

    /// Reads the files anew.
    package static func load(_ settings: TrustSettings) throws(TrustFailure) -> TrustKeys {
        var signers: [AllowedSigners] = []
        var openPGP: [[UInt8]] = []
        var (all, pgp) = (SHA256(), SHA256())
        all.update(data: Array("\(settings.require.rawValue) \(settings.since?.description ?? "")".utf8))
        for path in settings.keys {
            let bytes = try KeyFile(path: path, forbidden: settings.repositories).read()
            all.add(bytes)
            if ArmouredKeys.areIn(bytes) {
                if let line = ArmouredKeys.lineWithSSHKey(bytes) {
                    throw TrustFailure(
                        code: "KeysUnusable",
                        message: "\(path):\(line): an SSH key in a file of OpenPGP keys would not count",
                        advice: "put SSH keys into a file of their own, and name both in trust.commits.keys")
                }
                openPGP.append(bytes)
                pgp.add(bytes)
            } else {
                signers.append(
                    try parse(path) { () throws(AllowedSigners.Problem) in
                        try AllowedSigners(parsing: bytes)
                    })
            }
        }
        var revoked = RevokedKeys()
        if let path = settings.revoked {
            let bytes = try KeyFile(path: path, forbidden: settings.repositories).read()
            all.add(bytes)
            guard !bytes.starts(with: Array("SSHKRL\n\0".utf8)) else {
                throw TrustFailure(
                    code: "KeysUnusable", message: "\(path) is a binary key revocation list",
                    advice: "list the revoked public keys or their fingerprints as text, one a line")
            }
            revoked = try parse(path) { () throws(AllowedSigners.Problem) in try RevokedKeys(parsing: bytes) }
        }
        let openPGPDigest = pgp.finalize().hex
        return TrustKeys(
            signers: signers, openPGP: openPGP, revoked: revoked, digest: all.finalize().hex,
            openPGPDigest: openPGPDigest,
            rules: "\(settings.require.rawValue)-\(settings.since?.description ?? "")-\(openPGPDigest)")
    }

    private static func parse<Value>(
        _ path: String, _ body: () throws(AllowedSigners.Problem) -> Value
    ) throws(TrustFailure) -> Value {
        do throws(AllowedSigners.Problem) {
            return try body()
        } catch {
            throw TrustFailure(
                code: "KeysUnusable", message: "\(path):\(error.line): \(error.message)",
                advice: "mend that line; until then no new commit is trusted")
        }
    }
}

extension SHA256 {
    fileprivate mutating func add(_ bytes: [UInt8]) {
        // The length first, so that bytes cannot move from one file to the next unnoticed.
        update(data: Array("\n\(bytes.count)\n".utf8))
        update(data: bytes)
    }
}

extension SHA256Digest {
    fileprivate var hex: String {
        map { byte in String(byte >> 4, radix: 16) + String(byte & 15, radix: 16) }.joined()
    }
}
