/// What the wiring tells the Supervisor about its host. Directories are absolute paths.
package struct SupervisorSettings: Sendable {
    package enum ControlGroupUse: Sendable {
        /// Where the host offers them, else without.
        case automatic
        case off
    }

    package var stateDir: String
    package var runtimeDir: String
    package var secretsDir: String
    /// The absolute path of `plumb-keeper`.
    package var keeperExecutable: String
    package var nodeName: String
    package var controlGroups: ControlGroupUse
    package var artifacts = ArtifactSettings()
    /// The absolute path of `plumb`, which unpacks archives in a process of its own.
    package var unpackerExecutable = "/proc/self/exe"
    /// What the host has mounted; nil: what `/proc/self` says.
    var controlGroupHost: ControlGroupHost?
    /// The name of the tree of control groups; nil: after the state directory.
    var controlGroupTree: String?

    package init(
        stateDir: String, runtimeDir: String, secretsDir: String, keeperExecutable: String, nodeName: String,
        controlGroups: ControlGroupUse = .automatic
    ) {
        self.stateDir = stateDir
        self.runtimeDir = runtimeDir
        self.secretsDir = secretsDir
        self.keeperExecutable = keeperExecutable
        self.nodeName = nodeName
        self.controlGroups = controlGroups
    }

    var layout: StateLayout { StateLayout(stateDir: stateDir, runtimeDir: runtimeDir) }
}
