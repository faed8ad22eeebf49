/// The limits of one replica: of its process and all that it forks, together. nil limits nothing.
package struct Resources: Sendable, Hashable, Codable {
    /// Thousandths of a core.
    package var cpu: UInt64?
    /// Bytes.
    package var memory: UInt64?
    /// Processes and threads.
    package var pids: UInt64?
    /// Open descriptors of each single process.
    package var nofile: UInt64?
    /// Bytes of a core dump of each single process; `coreUnlimited` is without end.
    package var core: UInt64?
    package var io: DiskShare?

    package struct DiskShare: Sendable, Hashable, Codable {
        /// 1 to 10000, as in cgroup v2; 100 is what a run without a weight has.
        package var weight: UInt64?

        package init(weight: UInt64? = nil) { self.weight = weight }
    }

    package static let coreUnlimited = UInt64.max

    package init(
        cpu: UInt64? = nil, memory: UInt64? = nil, pids: UInt64? = nil, nofile: UInt64? = nil,
        core: UInt64? = nil, io: DiskShare? = nil
    ) {
        self.cpu = cpu
        self.memory = memory
        self.pids = pids
        self.nofile = nofile
        self.core = core
        self.io = io
    }
}
