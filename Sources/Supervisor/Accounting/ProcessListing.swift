import CLinux
import Glibc
import Reconciler

/// The processes of a run as people want to see them.
enum ProcessListing {
    /// Of more processes than this the first are told.
    static let processesMax = 10_000
    private static let commandBytesMax = 16 << 10

    /// Sorted so that parents come before their children; what is gone meanwhile is left out.
    static func list(_ pids: [Int32]) -> [RunProcess] {
        var names: [UInt32: String] = [:]
        let boot = Int64(clamping: clinux_realtime_ns()) - Int64(clamping: clinux_boottime_ns())
        let all = pids.prefix(processesMax).compactMap { pid -> RunProcess? in
            guard let facts = ProcessFacts(pid) else { return nil }
            let started =
                Int64(clamping: facts.startTicks) * (1_000_000_000 / Int64(ProcessFacts.ticksPerSecond))
            return RunProcess(
                pid: pid, parent: facts.parent, command: command(facts), user: user(of: pid, &names),
                state: facts.state, cpuTime: ProcessFacts.duration(ticks: facts.cpuTicks),
                memoryBytes: facts.residentBytes, threads: facts.threads,
                startedAt: WallTime(nanoseconds: boot + started))
        }
        return ordered(all)
    }

    private static func command(_ facts: ProcessFacts) -> [String] {
        guard let bytes = try? contents(of: "/proc/\(facts.pid)/cmdline", bytesMax: commandBytesMax),
            !bytes.isEmpty
        else { return ["[\(facts.name)]"] }
        var words = bytes.split(separator: 0, omittingEmptySubsequences: false)
        if words.last?.isEmpty == true { words.removeLast() }
        return words.map { String(decoding: $0, as: UTF8.self) }
    }

    private static func user(of pid: Int32, _ names: inout [UInt32: String]) -> String {
        var facts = stat()
        guard stat("/proc/\(pid)", &facts) == 0 else { return "" }
        if let known = names[facts.st_uid] { return known }
        let name = Account(id: facts.st_uid)?.name ?? "\(facts.st_uid)"
        names[facts.st_uid] = name
        return name
    }

    /// Depth first, siblings by pid.
    private static func ordered(_ all: [RunProcess]) -> [RunProcess] {
        let known = Set(all.map(\.pid))
        let sorted = all.sorted { $0.pid < $1.pid }
        let children = Dictionary(grouping: sorted.filter { known.contains($0.parent) }, by: \.parent)
        var result: [RunProcess] = []
        var open = Array(sorted.filter { !known.contains($0.parent) }.reversed())
        while let next = open.popLast() {
            result.append(next)
            open += (children[next.pid] ?? []).reversed()
        }
        return result
    }
}
