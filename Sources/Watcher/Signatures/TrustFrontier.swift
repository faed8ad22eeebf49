/// Up to where everything is verified: the tip and all that leads to it, under one policy.
package struct TrustFrontier: Sendable, Hashable {
    /// Of the keys and the requirement: another one begins anew, unless it is seen to trust the same.
    package let policy: String
    package let tip: ObjectID
    /// By which keys; nil where nobody wrote it down, or there were too many.
    package let evidence: TrustEvidence?

    package init(policy: String, tip: ObjectID, evidence: TrustEvidence? = nil) {
        self.policy = policy
        self.tip = tip
        self.evidence = evidence
    }

    package init?(text: String) {
        let words = text.split(separator: " ")
        guard words.count >= 2, let tip = ObjectID(words[1]) else { return nil }
        self.init(policy: String(words[0]), tip: tip, evidence: TrustEvidence(words: words.dropFirst(2)))
    }

    package var text: String { "\(policy) \(tip)" + (evidence.map { " \($0.text)" } ?? "") }
}

/// By which keys a history is trusted, so that another keys file need not mean to verify all of it once more:
/// whoever adds a key changes nothing for what the others have signed.
package struct TrustEvidence: Sendable, Hashable {
    /// An SSH key, and the dates of the first and the last commit that it signed.
    package struct Span: Sendable, Hashable {
        var first: Int64
        var last: Int64
    }
    /// Of what is required, and of all OpenPGP keys.
    let rules: String
    private(set) var spans: [String: Span] = [:]
    /// Fingerprints of OpenPGP keys, primary ones and their subkeys.
    private(set) var openPGP: Set<String> = []

    /// More are not remembered.
    static let keysMax = 256

    init(rules: String) { self.rules = rules }

    /// - Returns: false once there are too many keys.
    mutating func add(_ examined: Examined) -> Bool {
        if examined.isOpenPGP {
            openPGP.formUnion(examined.fingerprints)
        } else {
            for key in examined.fingerprints {
                let known = spans[key] ?? Span(first: examined.committed, last: examined.committed)
                spans[key] = Span(
                    first: min(known.first, examined.committed), last: max(known.last, examined.committed))
            }
        }
        return spans.count + openPGP.count <= Self.keysMax
    }

    /// Whether every one of these signatures would be trusted with these keys, too.
    func holds(with keys: TrustKeys) -> Bool {
        rules == keys.rules && !openPGP.contains(where: keys.revoked.contains)
            && spans.allSatisfy { key, span in
                !keys.revoked.contains(key)
                    && keys.signers.contains {
                        $0.allows(key, namespace: TrustKeys.gitNamespace, from: span.first, to: span.last)
                    }
            }
    }

    // As text: `1 RULES KEY=FIRST..LAST … KEY …`.

    private static let version = "1"

    fileprivate init?(words: ArraySlice<Substring>) {
        guard words.count >= 2, words.first == Self.version[...] else { return nil }
        self.init(rules: String(words[words.startIndex + 1]))
        for word in words.dropFirst(2) {
            // A fingerprint is base64 without its padding, so it holds no equals sign.
            let parts = word.split(separator: "=")
            guard parts.count == 2 else {
                guard parts.count == 1 else { return nil }
                openPGP.insert(String(word))
                continue
            }
            let ends = parts[1].split(separator: ":").compactMap { Int64($0) }
            guard ends.count == 2 else { return nil }
            spans[String(parts[0])] = Span(first: ends[0], last: ends[1])
        }
    }

    fileprivate var text: String {
        let ssh = spans.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value.first):\($0.value.last)" }
        return ([Self.version, rules] + ssh + openPGP.sorted()).joined(separator: " ")
    }
}

/// A commit that is trusted, and why.
struct Examined: Sendable {
    let signer: CommitSigner
    let isOpenPGP: Bool
    /// Every name under which the key could be revoked.
    let fingerprints: Set<String>
    /// Seconds since 1970, by the commit's own word.
    let committed: Int64
}
