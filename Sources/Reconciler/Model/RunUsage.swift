/// What a live run has used and uses: its process and all that it forked. nil: not known on this host.
package struct RunUsage: Sendable, Hashable, Codable {
    /// Of everything that ever ran in its tree, where it has a control group; else of what lives and was
    /// waited for.
    package var cpuTime: Duration?
    /// Cores in use: since it was last looked at, or since it started where that is long ago.
    package var cpuCores: Double?
    package var memoryBytes: UInt64?
    package var memoryPeakBytes: UInt64?
    /// Processes and threads.
    package var tasks: UInt64?
    package var descriptors: UInt64?
    /// Bytes that disks were made to read and write.
    package var ioReadBytes: UInt64?
    package var ioWrittenBytes: UInt64?
    /// Processes that were killed for want of memory.
    package var memoryKills: UInt64?

    package init() {}
}

/// One process of a run's tree.
package struct RunProcess: Sendable, Hashable, Codable {
    package var pid: Int32
    package var parent: Int32
    /// The command line; the name in brackets where there is none (a zombie).
    package var command: [String]
    package var user: String
    /// `R`, `S`, `D`, `T`, `Z`, … as in proc(5).
    package var state: String
    package var cpuTime: Duration
    /// Resident.
    package var memoryBytes: UInt64
    package var threads: Int
    package var startedAt: WallTime

    package init(
        pid: Int32, parent: Int32, command: [String], user: String, state: String, cpuTime: Duration,
        memoryBytes: UInt64, threads: Int, startedAt: WallTime
    ) {
        self.pid = pid
        self.parent = parent
        self.command = command
        self.user = user
        self.state = state
        self.cpuTime = cpuTime
        self.memoryBytes = memoryBytes
        self.threads = threads
        self.startedAt = startedAt
    }
}
