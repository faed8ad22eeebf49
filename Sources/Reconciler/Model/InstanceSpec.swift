package import Manifests

/// Everything that a run of an Instance needs, by value, with no reference left to the source: it is kept
/// whole in the Store, so that what runs can be compared, explained and started again when its declaration is
/// gone.
package struct InstanceSpec: Sendable, Hashable, Codable {
    package var name: String
    /// `web@1.4.2`.
    package var unit: String
    package var profile: Profile
    package var process: ProcessSpec
    package var health: Health
    package var restart: RestartPolicy
    package var stop: StopPolicy
    package var logging: LoggingPolicy
    /// nil: nothing is limited. Optional, like all that came later, so that what was stored before is read.
    package var resources: Resources?
    package var update: UpdatePolicy
    /// nil: `report`.
    package var drift: DriftPolicy?
    /// What the hashes are made of, sorted by path. A field that has its default is left out, so that a
    /// version of Plumb which knows more fields computes the same hashes.
    package var fields: [SpecField]
    package var startHash: StartHash
    package var specHash: SpecHash

    package init(
        name: String, unit: String, profile: Profile, process: ProcessSpec, health: Health,
        restart: RestartPolicy, stop: StopPolicy, logging: LoggingPolicy, resources: Resources? = nil,
        update: UpdatePolicy, fields: [SpecField], startHash: StartHash, specHash: SpecHash
    ) {
        self.name = name
        self.unit = unit
        self.profile = profile
        self.process = process
        self.health = health
        self.restart = restart
        self.stop = stop
        self.logging = logging
        self.resources = resources
        self.update = update
        self.fields = fields
        self.startHash = startHash
        self.specHash = specHash
    }
}

/// The process itself, the same for every replica but for what depends on the index.
package struct ProcessSpec: Sendable, Hashable, Codable {
    /// As declared: absolute, relative to the package, or a name to be found in PATH.
    package var command: String
    package var args: [String]
    package var workingDir: String?
    package var user: String?
    package var group: String?
    package var umask: UInt32
    /// Declared variables and those of the rendered config. Secrets and `PLUMB_…` are not among them.
    package var env: [String: String]
    /// Variable → file in the host's secret directory.
    package var secrets: [String: String]
    package var endpoints: [EndpointSpec]
    package var package: PackageReference?
    package var configFile: ConfigFileSpec?
    package var reloadSignal: Signal?
    package var sandbox: Sandbox
    /// nil: none. Optional, so that what was stored before is read.
    package var stdin: StandardInput?
    /// The run gets a notify socket; nil is no.
    package var notify: Bool?
    /// How many descriptors a run may leave for the next one; nil is none.
    package var fileDescriptorStoreMax: Int?

    package init(
        command: String, args: [String] = [], workingDir: String? = nil, user: String? = nil,
        group: String? = nil, umask: UInt32 = 0o022, env: [String: String] = [:],
        secrets: [String: String] = [:], endpoints: [EndpointSpec] = [], package: PackageReference? = nil,
        configFile: ConfigFileSpec? = nil, reloadSignal: Signal? = nil, sandbox: Sandbox = Sandbox(),
        stdin: StandardInput? = nil, notify: Bool? = nil, fileDescriptorStoreMax: Int? = nil
    ) {
        self.command = command
        self.args = args
        self.workingDir = workingDir
        self.user = user
        self.group = group
        self.umask = umask
        self.env = env
        self.secrets = secrets
        self.endpoints = endpoints
        self.package = package
        self.configFile = configFile
        self.reloadSignal = reloadSignal
        self.sandbox = sandbox
        self.stdin = stdin
        self.notify = notify
        self.fileDescriptorStoreMax = fileDescriptorStoreMax
    }
}

package struct EndpointSpec: Sendable, Hashable, Codable {
    package var name: String
    package var protocolName: String
    package var basePort: UInt16
    /// The replica's index is added to the base.
    package var indexed: Bool
    /// Plumb opens the port and hands it to the runs; nil: it does not. Both optional, so that what was
    /// stored before is read.
    package var listen: Bool?
    /// Of a port that Plumb opens; nil: every address of the host.
    package var address: String?
    /// In the spec of a run that began beside another one of its replica, which has the port of the index:
    /// what is added to the index instead; nil: nothing. It is of the run, in no declaration and no hash.
    package var offset: Int?

    package init(
        name: String, protocolName: String, basePort: UInt16, indexed: Bool, listen: Bool? = nil,
        address: String? = nil
    ) {
        self.name = name
        self.protocolName = protocolName
        self.basePort = basePort
        self.indexed = indexed
        self.listen = listen
        self.address = address
    }

    /// nil where the sum leaves 1–65535; validation has refused such a declaration.
    package func port(index: Int) -> UInt16? {
        indexed ? UInt16(exactly: Int(basePort) + index + (offset ?? 0)) : basePort
    }
}

extension EndpointSpec {
    /// The program opens a port that follows from the index: no two live runs can have the same.
    package var isOfRun: Bool { indexed && listen != true }
}

extension ProcessSpec {
    /// What is added to the index for the ports that a run opens by itself; nil: nothing.
    package var portOffset: Int? {
        get { endpoints.first(where: \.isOfRun)?.offset }
        set {
            for index in endpoints.indices where endpoints[index].isOfRun {
                endpoints[index].offset = newValue == 0 ? nil : newValue
            }
        }
    }
}

package struct ConfigFileSpec: Sendable, Hashable, Codable {
    package var name: String
    package var contents: String

    package init(name: String, contents: String) {
        self.name = name
        self.contents = contents
    }
}

/// One effective field of an Instance: its own, its Unit's or a merged one.
package struct SpecField: Sendable, Hashable, Codable {
    package enum Effect: String, Sendable, Hashable, Codable { case live, reload, restart }
    /// `spec.config.fps`; fields of the Unit begin with `unit.`.
    package var path: String
    package var value: String
    package var effect: Effect
    /// Where it is written. Takes no part in any hash.
    package var place: Location

    package init(path: String, value: String, effect: Effect, place: Location) {
        self.path = path
        self.value = value
        self.effect = effect
        self.place = place
    }
}
