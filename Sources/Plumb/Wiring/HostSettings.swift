import Agent
import Foundation
import Glibc
import Manifests
import Reconciler

/// The host's own settings, which no commit can change: a flag beats a variable, a variable beats the file.
struct HostSettings {
    /// The settings file; nil: there is none.
    var file: String?
    var source: SourceSettings
    var webhook: WebhookSettings?
    var node: Node
    /// Where others reach what runs here; nil: on this host alone.
    var address: String?
    var stateDir: String
    var runtimeDir: String
    var secretsDir: String
    var status: AccessBlock
    var socket: String
    var gates: GateBlocks
    var trust: TrustBlock
    var notify: NotifyBlock
    var artifacts: ArtifactBlock

    static let configDefault = "/etc/plumb/agent.yaml"

    /// What flags say; nil where a flag is not given.
    struct Flags {
        var config: String?
        var repo: String?
        var ref: String?
        var path: String?
        var node: String?
        var nodeLabels: [String] = []
        var nodeAddress: String?
        var stateDir: String?
        var runtimeDir: String?
        var secretsDir: String?
        var listen: String?
        var socket: String?
    }

    /// - Throws: `CommandFailure` naming the flag, variable, or line of the file that is wrong.
    init(flags: Flags, environment: [String: String]) throws {
        let file = try AgentFile(named: flags.config ?? environment["PLUMB_CONFIG"])
        self.file = file.path.map(Self.absolute)
        func value(_ flag: String?, _ variable: String, _ key: String) throws -> String? {
            try flag ?? environment[variable] ?? file.text(key)
        }
        source = try SourceSettings(
            file,
            given: SourceSettings.Given(
                repo: flags.repo ?? environment["PLUMB_REPO"], ref: flags.ref ?? environment["PLUMB_REF"],
                path: flags.path ?? environment["PLUMB_PATH"]))
        webhook = try WebhookSettings(file, source: source)
        let name = try value(flags.node, "PLUMB_NODE", "node.name") ?? Self.hostName()
        var labels = try file.labels("node.labels")
        labels.merge(try Self.labels(flags.nodeLabels)) { _, flag in flag }
        node = Node(name: name, labels: labels)
        address = try NodeAddress.checked(
            value(flags.nodeAddress, "PLUMB_NODE_ADDRESS", "node.address"), file)
        let usual = UserDirectories(environment: environment)
        stateDir = try value(flags.stateDir, "PLUMB_STATE_DIR", "stateDir") ?? usual.state
        runtimeDir = try value(flags.runtimeDir, "PLUMB_RUNTIME_DIR", "runtimeDir") ?? usual.runtime
        stateDir = Self.absolute(stateDir)
        runtimeDir = Self.absolute(runtimeDir)
        secretsDir = Self.absolute(
            try value(flags.secretsDir, "PLUMB_SECRETS_DIR", "secretsDir") ?? usual.secrets)
        gates = try GateBlocks(file)
        status = try AccessBlock(
            file, listen: flags.listen ?? environment["PLUMB_LISTEN"], node: node.name)
        trust = try TrustBlock(file)
        notify = try NotifyBlock(file, node: node.name)
        artifacts = try ArtifactBlock(file)
        socket = Self.absolute(flags.socket ?? environment["PLUMB_SOCKET"] ?? runtimeDir + "/plumb.sock")
    }

    /// Reads `key=value` flags.
    static func labels(_ flags: [String]) throws -> [String: String] {
        var labels: [String: String] = [:]
        for flag in flags {
            let parts = flag.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty else {
                throw CommandFailure(
                    message: "--node-label \(flag) is not a label", remedy: "write it as --node-label zone=a")
            }
            labels[String(parts[0])] = String(parts[1])
        }
        return labels
    }

    static func hostName() -> String {
        var bytes = [CChar](repeating: 0, count: 256)
        guard gethostname(&bytes, bytes.count - 1) == 0 else { return "localhost" }
        return String(decoding: bytes.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// Against the working directory, without `.` and `..`.
    static func absolute(_ path: String) -> String {
        URL(fileURLWithPath: path).standardizedFileURL.path
    }
}

/// Where things are when nobody says otherwise: the system's directories for root, the XDG ones for a user.
struct UserDirectories {
    var state: String
    var runtime: String
    var secrets: String

    init(environment: [String: String]) {
        if geteuid() == 0 {
            (state, runtime, secrets) = ("/var/lib/plumb", "/run/plumb", "/etc/plumb/secrets")
            return
        }
        let home = environment["HOME"] ?? "/tmp"
        state = (environment["XDG_STATE_HOME"] ?? home + "/.local/state") + "/plumb"
        runtime = (environment["XDG_RUNTIME_DIR"] ?? "/run/user/\(geteuid())") + "/plumb"
        secrets = (environment["XDG_CONFIG_HOME"] ?? home + "/.config") + "/plumb/secrets"
    }
}
