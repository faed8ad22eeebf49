/// Somebody who is told how commits stand on this host.
package struct ForgeTarget: Sendable, Hashable {
    package enum Kind: String, Sendable, Hashable, CaseIterable {
        case github, gitlab, gitea, webhook
    }
    package var kind: Kind
    /// Of a forge the API's address of the repository; of a webhook the address itself. Without a last slash.
    package var url: String
    /// A file with the token; nil: none is sent.
    package var tokenFile: String?
    /// A file with the secret that a webhook's body is signed with.
    package var secretFile: String?
    /// A file with the certificates to believe in place of the system's; nil: the system's.
    package var caFile: String?
    /// What the status is called; hosts must differ in it.
    package var context: String

    package init(
        kind: Kind, url: String, tokenFile: String? = nil, secretFile: String? = nil, caFile: String? = nil,
        context: String
    ) {
        self.kind = kind
        self.url = url
        self.tokenFile = tokenFile
        self.secretFile = secretFile
        self.caFile = caFile
        self.context = context
    }

    /// For messages. The path of a webhook is often a secret, so no more of it is shown than where it is.
    package var name: String {
        guard kind == .webhook, let mark = url.firstRange(of: "://") else { return "\(kind.rawValue) \(url)" }
        let host = url[mark.upperBound...].prefix { $0 != "/" }
        return "\(kind.rawValue) \(url[..<mark.upperBound])\(host)"
    }

    /// What was told is remembered under this name.
    package var key: String { "notify.\(kind.rawValue).\(url).\(context)" }
}
