/// What gpg says on its status descriptor about one signature, read strictly: what is not understood, said
/// twice or left out is no proof of anything.
struct GnuPGStatus {
    private var verdicts: [(word: String, rest: Substring)] = []
    private var valid: [[Substring]] = []
    private(set) var importedFingerprints: [String] = []

    private static let mark = "[GNUPG:] "
    private static let verdictWords: Set<Substring> = [
        "GOODSIG", "BADSIG", "ERRSIG", "EXPSIG", "EXPKEYSIG", "REVKEYSIG",
    ]
    /// MD5, SHA-1, RIPEMD-160: somebody else can have made the bytes that were signed.
    private static let weakHashes: Set<Substring> = ["1", "2", "3"]
    /// A signature over bytes, or over text; nothing else is one over a commit.
    private static let classes: Set<Substring> = ["00", "01"]

    init(_ output: [UInt8]) {
        for line in output.lines {
            let text = String(decoding: line, as: UTF8.self)
            guard text.hasPrefix(Self.mark) else { continue }
            let words = text.dropFirst(Self.mark.count).split(separator: " ", maxSplits: 1)
            guard let word = words.first else { continue }
            let rest = words.count > 1 ? words[1] : ""
            if Self.verdictWords.contains(word) { verdicts.append((String(word), rest)) }
            if word == "VALIDSIG" { valid.append(rest.split(separator: " ")) }
            if word == "IMPORT_OK", let fingerprint = rest.split(separator: " ").last {
                importedFingerprints.append(String(fingerprint))
            }
        }
    }

    /// Who signed, by the primary key's name, and the fingerprints that a revocation may name: that key's and
    /// the one of the subkey that made the signature.
    struct Verified {
        let signer: CommitSigner
        let fingerprints: Set<String>
    }

    var signer: Result<Verified, Distrust> {
        guard verdicts.count == 1, let (word, rest) = verdicts.first else {
            return .failure(
                verdicts.isEmpty
                    ? Distrust(.malformed, "gpg finds no signature in what stands there as one")
                    : Distrust(.several, "it carries \(verdicts.count) OpenPGP signatures, not one"))
        }
        let parts = rest.split(separator: " ", maxSplits: 1)
        let key = parts.first.map(String.init) ?? "?"
        guard word == "GOODSIG" else { return .failure(Self.refusal(word, key, rest)) }
        guard valid.count == 1, let fields = valid.first, fields.count >= 9 else {
            return .failure(Distrust(.malformed, "gpg does not say which key made its signature"))
        }
        guard Self.classes.contains(fields[8]) else {
            return .failure(Distrust(.malformed, "its OpenPGP signature is not one over data"))
        }
        guard !Self.weakHashes.contains(fields[7]) else {
            return .failure(
                Distrust(.unsupported, "its OpenPGP signature uses a hash that can be forged, such as SHA-1"))
        }
        let primary = fields.count > 9 ? fields[9] : fields[0]
        guard [40, 64].contains(primary.utf8.count), primary.allSatisfy(\.isHexDigit) else {
            return .failure(Distrust(.malformed, "gpg does not say which key made its signature"))
        }
        let signer = CommitSigner(
            principal: parts.count > 1 ? String(parts[1]) : String(primary), key: String(primary))
        return .success(
            Verified(signer: signer, fingerprints: [primary.uppercased(), fields[0].uppercased()]))
    }

    private static func refusal(_ word: String, _ key: String, _ rest: Substring) -> Distrust {
        switch word {
        case "BADSIG":
            return Distrust(
                .wrongSignature, "its signature by the OpenPGP key \(key) is not over these bytes")
        case "EXPSIG", "EXPKEYSIG":
            return Distrust(
                .expired, "the OpenPGP key \(key) that signed it, or the signature, has expired",
                advice: "put the renewed public key into the keys file")
        case "REVKEYSIG":
            return Distrust(.revoked, "the OpenPGP key \(key) that signed it is revoked")
        default:
            // ERRSIG: its sixth word says why; 9 is that the key is not there.
            let words = rest.split(separator: " ")
            guard words.count > 5, words[5] == "9" else {
                return Distrust(.unsupported, "gpg cannot check its signature by the OpenPGP key \(key)")
            }
            return Distrust(
                .unknownKey, "the OpenPGP key \(key) is in none of the keys files",
                advice: "if its owner may change this host, add the public key to trust.commits.keys; "
                    + "otherwise sign with a key that is there")
        }
    }
}
