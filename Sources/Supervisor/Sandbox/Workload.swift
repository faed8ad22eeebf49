import KeeperProtocol

/// The workload's own process. In a pid namespace of its own the keeper's child is the first process of it,
/// which is Plumb's, and the workload is that one's first child.
enum Workload {
    private static let fileBytesMax = 64 << 10

    /// nil where it has ended, or its `child` is not the proven one any more.
    static func process(of child: ProcessIdentity) -> ProcessIdentity? {
        guard let isFirst = isFirstOfNamespace(child.pid), ProcessIdentity(of: child.pid) == child else {
            return nil
        }
        return isFirst ? child.program : child
    }

    /// Asked of the kernel, because a process may call itself anything, and of an adopted run it is not known
    /// what it was given. nil where it has ended.
    private static func isFirstOfNamespace(_ pid: Int32) -> Bool? {
        guard let bytes = try? contents(of: "/proc/\(pid)/status", bytesMax: fileBytesMax) else { return nil }
        let line = String(decoding: bytes, as: UTF8.self).split(separator: "\n").first {
            $0.hasPrefix("NSpid:")
        }
        // The number that it has in each namespace, ours first.
        let numbers = line?.split(whereSeparator: \.isWhitespace).dropFirst() ?? []
        return numbers.count > 1 && numbers.last == "1"
    }
}
