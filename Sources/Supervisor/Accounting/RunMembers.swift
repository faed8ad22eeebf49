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

    /// Those in its control group, where daemons that have left their parents are found too; without one
    /// those below its keeper, and whatever still names the run in its environment.
    func pids() -> [Int32] {
        if let group { return GroupMembers.pids(of: group) }
        return withoutGroup()
    }

    private func withoutGroup() -> [Int32] {
        var children: [Int32: [Int32]] = [:]
        var all: [Int32] = []
        for name in directoryNames("/proc") {
            guard let pid = Int32(name), let facts = ProcessFacts(pid) else { continue }
            all.append(pid)
            children[facts.parent, default: []].append(pid)
        }
        var found: [Int32] = []
        // The keeper adopts every orphan of its tree, so what is below it is the run.
        if let keeper = identity?.keeper, ProcessIdentity(of: keeper.pid) == keeper {
            found = children[keeper.pid] ?? []
            var next = 0
            while next < found.count {
                found += children[found[next]] ?? []
                next += 1
            }
        }
        let known = Set(found)
        let entry = Array("PLUMB_RUN_ID=\(run.text)".utf8)
        return found + all.filter { !known.contains($0) && Self.names(entry, $0) }
    }

    private static let environmentBytesMax = 4 << 20

    private static func names(_ entry: [UInt8], _ pid: Int32) -> Bool {
        guard let environment = try? contents(of: "/proc/\(pid)/environ", bytesMax: environmentBytesMax)
        else { return false }
        return environment.split(separator: 0).contains { $0.elementsEqual(entry) }
    }
}
