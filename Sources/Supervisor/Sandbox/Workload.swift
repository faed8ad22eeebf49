import Glibc
import KeeperProtocol

/// The workload's own process. In a pid namespace of its own the keeper's child is the first process of it,
/// which is Plumb's, and the workload is that one's first child.
enum Workload {
    private static let initName = "plumb-init"
    private static let fileBytesMax = 64 << 10

    /// nil where it has ended, or its `child` is not the proven one any more.
    static func process(of child: ProcessIdentity) -> ProcessIdentity? {
        guard ProcessIdentity(of: child.pid) == child else { return nil }
        guard words("/proc/\(child.pid)/comm").first == initName else { return child }
        guard let first = words("/proc/\(child.pid)/task/\(child.pid)/children").first,
            let pid = Int32(first), let stat = ProcessStat(pid: pid), stat.parent == child.pid
        else { return nil }
        return ProcessIdentity(pid: pid, startTicks: stat.startTicks)
    }

    private static func words(_ path: String) -> [String] {
        guard let bytes = try? contents(of: path, bytesMax: fileBytesMax) else { return [] }
        return String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace).map { String($0) }
    }
}
