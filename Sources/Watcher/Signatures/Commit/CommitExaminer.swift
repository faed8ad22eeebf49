import Glibc

/// Verifies single commits with the keys of one moment.
struct CommitExaminer: Sendable {
    private let keys: TrustKeys
    private let gpg: (program: GnuPG, home: String)?

    /// - Parameter directory: where gpg may have a home.
    init(keys: TrustKeys, directory: String) throws(TrustFailure) {
        self.keys = keys
        if keys.openPGP.isEmpty {
            gpg = nil
        } else {
            let program = try GnuPG(directory: directory)
            gpg = (program, try program.home(of: keys.openPGP, digest: keys.openPGPDigest))
        }
    }

    typealias Verdict = Result<Examined, CommitVerifier.Untrusted>

    func examine(_ id: ObjectID, _ bytes: [UInt8]) async throws(TrustFailure) -> sending Verdict {
        guard let commit = CommitObject(id: id, bytes: bytes) else {
            let reason = Distrust(
                .malformed, "nobody can say who committed it, and when",
                advice: "take it out of the history, or pin trust.commits.since at a later commit")
            return .failure(CommitVerifier.Untrusted(commit: id, author: "somebody", reason: reason))
        }
        return try await judge(commit).mapError { reason in
            CommitVerifier.Untrusted(commit: id, author: commit.author, reason: reason)
        }
    }

    private func judge(_ commit: CommitObject) async throws(TrustFailure) -> Result<Examined, Distrust> {
        guard let signature = commit.signature else {
            return .failure(
                Distrust(
                    .unsigned, "it is not signed",
                    advice: "sign it (git commit --amend --no-edit -S, then push), or commit again on top"))
        }
        guard commit.signatureCount == 1 else {
            return .failure(
                Distrust(.several, "it carries \(commit.signatureCount) signatures where one is expected"))
        }
        switch SignatureKind(signature) {
        case .ssh:
            return keys.judgeSSH(commit, signature).map { signer in
                Examined(
                    signer: signer, isOpenPGP: false, fingerprints: [signer.key], committed: commit.committed)
            }
        case .openPGP: return try await judgeOpenPGP(commit, signature)
        case .x509:
            return .failure(
                Distrust(
                    .unsupported, "X.509 signatures are not supported",
                    advice: "sign with an SSH or OpenPGP key"))
        case nil:
            return .failure(Distrust(.malformed, "what stands there as its signature is none"))
        }
    }

    private func judgeOpenPGP(
        _ commit: CommitObject, _ signature: [UInt8]
    ) async throws(TrustFailure) -> Result<Examined, Distrust> {
        guard let gpg else {
            return .failure(
                Distrust(
                    .unknownKey, "it is signed by an OpenPGP key, and no keys file has such keys",
                    advice: "add the public key to trust.commits.keys, or sign with an SSH key that is there")
            )
        }
        let verdict = try await Self.onThread { () throws(TrustFailure) in
            try gpg.program.judge(signature, over: commit.payload, home: gpg.home)
        }
        return verdict.flatMap { verified in
            guard let revoked = verified.fingerprints.sorted().first(where: keys.revoked.contains) else {
                return .success(
                    Examined(
                        signer: verified.signer, isOpenPGP: true, fingerprints: verified.fingerprints,
                        committed: commit.committed))
            }
            return .failure(Distrust(.revoked, "the OpenPGP key \(revoked) that signed it is revoked"))
        }
    }

    /// gpg is waited for on a thread that may block.
    private static func onThread<Value: Sendable>(
        _ body: @escaping @Sendable () throws(TrustFailure) -> Value
    ) async throws(TrustFailure) -> Value {
        let result: Result<Value, TrustFailure> = await withCheckedContinuation { continuation in
            let isStarted = DedicatedThread.start {
                continuation.resume(returning: Result { () throws(TrustFailure) in try body() })
            }
            guard !isStarted else { return }
            continuation.resume(
                returning: .failure(
                    TrustFailure(
                        code: "GnuPGFailed", message: "the system has no thread left to verify with",
                        advice: "it is tried again by itself")))
        }
        return try result.get()
    }
}

/// What made a signature, as its first line says.
enum SignatureKind {
    case ssh, openPGP, x509

    init?(_ signature: [UInt8]) {
        let first = signature.lines.first.map { String(decoding: $0, as: UTF8.self) } ?? ""
        switch first {
        case SSHSignature.beginLine: self = .ssh
        case "-----BEGIN PGP SIGNATURE-----": self = .openPGP
        case "-----BEGIN SIGNED MESSAGE-----": self = .x509
        default: return nil
        }
    }
}
