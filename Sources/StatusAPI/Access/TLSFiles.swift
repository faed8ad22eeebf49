/// Where the certificate of the endpoint and its key are.
package struct TLSFiles: Sendable, Hashable {
    /// PEM: the host's own first, then those that lead to an authority.
    package var certificate: String
    /// PEM, without a passphrase.
    package var key: String

    package init(certificate: String, key: String) {
        self.certificate = certificate
        self.key = key
    }
}

/// Why a certificate and its key cannot be used. Each message says what to do.
package enum TLSFilesError: Error, Sendable, Hashable, CustomStringConvertible {
    case unreadable(String, problem: String)
    case tooOpen(String, mode: String)
    case strangersKey(String)
    case noCertificate(String)
    case noKey(String)
    case mismatch(certificate: String, key: String, problem: String)

    package var description: String {
        switch self {
        case .unreadable(let path, let problem):
            return "\(path) cannot be read: \(problem); let the agent's user read it"
        case .tooOpen(let path, let mode):
            return "\(path) is a private key that others may read or change (mode \(mode)): chmod 600 \(path)"
        case .strangersKey(let path):
            return "\(path) is a private key of another user: chown it to root or to the agent's user"
        case .noCertificate(let path):
            return
                "\(path) holds no certificate in PEM: begin it with the host's own, then what leads to its "
                + "authority"
        case .noKey(let path):
            return "\(path) holds no private key in PEM that can be used without a passphrase"
        case .mismatch(let certificate, let key, let problem):
            return "the key in \(key) does not belong to the first certificate in \(certificate), or is of a "
                + "kind that TLS does not know: \(problem)"
        }
    }
}
