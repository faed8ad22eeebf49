import Glibc

extension ProcessIdentity {
    /// The program behind this process, the first of a pid namespace: its oldest child, since orphans come
    /// after its own. nil where either has ended.
    package var program: ProcessIdentity? {
        guard ProcessIdentity(of: pid) == self, let program = Self.firstChild(of: pid),
            let stat = ProcessStat(pid: program), stat.parent == pid
        else { return nil }
        return ProcessIdentity(pid: program, startTicks: stat.startTicks)
    }

    /// /proc/<pid>/task/<tid>/children needs a kernel with CONFIG_PROC_CHILDREN.
    private static func firstChild(of pid: Int32) -> Int32? {
        let file = open("/proc/\(pid)/task/\(pid)/children", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return errno == ENOENT ? leastNumber(of: pid) : nil }
        defer { close(file) }
        // Pids in decimal, each with a space after it.
        let first = withUnsafeTemporaryAllocation(byteCount: 16, alignment: 1) { buffer -> Int32 in
            let length = max(0, read(file, buffer.baseAddress, buffer.count))
            return buffer[0..<length].prefix { $0 >= 48 && $0 <= 57 }.reduce(0) { $0 &* 10 &+ Int32($1 - 48) }
        }
        return first > 0 ? first : nil
    }

    private static func leastNumber(of parent: Int32) -> Int32? {
        guard let directory = opendir("/proc") else { return nil }
        defer { closedir(directory) }
        var least: Int32?
        while let entry = readdir(directory) {
            let number = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { atoi($0) }
            }
            guard number > 0, number < least ?? .max, ProcessStat(pid: number)?.parent == parent else {
                continue
            }
            least = number
        }
        return least
    }
}
