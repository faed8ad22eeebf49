/// Everything that a keeper must know to start one run or one probe, as numbers and absolute paths: a
/// keeper can look up no name. It travels in a sealed memfd, because the environment holds secrets.
package struct LaunchSpec: Equatable, Sendable {
    package enum Mode: Equatable, Sendable {
        case run
        /// Runs to its end or to the timeout, and reports a `ProbeResult`. No slot, lock or record.
        case probe(timeoutMilliseconds: UInt32)
    }

    package var mode: Mode = .run
    /// Opaque to the keeper, at most `WireLimits.idBytesMax` bytes.
    package var runID: String
    /// `/proc/sys/kernel/random/boot_id` as the agent read it.
    package var bootID: String = ""
    /// Absolute path of the file to execute; no search path is used.
    package var executable: String
    /// `argv`, the name of the program (argv[0]) included.
    package var arguments: [String]
    /// The whole environment as `NAME=value`, secrets included.
    package var environment: [String] = []
    /// Absolute; entered after the ids were changed, so with the run's own rights.
    package var workingDirectory: String = "/"

    /// Nil stays as the keeper is. Changing needs root.
    package var user: UInt32?
    package var group: UInt32?
    /// Nil stays, except that changing `user` or `group` alone drops all of them.
    package var supplementaryGroups: [UInt32]?
    package var umask: UInt32 = 0o022
    package var nofile: ResourceLimit?
    package var core: ResourceLimit?
    package var noNewPrivileges = false
    /// Standard input is a pipe that stays open until a stop step closes it; else it is /dev/null.
    package var hasInputPipe = false
    package var sandbox = SandboxSteps()

    /// What the program gets from descriptor 3 on, in this order: the listening ones first. The descriptors
    /// themselves come with the request.
    package var passed: [PassedDescriptor] = []
    /// Whose they are, in the agent's words; opaque to the keeper.
    package var owner: String = ""
    /// Descriptors that the run may leave for the next one (`FDSTORE=1`).
    package var storeMax: UInt16 = 0

    package var policy = KeeperPolicy()
    package var cgroups = CgroupPaths()
    /// The socket's name within the runtime `k/` directory; at most 100 bytes, no slash. Empty: none.
    package var socketName: String = ""

    package init(runID: String, executable: String, arguments: [String]) {
        self.runID = runID
        self.executable = executable
        self.arguments = arguments
    }
}

/// A soft and a hard limit; `UInt64.max` is infinity.
package struct ResourceLimit: Equatable, Sendable {
    package var soft: UInt64
    package var hard: UInt64

    package init(soft: UInt64, hard: UInt64) {
        self.soft = soft
        self.hard = hard
    }
}

/// The control groups of a run, all as absolute paths below /sys/fs/cgroup. Made and removed by the agent.
package struct CgroupPaths: Equatable, Sendable {
    /// Version 1 directories, one for each hierarchy: the child writes 0 to their `tasks`.
    package var tasksDirectories: [String] = []
    /// The version 2 directory in which the child is born.
    package var unifiedDirectory: String?
    /// The version 2 directory whose `cgroup.kill` ends the tree and whose `cgroup.events` proves it
    /// empty. Usually the same; nil for a probe, which shares its run's group and must not kill it.
    package var killDirectory: String?
    /// A file with a line `oom_kill N`: `memory.events` (version 2) or `memory.oom_control` (version 1).
    package var oomCounterFile: String?

    package init() {}
}
