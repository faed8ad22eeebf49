/// Why a commit is not trusted.
package struct Distrust: Error, Hashable, Sendable {
    /// One word for conditions and metrics.
    package enum Kind: String, Hashable, Sendable, CaseIterable {
        case unsigned = "Unsigned"
        case malformed = "MalformedSignature"
        case unsupported = "UnsupportedSignature"
        case several = "SeveralSignatures"
        case wrongSignature = "WrongSignature"
        case unknownKey = "UnknownKey"
        case wrongPrincipal = "WrongPrincipal"
        case wrongNamespace = "WrongNamespace"
        case notYetValid = "KeyNotYetValid"
        case expired = "KeyExpired"
        case revoked = "KeyRevoked"
        case notDescended = "NotDescended"
    }
    package let kind: Kind
    /// A clause: what is wrong.
    package let message: String
    /// What to do about it; "" where there is no more to say than to sign it properly.
    package let advice: String

    package init(_ kind: Kind, _ message: String, advice: String = "") {
        self.kind = kind
        self.message = message
        self.advice = advice
    }
}

/// Who signed a commit.
package struct CommitSigner: Hashable, Sendable {
    /// Of an SSH key the principal in the keys file, of an OpenPGP key its user id.
    package let principal: String
    /// `SHA256:…`, or the fingerprint of an OpenPGP key.
    package let key: String

    package init(principal: String, key: String) {
        self.principal = principal
        self.key = key
    }
}
