/// How one run ended: told to the agent, and kept in the slot's `exit` until the slot's next run.
package struct ExitRecord: Equatable, Sendable {
    package var runID: String
    package var bootID: String = ""
    package var cause: ExitCause
    /// Of a failed start: the path that the step was about; "": none, or not told.
    package var failedPath = ""
    /// The kernel's OOM killer struck in the run's cgroup, this many times during the run.
    package var oomKills: UInt64 = 0
    /// Whether one of these kills ended the main process; nil from a keeper that does not know.
    package var wasKilledForMemory: Bool?
    /// Nanoseconds since 1970, and of CLOCK_BOOTTIME.
    package var startedAtWall: UInt64 = 0
    package var startedAtBoot: UInt64 = 0
    package var endedAtWall: UInt64 = 0
    package var endedAtBoot: UInt64 = 0
    /// False: something of the run's tree may still be alive.
    package var treeProvenEmpty = true
    package var stdout = StreamTotals()
    package var stderr = StreamTotals()
    /// Of the main process and what it waited for.
    package var userNanoseconds: UInt64 = 0
    package var systemNanoseconds: UInt64 = 0
    package var rssBytesMax: UInt64 = 0

    package init(runID: String, cause: ExitCause) {
        self.runID = runID
        self.cause = cause
    }

    /// What the `exit` file is preallocated with: one sector, so that writing it is all or nothing.
    package static let fileBytes = 512
}

package enum ExitCause: Equatable, Sendable {
    case exited(code: Int32)
    case signaled(Int32, coreDumped: Bool)
    /// The program was never executed: this step of starting it failed.
    case execFailed(step: LaunchStep, errno: Int32)
    /// The child was gone before it executed anything, and could not say why (killed from outside).
    case lostBeforeExec
}

/// The steps between fork and exec. The numbers are for ever.
package enum LaunchStep: UInt8, Sendable, CaseIterable {
    case unknown = 0
    /// Before the fork: the specification cannot be read.
    case specification = 1
    case slot = 2
    case socket = 3
    case output = 4
    case fork = 5
    /// In the child.
    case cgroup = 6
    case session = 7
    case standardStreams = 8
    case limits = 9
    case groups = 10
    case user = 11
    case noNewPrivileges = 12
    case workingDirectory = 13
    case execute = 14
    /// What the program is given from descriptor 3 on.
    case descriptors = 15
    /// In the child: items of its sandbox.
    case mountNamespace = 20
    case userNamespace = 21
    case pidNamespace = 22
    case networkNamespace = 23
    case ipcNamespace = 24
    case privateTmp = 25
    case protectSystem = 26
    case hideInstances = 27
    case protectProc = 28
    case protectKernelTunables = 29
    case privateDevices = 30
    case paths = 31
    case capabilities = 32
    case landlock = 33
    case systemCallFilter = 34
    case networkFilter = 35
    case joinNamespaces = 36
}

/// What went through one stream of a run.
package struct StreamTotals: Equatable, Sendable {
    /// Bytes written to the log files.
    package var loggedBytes: UInt64 = 0
    /// Bytes that were dropped because they could not be written.
    package var lostBytes: UInt64 = 0

    package init(loggedBytes: UInt64 = 0, lostBytes: UInt64 = 0) {
        self.loggedBytes = loggedBytes
        self.lostBytes = lostBytes
    }
}
