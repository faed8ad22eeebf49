/// An allowed-signers file as ssh-keygen(1) documents it: who may sign with which key, for what, and when.
package struct AllowedSigners: Sendable {
    /// One line of it.
    struct Entry: Sendable {
        let line: Int
        let principals: PatternList
        let key: SSHPublicKey
        /// What it may sign; nil: anything.
        var namespaces: PatternList?
        /// Seconds since 1970; both ends belong to it, as ssh-keygen has it.
        var validAfter: Int64?
        var validBefore: Int64?
    }

    let entries: [Entry]
    private let byKey: [SSHPublicKey: [Int]]

    /// A line that cannot be acted on.
    package struct Problem: Error, Hashable, Sendable {
        package let line: Int
        package let message: String
    }

    static let bytesMax = 1 << 20

    /// Reads the whole file. One bad line is an error: a line that is passed over could be the one that
    /// somebody relies on.
    package init(parsing text: [UInt8]) throws(Problem) {
        var entries: [Entry] = []
        for (index, line) in text.lines.enumerated() {
            do throws(SignatureFormatError) {
                if let entry = try AllowedSignersLine(line).entry(number: index + 1) { entries.append(entry) }
            } catch {
                throw Problem(line: index + 1, message: error.message)
            }
        }
        self.entries = entries
        byKey = Dictionary(grouping: entries.indices) { entries[$0].key }
    }

    /// Whether this key may sign in this namespace at this time; with a principal: as that one.
    /// - Returns: the principals of the line that allows it.
    package func judge(
        _ key: SSHPublicKey, namespace: String, at time: Int64, as principal: String? = nil
    ) -> Result<PatternList, Distrust> {
        var refusal = Distrust(
            .unknownKey, "the key \(key.fingerprint) is in none of the keys files",
            advice: "if its owner may change this host, add the key to trust.commits.keys; otherwise sign "
                + "with a key that is there")
        for index in byKey[key] ?? [] {
            let entry = entries[index]
            if let principal, !entry.principals.matches(principal) {
                refusal = Distrust(
                    .wrongPrincipal,
                    "the key \(key.fingerprint) is that of \(entry.principals), not of \(principal)")
            } else if let reason = entry.objection(namespace, time) {
                refusal = reason
            } else {
                return .success(entry.principals)
            }
        }
        return .failure(refusal)
    }
}

extension AllowedSigners {
    /// Whether one line allows the key of this fingerprint at both times, and so at all between them.
    func allows(_ fingerprint: String, namespace: String, from first: Int64, to last: Int64) -> Bool {
        byKey.contains { key, lines in
            key.fingerprint == fingerprint
                && lines.contains { line in
                    [first, last].allSatisfy { entries[line].objection(namespace, $0) == nil }
                }
        }
    }
}

extension AllowedSigners.Entry {
    fileprivate func objection(_ namespace: String, _ time: Int64) -> Distrust? {
        if let namespaces, !namespaces.matches(namespace) {
            return Distrust(
                .wrongNamespace,
                "the key of \(principals) may sign for \(namespaces) alone, not for \(namespace) "
                    + "(line \(line))")
        }
        if let validAfter, time < validAfter {
            return Distrust(
                .notYetValid,
                "the commit is dated \(SignatureTime.text(time)), and the key of \(principals) is valid from "
                    + "\(SignatureTime.text(validAfter)) on (line \(line))")
        }
        if let validBefore, time > validBefore {
            return Distrust(
                .expired,
                "the commit is dated \(SignatureTime.text(time)), and the key of \(principals) was valid "
                    + "until \(SignatureTime.text(validBefore)) (line \(line))",
                advice: "sign with a key that is valid, or renew valid-before")
        }
        return nil
    }
}

extension [UInt8] {
    /// What stands between newlines.
    var lines: [ArraySlice<UInt8>] { split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) }
}
