package import Reconciler

/// Where things of a run stand. The tree below `slots` belongs to the agent alone; below `instances` each
/// replica has its own directories within parents that it cannot write to.
package struct StateLayout: Sendable {
    package let stateDir: String
    package let runtimeDir: String

    package init(stateDir: String, runtimeDir: String) {
        self.stateDir = stateDir
        self.runtimeDir = runtimeDir
    }

    package var slots: String { "\(stateDir)/slots" }
    package var instances: String { "\(stateDir)/instances" }
    package var packages: String { "\(stateDir)/packages" }
    /// What ended runs of Schedules left, and what live ones write into.
    package var schedules: String { "\(stateDir)/schedules" }
    package func scheduledRun(_ run: RunID, of schedule: String) -> String {
        "\(schedules)/\(schedule)/\(run.text)"
    }
    package func scheduledOutput(_ run: RunID, of schedule: String) -> String {
        "\(scheduledRun(run, of: schedule))/\(Self.outputName)"
    }
    package var shared: String { "\(stateDir)/shared" }
    package var zygoteLock: String { "\(stateDir)/zygote.lock" }
    /// The key under which what specs take from the host is hashed.
    package var inputsKey: String { "\(stateDir)/inputs.key" }
    /// The directory of the keepers' sockets.
    package var keeperSockets: String { "\(runtimeDir)/k" }

    /// The directory of the sockets on which runs are heard.
    package var notifySockets: String { "\(runtimeDir)/n" }

    package func slot(_ slot: SlotID) -> String { "\(slots)/\(slot.instance)/\(slot.directoryName)" }
    package func output(_ slot: SlotID) -> String { "\(self.slot(slot))/output" }
    package func replica(_ replica: ReplicaID) -> String {
        "\(instances)/\(replica.instance)/\(replica.index)"
    }

    static let lockName = "lock"
    static let identityName = "id"
    static let specName = "spec"
    static let exitName = "exit"
    static let outputName = "output"
}

/// The directories of one replica, as its process is told of them. Runs in both of its slots have them in
/// common, but for the rendered config: that of the next run must not be seen by the last one.
struct ReplicaDirectories: Sendable {
    let base: String
    private let configName: String

    init(_ layout: StateLayout, _ slot: SlotID) {
        base = layout.replica(slot.replica)
        configName = slot.isSecond ? "config.2" : "config"
    }

    var privateDir: String { "\(base)/private" }
    var workspace: String { "\(base)/workspace" }
    var config: String { "\(base)/\(configName)" }
    var logs: String { "\(base)/logs" }

    /// Name and mode: `private` is for the run's user alone, the others are open to its group.
    var members: [(name: String, mode: UInt32)] {
        [("private", 0o700), ("workspace", 0o750), (configName, 0o750), ("logs", 0o750)]
    }

    var configMember: String { configName }
}
