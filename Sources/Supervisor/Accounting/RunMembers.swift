import CLinux
import Glibc
import KeeperProtocol
import Reconciler

/// Which processes belong to a run.
struct RunMembers {
    var run: RunID
    /// Its control group in the unified tree.
    var group: String?
    var identity: KeeperProtocol.RunIdentity?

    init(run: RunID, group: String?, identity: KeeperProtocol.RunIdentity?) {
        self.run = run
        self.group = group
        self.identity = identity
    }

    init(_ run: RunID, _ entry: RunEntry) {
        self.init(run: run, group: entry.group, identity: entry.identity)
    }

    /// Those in its control group, where daemons that have left their parents are found too; without one
    /// those below its keeper, and whatever still names the run in its environment.
    func pids(among host: HostProcesses?) -> [Int32] {
        if let group { return GroupMembers.pids(of: group) }
        return host?.pids(of: run, below: identity?.keeper) ?? []
    }
}

/// Every process of the host, looked at once for all the runs that have no control group.
struct HostProcesses {
    private var children: [Int32: [Int32]] = [:]
    private var named: [String: [Int32]] = [:]

    private static let environmentBytesMax = 4 << 20
    private static let key = Array("PLUMB_RUN_ID=".utf8)

    init() {
        for name in directoryNames("/proc") {
            guard let pid = Int32(name), let facts = ProcessFacts(pid) else { continue }
            children[facts.parent, default: []].append(pid)
            if let run = Self.run(pid) { named[run, default: []].append(pid) }
        }
    }

    /// nil where every one of the runs has a group.
    init?(for runs: [RunMembers]) {
        guard runs.contains(where: { $0.group == nil }) else { return nil }
        self.init()
    }

    func pids(of run: RunID, below keeper: ProcessIdentity?) -> [Int32] {
        var found: [Int32] = []
        // The keeper adopts every orphan of its tree, so what is below it is the run.
        if let keeper, ProcessIdentity(of: keeper.pid) == keeper {
            found = children[keeper.pid] ?? []
            var next = 0
            while next < found.count {
                found += children[found[next]] ?? []
                next += 1
            }
        }
        let known = Set(found)
        return found + (named[run.text] ?? []).filter { !known.contains($0) }
    }

    /// The run that a process says it belongs to.
    private static func run(_ pid: Int32) -> String? {
        guard let environment = try? contents(of: "/proc/\(pid)/environ", bytesMax: environmentBytesMax)
        else { return nil }
        let entry = environment.split(separator: 0).first { $0.starts(with: key) }
        return entry.map { String(decoding: $0.dropFirst(key.count), as: UTF8.self) }
    }
}
