import Glibc

/// The processes of a control group.
enum GroupMembers {
    private static let roundsMax = 50
    private static let listBytesMax = 16 << 20
    private static let depthMax = 16

    /// Of the group itself, and with `below` of those that the workload made within it.
    static func pids(of group: String, below: Bool = true, depth: Int = 0) -> [Int32] {
        var pids: [Int32] = []
        if let bytes = try? contents(of: "\(group)/cgroup.procs", bytesMax: listBytesMax) {
            var number: Int32 = 0
            for byte in bytes {
                if byte == UInt8(ascii: "\n") {
                    // 0 is a process of another pid namespace.
                    if number > 0 { pids.append(number) }
                    number = 0
                } else {
                    number = number &* 10 &+ Int32(byte &- 48)
                }
            }
        }
        guard below, depth < depthMax, hasGroupsBelow(group) else { return pids }
        for name in directoryNames(group) where access("\(group)/\(name)/cgroup.procs", F_OK) == 0 {
            pids += self.pids(of: "\(group)/\(name)", depth: depth + 1)
        }
        return pids
    }

    /// A directory has a link for each directory in it, and two of its own.
    static func hasGroupsBelow(_ group: String) -> Bool {
        var facts = stat()
        return stat(group, &facts) == 0 && facts.st_nlink > 2
    }

    /// Moves every process, and those that they fork meanwhile, into another group of any hierarchy. Returns
    /// how many could not be moved.
    static func move(from group: String, to target: String) -> Int {
        var failed = 0
        for _ in 0..<roundsMax {
            let there = Set(pids(of: target))
            let missing = pids(of: group).filter { !there.contains($0) }
            if missing.isEmpty { return 0 }
            failed = 0
            for pid in missing {
                let result = ControlFile.write("\(target)/cgroup.procs", "\(pid)")
                if result != 0, result != ESRCH { failed += 1 }
            }
        }
        return failed
    }
}
