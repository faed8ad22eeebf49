import Glibc

/// The control groups that an agent leaves where it was killed.
enum ControlGroups {
    /// Removes the empty groups of a state directory.
    static func remove(of stateDirectory: String) {
        for tree in trees(of: stateDirectory) {
            for group in Files.names(in: tree) { rmdir("\(tree)/\(group)") }
            rmdir(tree)
        }
    }

    /// Whether the agent of these tests, as root, has groups to put runs into.
    static var areThere: Bool {
        mounts.contains { access($0 + "/cgroup.procs", W_OK) == 0 }
    }

    /// How many runs have a group, dead ones included.
    static func runs(of stateDirectory: String) -> Int {
        trees(of: stateDirectory).map { tree in
            Files.names(in: tree).count { Files.exists("\(tree)/\($0)/cgroup.procs") }
        }.max() ?? 0
    }

    /// Where its groups may be: its digest (FNV-1a, 64 bits) begins the name of their tree.
    private static func trees(of stateDirectory: String) -> [String] {
        let hash = stateDirectory.utf8.reduce(UInt64(0xcbf2_9ce4_8422_2325)) {
            ($0 ^ UInt64($1)) &* 0x100_0000_01b3
        }
        let digits = String(hash, radix: 16)
        let name = "plumb-" + String(repeating: "0", count: 16 - digits.count) + digits
        return mounts.flatMap { mount in [mount, mount + ownGroup] }.flatMap { parent in
            Files.names(in: parent).filter { $0.hasPrefix(name) }.map { "\(parent)/\($0)" }
        }
    }

    private static let mounts: [String] = Files.lines("/proc/self/mounts").compactMap { line in
        let fields = line.split(separator: " ")
        return fields.count > 2 && fields[2] == "cgroup2" ? String(fields[1]) : nil
    }

    private static let ownGroup: String =
        Files.lines("/proc/self/cgroup").first { $0.hasPrefix("0::") }.map { String($0.dropFirst(3)) } ?? ""
}
