import Glibc
import Reconciler

/// Reads what one run uses: from its control groups where they count, else from its processes.
struct UsageReading {
    let members: RunMembers
    let places: [Controller: ControllerPlace]
    var host: HostProcesses?

    /// Of more processes than this only their number is told.
    private static let processesMax = 2_000

    func read() -> RunUsage {
        var usage = RunUsage()
        let pids = members.pids(among: host)
        let own = pids.count <= Self.processesMax ? add(processes: pids, to: &usage) : 0
        addGroups(to: &usage, own: own)
        usage.tasks = usage.tasks ?? UInt64(pids.count)
        return usage
    }

    /// Groups count what processes that are gone have used, too.
    ///
    /// - Parameter own: bytes that belong to its processes alone. A memory group that counts less came while
    ///   the run lived, and never heard of what was allocated before.
    private func addGroups(to usage: inout RunUsage, own: UInt64) {
        guard let group = members.group else { return }
        if let time = ControlFile.number("\(group)/cpu.stat", "usage_usec") {
            usage.cpuTime = .microseconds(Int64(clamping: time))
        }
        if let directory = directory(.memory) {
            let files =
                directory.isLegacy
                ? ("memory.usage_in_bytes", "memory.max_usage_in_bytes") : ("memory.current", "memory.peak")
            if let bytes = ControlFile.number("\(directory.path)/\(files.0)"), bytes >= own {
                usage.memoryBytes = bytes
                usage.memoryPeakBytes = ControlFile.number("\(directory.path)/\(files.1)")
            }
        }
        if let directory = directory(.pids), let tasks = ControlFile.number("\(directory.path)/pids.current")
        {
            usage.tasks = tasks
        }
        if let directory = directory(.io), !directory.isLegacy {
            addDisks(ControlFile.text("\(directory.path)/io.stat") ?? "", to: &usage)
        }
    }

    /// The directory in which the run's use of this is counted.
    private func directory(_ controller: Controller) -> (path: String, isLegacy: Bool)? {
        guard let group = members.group else { return nil }
        switch places[controller] {
        case .unified: return (group, false)
        case .legacy(let tree):
            let path = ControlGroupTree.legacyGroup(of: group, in: tree)
            return access(path, F_OK) == 0 ? (path, true) : nil
        case .missing, nil: return nil
        }
    }

    /// `8:0 rbytes=4096 wbytes=0 rios=1 …`, a line for each disk; no line at all is no use.
    private func addDisks(_ text: String, to usage: inout RunUsage) {
        func sum(_ key: String) -> UInt64 {
            text.split(whereSeparator: { $0 == " " || $0 == "\n" })
                .filter { $0.hasPrefix(key) }
                .reduce(0) { $0 &+ (UInt64($1.dropFirst(key.count)) ?? 0) }
        }
        usage.ioReadBytes = sum("rbytes=")
        usage.ioWrittenBytes = sum("wbytes=")
    }

    /// Returns the bytes that belong to these processes alone.
    private func add(processes pids: [Int32], to usage: inout RunUsage) -> UInt64 {
        var ticks: UInt64 = 0
        var threads: UInt64 = 0
        var own: UInt64 = 0
        var sharedMost: UInt64 = 0
        var descriptors: UInt64? = 0
        var io: (read: UInt64, written: UInt64)? = (0, 0)
        for pid in pids {
            guard let facts = ProcessFacts(pid) else { continue }
            ticks &+= facts.cpuTicks &+ facts.childTicks
            threads += UInt64(facts.threads)
            guard facts.state != "Z" else { continue }
            if let memory = ProcessFacts.memory(pid) {
                own += memory.resident - min(memory.shared, memory.resident)
                sharedMost = max(sharedMost, memory.shared)
            }
            // One process that may not be looked at makes the sum unknown, not smaller.
            descriptors = Self.sum(descriptors, ProcessFacts.descriptors(pid), pid)
            let moved = ProcessFacts.io(pid)
            io = Self.sum(io?.read, moved?.read, pid).flatMap { read in
                Self.sum(io?.written, moved?.written, pid).map { (read, $0) }
            }
        }
        usage.cpuTime = ProcessFacts.duration(ticks: ticks)
        usage.tasks = threads
        // What processes share is counted once, as far as that can be told.
        usage.memoryBytes = own + sharedMost
        usage.memoryPeakBytes = pids.count == 1 ? ProcessFacts.memoryPeak(pids[0]) : nil
        usage.descriptors = descriptors
        usage.ioReadBytes = io?.read
        usage.ioWrittenBytes = io?.written
        return own
    }

    private static func sum(_ total: UInt64?, _ part: UInt64?, _ pid: Int32) -> UInt64? {
        guard let total else { return nil }
        guard let part else { return access("/proc/\(pid)", F_OK) == 0 ? nil : total }
        return total &+ part
    }
}
