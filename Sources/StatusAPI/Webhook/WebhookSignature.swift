import HTTPTypes
import Reconciler

/// How a forge proves that it knows the secret. All but GitLab sign the body; GitLab shows the secret itself.
struct WebhookSignature {
    private static let signed = [
        "X-Hub-Signature-256", "X-Gitea-Signature", "X-Forgejo-Signature", "X-Signature-256",
    ]
    private static let shown = "X-Gitlab-Token"
    private static let prefix = "sha256="

    private let proofs: [[UInt8]]
    private let token: [UInt8]?

    init(_ headers: HTTPFields) {
        func value(_ name: String) -> String? { HTTPField.Name(name).flatMap { headers[$0] } }
        proofs = Self.signed.compactMap(value).map { text in
            let text = text.lowercased()
            return Array(text.dropFirst(text.hasPrefix(Self.prefix) ? Self.prefix.count : 0).utf8)
        }
        token = value(Self.shown).map { Array($0.utf8) }
    }

    /// There is something to check, so the body is worth reading.
    var isThere: Bool { !proofs.isEmpty || token != nil }

    /// Whether everything that was shown is right. The time that it takes tells nothing of where it is not.
    func isRight(digest: String, secret: [UInt8]) -> Bool {
        var isRight = isThere
        let digest = Array(digest.utf8)
        for proof in proofs where !Self.isEqual(proof, digest) { isRight = false }
        if let token, !Self.isEqual(token, secret) { isRight = false }
        return isRight
    }

    private static func isEqual(_ given: [UInt8], _ expected: [UInt8]) -> Bool {
        var difference = given.count == expected.count ? 0 : UInt8.max
        for (index, byte) in expected.enumerated() {
            difference |= byte ^ (index < given.count ? given[index] : ~byte)
        }
        return difference == 0
    }
}
