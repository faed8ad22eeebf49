/// How this host gets artifacts that are not in the repository.
package struct ArtifactSettings: Sendable, Hashable {
    /// What a server is told so that it gives the file. Read anew for each fetch.
    package struct Credential: Sendable, Hashable {
        package enum Kind: Sendable, Hashable {
            case bearer(tokenFile: String)
            case basic(user: String, passwordFile: String)
        }
        /// `host` or `host:port`, lower case; without a port that of https.
        package var host: String
        package var kind: Kind

        package init(host: String, kind: Kind) {
            self.host = host
            self.kind = kind
        }
    }

    /// Certificates in PEM that are trusted instead of the host's.
    package var caFile: String?
    package var credentials: [Credential]
    /// Of one archive, packed and unpacked.
    package var bytesMax: UInt64
    package var unpackedBytesMax: UInt64
    /// For one whole download.
    package var timeout: Duration
    /// How long a package that nothing needs any more is kept.
    package var retention: Duration

    package static let bytesUsual: UInt64 = 1 << 30
    package static let unpackedBytesUsual: UInt64 = 4 << 30
    package static let timeoutUsual: Duration = .seconds(600)
    package static let retentionUsual: Duration = .seconds(86_400)

    package init(
        caFile: String? = nil, credentials: [Credential] = [], bytesMax: UInt64 = bytesUsual,
        unpackedBytesMax: UInt64 = unpackedBytesUsual, timeout: Duration = timeoutUsual,
        retention: Duration = retentionUsual
    ) {
        self.caFile = caFile
        self.credentials = credentials
        self.bytesMax = bytesMax
        self.unpackedBytesMax = unpackedBytesMax
        self.timeout = timeout
        self.retention = retention
    }
}
