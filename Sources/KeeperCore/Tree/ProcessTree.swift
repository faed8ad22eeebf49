import CLinux
import Glibc
import KeeperProtocol

/// The living descendants of this process, as /proc shows them at this moment.
enum ProcessTree {
    struct Member: Hashable {
        let pid: pid_t
        /// Whose child it was when it was seen.
        let parent: pid_t
    }

    /// Visits all descendants, parents before their children, except `spared` children of this process and
    /// theirs. The children of one are looked up after it was visited, so a visitor that stops it sees them
    /// all. At most `KeeperBounds.descendantsMax`, and none after `deadline` (CLOCK_BOOTTIME).
    static func visitDescendants(
        sparing spared: Set<pid_t> = [], until deadline: UInt64, _ visit: (Member) -> Void
    ) {
        let own = getpid()
        guard hasChildrenFiles else {
            descendantsByParent(of: own, sparing: spared).forEach(visit)
            return
        }
        var found = children(of: own, onlyThread: own).filter { !spared.contains($0.pid) }
        var index = 0
        while index < found.count, clinux_boottime_ns() < deadline {
            visit(found[index])
            if found.count < KeeperBounds.descendantsMax {
                found += children(of: found[index].pid, onlyThread: nil)
            }
            index += 1
        }
    }

    static func hasDescendant(sparing spared: Set<pid_t>) -> Bool {
        let own = getpid()
        let children =
            hasChildrenFiles
            ? children(of: own, onlyThread: own) : descendantsByParent(of: own, sparing: spared)
        return children.contains { !spared.contains($0.pid) }
    }

    /// /proc/<pid>/task/<tid>/children needs a kernel with CONFIG_PROC_CHILDREN.
    private static var hasChildrenFiles: Bool { access("/proc/thread-self/children", F_OK) == 0 }

    private static func children(of pid: pid_t, onlyThread: pid_t?) -> [Member] {
        if let thread = onlyThread { return childrenFile("/proc/\(pid)/task/\(thread)/children", of: pid) }
        return numbers(in: "/proc/\(pid)/task").flatMap {
            childrenFile("/proc/\(pid)/task/\($0)/children", of: pid)
        }
    }

    /// Pids in decimal, each with a space after it.
    private static func childrenFile(_ path: String, of parent: pid_t) -> [Member] {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return [] }
        defer { close(file) }
        var members: [Member] = []
        var number: pid_t = 0
        withUnsafeTemporaryAllocation(byteCount: 1024, alignment: 1) { buffer in
            while members.count < KeeperBounds.descendantsMax {
                let length = read(file, buffer.baseAddress, buffer.count)
                guard length > 0 else { return }
                for byte in buffer[0..<length] {
                    if byte >= 48, byte <= 57 {
                        number = number &* 10 &+ pid_t(byte - 48)
                    } else if number > 0 {
                        members.append(Member(pid: number, parent: parent))
                        number = 0
                    }
                }
            }
        }
        return members
    }

    private static func descendantsByParent(of own: pid_t, sparing spared: Set<pid_t>) -> [Member] {
        var byParent: [pid_t: [pid_t]] = [:]
        for pid in numbers(in: "/proc") {
            if let stat = ProcessStat(pid: pid) { byParent[stat.parent, default: []].append(pid) }
        }
        var found = (byParent[own] ?? []).filter { !spared.contains($0) }.map { Member(pid: $0, parent: own) }
        var index = 0
        while index < found.count, found.count < KeeperBounds.descendantsMax {
            let parent = found[index].pid
            found += (byParent[parent] ?? []).map { Member(pid: $0, parent: parent) }
            index += 1
        }
        return found
    }

    /// The entries of a directory whose names are numbers.
    private static func numbers(in path: String) -> [pid_t] {
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var found: [pid_t] = []
        while let entry = readdir(directory) {
            let number = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { atoi($0) }
            }
            if number > 0 { found.append(number) }
        }
        return found
    }
}

extension ProcessTree.Member {
    /// Sends the signal if the pid still belongs to a descendant: a child of the parent it was seen under, or
    /// of this process, which is where orphans go. The pidfd is opened before looking, so that nothing can
    /// take the pid's place between looking and signalling. False if it is gone.
    @discardableResult
    func send(_ signal: Int32) -> Bool {
        let pidfd = clinux_pidfd_open(pid)
        guard pidfd >= 0 else { return false }
        defer { close(pidfd) }
        guard let stat = ProcessStat(pid: pid), stat.parent == parent || stat.parent == getpid(),
            !stat.isZombie
        else { return false }
        return clinux_pidfd_send_signal(pidfd, signal) == 0
    }
}
