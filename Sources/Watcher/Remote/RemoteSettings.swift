import Glibc

/// Which repository is fetched, how often, and with what.
package struct RemoteSettings: Sendable {
    package var address: RemoteAddress
    /// The mirror; a directory that Plumb makes, replaces and cleans by itself.
    package var mirror: String
    package var target: FetchTarget
    package var credentials: RemoteCredentials
    package var interval: Duration
    /// The hard bound of one fetch.
    package var timeout: Duration
    /// How long a fetch may show no progress.
    package var silence: Duration
    /// The first wait after a failure; it doubles up to `retryMax`.
    package var retryInitial: Duration
    package var retryMax: Duration
    /// Two fetches are at least this far apart, whoever asks for them.
    package var spacing: Duration
    /// Of all objects in the mirror, as they are stored: what would make them more is not fetched.
    package var bytesMax: UInt64
    /// For https: through whom the remote is reached. No proxy of the environment is ever used.
    package var proxy: String?
    /// Packs in the mirror before they are made one.
    package var packsMax: Int
    /// Our own executable, whose hidden subcommands guard git and hand it credentials.
    package var executable: String

    package init(address: RemoteAddress, mirror: String, target: FetchTarget) {
        self.address = address
        self.mirror = mirror
        self.target = target
        credentials = RemoteCredentials()
        interval = RemoteLimits.intervalDefault
        timeout = RemoteLimits.timeoutDefault
        silence = RemoteLimits.silenceDefault
        bytesMax = RemoteLimits.bytesDefault
        retryInitial = .seconds(2)
        retryMax = .seconds(120)
        spacing = .seconds(1)
        packsMax = 40
        // By its process, so that it is this very program also after the file was replaced by an upgrade.
        executable = "/proc/\(getpid())/exe"
    }
}

/// What is fetched. The mirror's refs have the names of the remote's.
package enum FetchTarget: Hashable, Sendable {
    /// The branch that the remote's HEAD names when it is first asked; kept from then on.
    case head
    /// A branch name or a full ref.
    case ref(String)
    /// All tags.
    case tags
    case commit(ObjectID)
}

/// The files that hold what a remote asks for. Their contents are read by the child that needs them, when it
/// needs them.
package struct RemoteCredentials: Hashable, Sendable {
    /// For https, with the password or token.
    package var username: String?
    /// A password or a token; its first line counts.
    package var passwordFile: String?
    package var sshKeyFile: String?
    /// For ssh: the host keys that are believed, as in `known_hosts`.
    package var knownHostsFile: String?
    /// For https: the certificates that are believed, in place of the system's.
    package var caFile: String?

    package init() {}

    /// What hosts of tokens take for any token.
    package static let tokenUsername = "x-access-token"
}

package enum RemoteLimits {
    package static let intervalDefault = Duration.seconds(30)
    package static let intervalMin = Duration.seconds(1)
    package static let timeoutDefault = Duration.seconds(600)
    package static let silenceDefault = Duration.seconds(30)
    package static let bytesDefault: UInt64 = 4 << 30
    package static let bytesRange: ClosedRange<UInt64> = (1 << 20)...(1 << 40)
    /// Around the interval, so that a fleet does not ask in step.
    static let jitter = 0.1
    /// What is kept of git's errors, and of its output.
    static let errorBytesMax = 16 << 10
    static let outputBytesMax = 1 << 20
    /// A password file.
    static let secretBytesMax = 64 << 10
    /// How long the tree of a child that was killed is waited for.
    static let killPatience = Duration.seconds(5)
    /// A message of git's that is shown.
    static let quotedCharactersMax = 200

    /// `4Gi`, or as much of it as is whole.
    package static func text(_ bytes: UInt64) -> String {
        for (unit, shift) in [("Gi", 30), ("Mi", 20), ("Ki", 10)] where bytes.trailingZeroBitCount >= shift {
            return "\(bytes >> shift)\(unit)"
        }
        return "\(bytes) bytes"
    }
}
