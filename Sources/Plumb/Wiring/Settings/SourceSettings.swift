import Foundation
import Manifests
import Reconciler
import Watcher

/// The block `source` of the host's settings: which repository, how it is reached, which commit.
struct SourceSettings {
    var address: RepositoryAddress
    /// Which commit; nil is the branch that HEAD names at the first start, kept from then on.
    var selection: RefSelection?
    /// The accepted commit may be lost by a forced push without anybody's word.
    var allowsRewind = false
    /// Below which directory declarations stand.
    var path: String
    /// Who may own a repository on this host, beside root and the agent's user.
    var owner: String?
    var interval = RemoteLimits.intervalDefault
    var timeout = RemoteLimits.timeoutDefault
    /// Of the objects in the mirror.
    var bytesMax = RemoteLimits.bytesDefault
    var credentials = RemoteCredentials()
    /// For https, `http://proxy:3128`.
    var proxy: String?

    /// What flags and variables say; nil where they are not given.
    struct Given {
        var repo: String?
        var ref: String?
        var path: String?
    }

    static let keys = Set([
        "source", "source.repo", "source.ref", "source.path", "source.owner", "source.interval",
        "source.timeout", "source.maxBytes", "source.credentials", "source.allowRewind", "source.proxy",
    ]).union(credentialKeys.map { "source.credentials." + $0 }).union(refKeys.map { "source.ref." + $0 })

    private static let refKeys = ["branch", "tag", "semver", "commit"]

    private static let credentialKeys = [
        "tokenFile", "username", "passwordFile", "sshKeyFile", "knownHostsFile", "caFile",
    ]

    /// - Throws: `CommandFailure` naming the flag or the line of the file that is wrong.
    init(_ file: AgentFile, given: Given) throws {
        let text = try given.repo ?? file.text("source.repo") ?? "."
        do {
            address = try RepositoryAddress(text)
        } catch {
            guard given.repo == nil else {
                throw CommandFailure(message: "--repo: \(error.problem)", remedy: error.remedy)
            }
            throw file.fault("source.repo", "source.repo: \(error.problem)", remedy: error.remedy)
        }
        if case .local(let path) = address { address = .local(path: HostSettings.absolute(path)) }
        selection = try given.ref.map { .branch($0) } ?? Self.selection(file)
        allowsRewind = try file.flag("source.allowRewind") ?? false
        path = try given.path ?? file.text("source.path") ?? "/"
        owner = try file.text("source.owner")
        try readTimes(file)
        try readBytesMax(file)
        credentials = try Self.credentials(file, for: address)
        proxy = try Self.proxy(file, for: address)
    }

    /// As status and messages show it. It holds no secret: an address with a password is refused.
    var repository: String {
        switch address {
        case .local(let path): path
        case .remote(let remote): remote.text
        }
    }

    /// Where the repository is read on this host.
    func readable(stateDir: String) -> String {
        switch address {
        case .local(let path): path
        case .remote: stateDir + "/source.git"
        }
    }

    /// How the remote is fetched; nil for a repository on this host.
    func remote(stateDir: String, target: FetchTarget) -> RemoteSettings? {
        guard case .remote(let address) = address else { return nil }
        var remote = RemoteSettings(address: address, mirror: readable(stateDir: stateDir), target: target)
        remote.interval = interval
        remote.timeout = timeout
        remote.bytesMax = bytesMax
        remote.silence = min(timeout, RemoteLimits.silenceDefault)
        remote.credentials = credentials
        remote.proxy = proxy
        return remote
    }

    private static func proxy(_ file: AgentFile, for address: RepositoryAddress) throws -> String? {
        let key = "source.proxy"
        guard let text = try file.text(key) else { return nil }
        guard case .remote(let remote) = address, remote.transport == .https else {
            throw file.fault(key, "\(key) is for https alone", remedy: "take it out")
        }
        guard let url = URL(string: text), ["http", "https", "socks5h"].contains(url.scheme),
            url.host()?.isEmpty == false, ["", "/"].contains(url.path()), url.query() == nil
        else {
            throw file.fault(
                key, "\(key): \(text) is no address of a proxy",
                remedy: "write it as http://proxy.example.org:3128")
        }
        // It would stand in the environment of git, and in messages.
        guard url.user() == nil else {
            throw file.fault(
                key, "\(key) holds a user or a password",
                remedy: "use a proxy that lets this host through without")
        }
        return text
    }

    private static func selection(_ file: AgentFile) throws -> RefSelection? {
        guard file.has("source.ref") else { return nil }
        let given = refKeys.filter { file.has("source.ref.\($0)") }
        guard let kind = given.first else {
            throw file.fault(
                "source.ref", "source.ref says nothing of \(refKeys.joined(separator: ", "))",
                remedy: "write it as ref: {branch: main}")
        }
        guard given.count == 1 else {
            throw file.fault(
                "source.ref.\(given[1])", "source.ref names a \(kind) and a \(given[1])",
                remedy: "name one of them")
        }
        let key = "source.ref.\(kind)"
        guard let text = try file.text(key), !text.isEmpty else {
            throw file.fault(key, "\(key) is empty", remedy: "name one, or take it out")
        }
        switch kind {
        case "tag": return .tag(pattern: text)
        case "semver":
            guard let range = VersionRange(text) else {
                throw file.fault(
                    key, "\(key): \(text) is no range of versions",
                    remedy: "write it as \">=1.2 <2\", \"^1.4\" or \"1.x\"")
            }
            return .semver(range, text: text)
        case "commit":
            guard let id = ObjectID(text) else {
                throw file.fault(
                    key, "\(key): \(text) is no commit",
                    remedy: "write all forty digits, in quotes: git rev-parse HEAD")
            }
            return .commit(id.description)
        default: return .branch(text)
        }
    }

    private mutating func readTimes(_ file: AgentFile) throws {
        if let given = try file.duration("source.interval") { interval = given }
        if let given = try file.duration("source.timeout") { timeout = given }
        for (key, value) in [("source.interval", interval), ("source.timeout", timeout)] {
            guard value >= RemoteLimits.intervalMin else {
                throw file.fault(key, "\(key) is shorter than \(Quantities.text(RemoteLimits.intervalMin))")
            }
            guard !file.has(key) || isRemote else {
                throw file.fault(
                    key,
                    "\(key) is for a repository elsewhere; of \(repository) the kernel tells every change",
                    remedy: "take it out")
            }
        }
    }

    private mutating func readBytesMax(_ file: AgentFile) throws {
        let (key, range) = ("source.maxBytes", RemoteLimits.bytesRange)
        guard let value = file.value(key) else { return }
        guard isRemote else {
            throw file.fault(key, "\(key) is for a repository elsewhere", remedy: "take it out")
        }
        let size: UInt64? =
            switch value {
            case .string(let text): Quantities.size(text)
            case .int(let number): UInt64(exactly: number)
            default: nil
            }
        guard let size, range.contains(size) else {
            let (least, most) = (RemoteLimits.text(range.lowerBound), RemoteLimits.text(range.upperBound))
            throw file.fault(key, "\(key) is a size from \(least) to \(most), for example 4Gi")
        }
        bytesMax = size
    }

    var isRemote: Bool { if case .remote = address { true } else { false } }

    private static func credentials(
        _ file: AgentFile, for address: RepositoryAddress
    ) throws -> RemoteCredentials {
        let block = "source.credentials"
        func path(_ key: String) throws -> String? {
            guard let path = try file.text("\(block).\(key)") else { return nil }
            guard path.hasPrefix("/") else {
                throw file.fault("\(block).\(key)", "\(block).\(key) must be an absolute path")
            }
            return path
        }
        var found = RemoteCredentials()
        let token = try path("tokenFile")
        found.username = try file.text("\(block).username")
        found.passwordFile = try path("passwordFile")
        found.sshKeyFile = try path("sshKeyFile")
        found.knownHostsFile = try path("knownHostsFile")
        found.caFile = try path("caFile")
        guard token == nil || found.passwordFile == nil else {
            throw file.fault(
                "\(block).tokenFile", "\(block) has a tokenFile and a passwordFile",
                remedy: "name one of them")
        }
        if found.passwordFile != nil, found.username == nil {
            throw file.fault(
                "\(block).passwordFile", "\(block).passwordFile needs \(block).username beside it",
                remedy: "a token goes without a user name: tokenFile")
        }
        found.passwordFile = found.passwordFile ?? token
        try check(file, address)
        return found
    }

    /// Each way to reach a repository has its own credentials; others would only look as if they were used.
    private static func check(_ file: AgentFile, _ address: RepositoryAddress) throws {
        var allowed: Set<String> = []
        var name = "a repository on this host"
        if case .remote(let remote) = address {
            name = "\(remote.transport.rawValue)://"
            switch remote.transport {
            case .https: allowed = ["tokenFile", "username", "passwordFile", "caFile"]
            case .ssh: allowed = ["sshKeyFile", "knownHostsFile"]
            case .git: allowed = []
            }
            if remote.transport == .ssh {
                for key in ["sshKeyFile", "knownHostsFile"] where !file.has("source.credentials.\(key)") {
                    throw file.fault(
                        "source", "a repository over ssh needs source.credentials.\(key)",
                        remedy: key == "sshKeyFile"
                            ? "name the private key: no agent and no key of a user is asked"
                            : "name a file with the host's keys: an unknown host is never believed")
                }
            }
        }
        for key in credentialKeys where !allowed.contains(key) && file.has("source.credentials.\(key)") {
            throw file.fault(
                "source.credentials.\(key)", "source.credentials.\(key) is of no use for \(name)",
                remedy: "take it out")
        }
    }
}
