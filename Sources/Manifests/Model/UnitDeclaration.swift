/// What can run: a program with its version, package, entry, config schema and defaults.
package struct UnitDeclaration: Sendable {
    package var metadata: Metadata
    package var version: SemanticVersion
    package var profile: Profile
    package var artifact: Artifact?
    package var entry: Entry
    package var env: [String: String]
    package var endpoints: [Endpoint]
    package var configFields: [ConfigField]
    package var configApply: ConfigApply
    /// The signal that makes the program read its config file again.
    package var reloadSignal: Signal?
    /// What an Instance gets unless it says otherwise, whole block by whole block.
    package var defaults: PolicyBlocks
    package var source: DeclarationSource

    package init(
        metadata: Metadata, version: SemanticVersion, profile: Profile = .keepalive,
        artifact: Artifact? = nil, entry: Entry, env: [String: String] = [:], endpoints: [Endpoint] = [],
        configFields: [ConfigField] = [],
        configApply: ConfigApply = ConfigApply(), reloadSignal: Signal? = nil,
        defaults: PolicyBlocks = PolicyBlocks(), source: DeclarationSource
    ) {
        self.metadata = metadata
        self.version = version
        self.profile = profile
        self.artifact = artifact
        self.entry = entry
        self.env = env
        self.endpoints = endpoints
        self.configFields = configFields
        self.configApply = configApply
        self.reloadSignal = reloadSignal
        self.defaults = defaults
        self.source = source
    }

    package var id: UnitID { UnitID(name: metadata.name, version: version) }
}

/// Several versions of a name may stand side by side: identity is `name@version`.
package struct UnitID: Hashable, Sendable, CustomStringConvertible, Comparable {
    package var name: String
    package var version: SemanticVersion

    package init(name: String, version: SemanticVersion) {
        self.name = name
        self.version = version
    }

    package var description: String { "\(name)@\(version)" }

    package static func < (a: UnitID, b: UnitID) -> Bool {
        a.name == b.name ? a.version < b.version : a.name < b.name
    }
}

/// Whether a process is meant to go on, or to end.
package enum Profile: String, Sendable, Hashable, Codable, CaseIterable {
    case keepalive, oneshot
}

package struct Entry: Sendable, Hashable {
    /// Absolute, relative to the package (contains `/` or there is an artifact), or a name to be found in
    /// PATH.
    package var command: String
    package var args: [String]
    /// Relative to the package when there is one, else to the run's workspace; nil is that directory itself.
    package var workingDir: String?
    package var user: String?
    package var group: String?
    package var umask: UInt32
    package var stdin: StandardInput
    /// The run gets a notify socket (NOTIFY_SOCKET), over which it says how it is.
    package var notify: Bool
    /// How many descriptors a run may leave for the next one, over that socket.
    package var fileDescriptorStoreMax: Int

    package init(
        command: String, args: [String] = [], workingDir: String? = nil, user: String? = nil,
        group: String? = nil, umask: UInt32 = 0o022, stdin: StandardInput = .none, notify: Bool = false,
        fileDescriptorStoreMax: Int = 0
    ) {
        self.command = command
        self.args = args
        self.workingDir = workingDir
        self.user = user
        self.group = group
        self.umask = umask
        self.stdin = stdin
        self.notify = notify
        self.fileDescriptorStoreMax = fileDescriptorStoreMax
    }
}

/// What a process reads from its standard input.
package enum StandardInput: String, Sendable, Hashable, Codable, CaseIterable {
    /// `/dev/null`.
    case none
    /// A pipe into which nothing is written, and whose end the process sees at a `closeInput` stop step.
    case pipe
}

package struct Endpoint: Sendable, Hashable {
    package var name: String
    package var protocolName: EndpointProtocol
    package var port: Port
    package var labels: [String: String]
    /// Plumb opens the port, and hands it to the runs.
    package var listen: Bool
    /// Numeric; nil is every address of the host. Only where Plumb opens the port.
    package var address: String?

    package init(
        name: String, protocolName: EndpointProtocol = .tcp, port: Port, labels: [String: String] = [:],
        listen: Bool = false, address: String? = nil
    ) {
        self.name = name
        self.protocolName = protocolName
        self.port = port
        self.labels = labels
        self.listen = listen
        self.address = address
    }

    /// The port of one replica.
    package enum Port: Sendable, Hashable {
        case fixed(UInt16)
        /// `N+index`: replica 0 gets N, replica 1 gets N+1.
        case indexed(UInt16)
    }
}

package enum EndpointProtocol: String, Sendable, Hashable, CaseIterable {
    case tcp, udp, http, https, grpc
}
