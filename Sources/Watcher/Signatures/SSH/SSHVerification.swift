extension TrustKeys {
    /// Whether somebody who is allowed to signed this commit with an SSH key.
    func judgeSSH(_ commit: CommitObject, _ text: [UInt8]) -> Result<CommitSigner, Distrust> {
        let signature: SSHSignature
        do throws(SignatureFormatError) {
            signature = try SSHSignature(armoured: text)
        } catch {
            return .failure(Distrust(.malformed, "its SSH signature cannot be used: \(error.message)"))
        }
        guard signature.namespace == Self.gitNamespace else {
            return .failure(
                Distrust(
                    .wrongNamespace,
                    "its signature is for \(signature.namespace.prefix(64)), not for \(Self.gitNamespace)"))
        }
        guard signature.isValid(for: commit.payload) else {
            return .failure(
                Distrust(
                    .wrongSignature,
                    "its signature is not over these bytes: the commit was changed after it "
                        + "was signed, or the signature is that of another"))
        }
        let key = signature.key.fingerprint
        if revoked.contains(key) {
            return .failure(Distrust(.revoked, "the key \(key) that signed it is revoked"))
        }
        var refusal: Distrust?
        for list in signers {
            switch list.judge(signature.key, namespace: Self.gitNamespace, at: commit.committed) {
            case .success(let principals):
                return .success(CommitSigner(principal: principals.description, key: key))
            case .failure(let reason):
                if refusal == nil || refusal?.kind == .unknownKey { refusal = reason }
            }
        }
        return .failure(
            refusal ?? Distrust(.unknownKey, "it is signed by an SSH key, and no keys file lists SSH keys"))
    }

    /// What git signs commits for.
    static let gitNamespace = "git"
}
