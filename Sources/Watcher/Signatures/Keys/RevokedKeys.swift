/// Keys that are trusted no longer, whatever they signed and when: a line each, an SSH public key, the
/// fingerprint of one (`SHA256:…`), or the fingerprint of an OpenPGP key.
package struct RevokedKeys: Sendable {
    private var fingerprints: Set<String> = []

    package init() {}

    package init(parsing text: [UInt8]) throws(AllowedSigners.Problem) {
        for (index, line) in text.lines.enumerated() {
            do throws(SignatureFormatError) {
                if let fingerprint = try Self.fingerprint(line) { fingerprints.insert(fingerprint) }
            } catch {
                throw AllowedSigners.Problem(line: index + 1, message: error.message)
            }
        }
    }

    package func contains(_ fingerprint: String) -> Bool { fingerprints.contains(fingerprint) }

    private static func fingerprint(_ line: ArraySlice<UInt8>) throws(SignatureFormatError) -> String? {
        let words = line.split { $0 == 32 || $0 == 9 || $0 == 13 }.map { String(decoding: $0, as: UTF8.self) }
        guard let first = words.first, !first.hasPrefix("#") else { return nil }
        if first.hasPrefix("SHA256:") {
            guard words.count == 1, first.utf8.count == 50 else {
                throw SignatureFormatError("it is no whole SHA256 fingerprint")
            }
            return first
        }
        let hex = words.joined().uppercased()
        if [40, 64].contains(hex.utf8.count), hex.allSatisfy(\.isHexDigit) { return hex }
        guard words.count >= 2 else {
            throw SignatureFormatError("it is neither a public key nor a fingerprint")
        }
        return SSHPublicKey.fingerprint(ofBlob: try SSHPublicKey.blob(type: words[0], base64: words[1]))
    }
}
