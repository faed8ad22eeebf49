import Glibc

/// The control groups that an agent leaves where it was killed.
enum ControlGroups {
    /// Removes the empty groups of a state directory, whose digest (FNV-1a, 64 bits) names their tree.
    static func remove(of stateDirectory: String) {
        let hash = stateDirectory.utf8.reduce(UInt64(0xcbf2_9ce4_8422_2325)) {
            ($0 ^ UInt64($1)) &* 0x100_0000_01b3
        }
        let digits = String(hash, radix: 16)
        let name = "plumb-" + String(repeating: "0", count: 16 - digits.count) + digits
        for mount in mounts {
            for parent in [mount, mount + ownGroup] {
                let tree = "\(parent)/\(name)"
                for group in Files.names(in: tree) { rmdir("\(tree)/\(group)") }
                rmdir(tree)
            }
        }
    }

    private static let mounts: [String] = Files.lines("/proc/self/mounts").compactMap { line in
        let fields = line.split(separator: " ")
        return fields.count > 2 && fields[2] == "cgroup2" ? String(fields[1]) : nil
    }

    private static let ownGroup: String =
        Files.lines("/proc/self/cgroup").first { $0.hasPrefix("0::") }.map { String($0.dropFirst(3)) } ?? ""
}
