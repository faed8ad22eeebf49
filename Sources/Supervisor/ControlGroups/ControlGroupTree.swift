import CLinux
import Glibc
import KeeperProtocol
import Reconciler
import Synchronization

/// The control groups of the runs: one directory for each, flat, in a tree of this state directory's own.
final class ControlGroupTree: Sendable {
    /// The absolute path of the tree.
    let path: String
    /// What the trees of all directories that were ever this state directory begin with, and what versions
    /// before called theirs.
    let stem: String
    /// Where each controller is to be found.
    let places: [Controller: ControllerPlace]
    /// Groups that were busy when they were to be removed.
    let leftOver = Mutex(LeftOverGroups())

    /// nil where the host has none that this user may use. `name`: another than the state directory's.
    init?(host: ControlGroupHost, stateDir: String, isRoot: Bool, name other: String? = nil) {
        guard let mount = host.unifiedMount else { return nil }
        stem = "plumb-\(Self.digest(of: stateDir))"
        let name = other ?? Self.name(stem, of: stateDir)
        for parent in host.parents(isRoot: isRoot) {
            let path = "\(mount)\(parent)/\(name)"
            guard mkdir(path, 0o755) == 0 || errno == EEXIST, Self.canKill(path) else { continue }
            self.path = path
            places = host.places(tree: path, parent: "\(mount)\(parent)", name: name, isRoot: isRoot)
            return
        }
        return nil
    }

    /// Two agents of one host have state directories of their own, and so have their trees. A path alone does
    /// not tell them apart: each may have a mount namespace of its own.
    private static func name(_ stem: String, of stateDir: String) -> String {
        var facts = stat()
        guard stat(stateDir, &facts) == 0 else { return stem }
        return "\(stem)-\(digest(of: "\(facts.st_dev):\(facts.st_ino)"))"
    }

    /// FNV-1a, 64 bits.
    private static func digest(of text: String) -> String {
        let hash = text.utf8.reduce(UInt64(0xcbf2_9ce4_8422_2325)) {
            ($0 ^ UInt64($1)) &* 0x100_0000_01b3
        }
        let text = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - text.count) + text
    }

    /// Whether groups can be made below and killed: `cgroup.kill` came with Linux 5.14.
    private static func canKill(_ path: String) -> Bool {
        let trial = "\(path)/trial-\(getpid())"
        guard mkdir(trial, 0o755) == 0 || errno == EEXIST else { return false }
        defer { rmdir(trial) }
        return access("\(trial)/cgroup.kill", W_OK) == 0 && access("\(path)/cgroup.procs", W_OK) == 0
    }

    func group(of run: RunID, in slot: SlotID) -> String {
        "\(path)/\(slot.instance).\(slot.directoryName).\(run.text)"
    }

    /// The same for a run whose record does not say where its group is: where there is one.
    func presentGroup(of run: RunID, in slot: SlotID) -> String {
        let group = group(of: run, in: slot)
        let earlier = "\(earlierTree)/\(Self.name(of: group))"
        return access(group, F_OK) != 0 && access(earlier, F_OK) == 0 ? earlier : group
    }

    func make(_ group: String) throws(SystemError) {
        guard mkdir(group, 0o755) == 0 || errno == EEXIST else { throw SystemError("mkdir", group) }
    }

    /// For a run: where its child is born, what kills it, and where the kernel counts kills for want of
    /// memory.
    func paths(_ group: String) -> CgroupPaths {
        var paths = CgroupPaths()
        paths.unifiedDirectory = group
        paths.killDirectory = group
        for directory in legacyGroups(of: group) where access(directory.path, F_OK) == 0 {
            paths.tasksDirectories.append(directory.path)
            if directory.controller == .memory {
                paths.oomCounterFile = "\(directory.path)/memory.oom_control"
            }
        }
        let counter = "\(group)/memory.events"
        if access(counter, R_OK) == 0 { paths.oomCounterFile = counter }
        return paths
    }

    /// The directories that a group has in hierarchies of version 1, whether they are there or not. They are
    /// made only for runs with a limit: each costs a start about a tenth of a millisecond.
    func legacyGroups(of group: String) -> [(controller: Controller, path: String)] {
        Controller.allCases.compactMap { controller in
            guard case .legacy(let tree)? = places[controller] else { return nil }
            return (controller, Self.legacyGroup(of: group, in: tree))
        }
    }

    /// Where each controller is for this group, which may be of a tree with another name.
    func places(of group: String) -> [Controller: ControllerPlace] {
        places.mapValues { place in
            guard case .legacy(let tree) = place else { return place }
            return .legacy(tree: Self.parent(of: Self.legacyGroup(of: group, in: tree)))
        }
    }

    /// The directory of a unified tree's group in a hierarchy of version 1, in which our tree is `tree`.
    static func legacyGroup(of group: String, in tree: String) -> String {
        "\(parent(of: tree))/\(name(of: parent(of: group)))/\(name(of: group))"
    }

    static func name(of path: String) -> Substring { path.split(separator: "/").last ?? "" }

    static func parent(of path: String) -> String {
        path.split(separator: "/").dropLast().reduce(into: "") { $0 += "/\($1)" }
    }

    /// How many processes of the group were killed for want of memory; nil: it is not counted here.
    func memoryKills(of group: String) -> UInt64? {
        paths(group).oomCounterFile.flatMap { ControlFile.number($0, "oom_kill") }
    }

    /// Kills all that is in the group. True once it is proven empty; false after `treeEmptyWaitMax`.
    func kill(_ group: String) async -> Bool {
        guard access(group, F_OK) == 0 else { return true }
        guard let switchFile = try? Descriptor("\(group)/cgroup.kill", O_WRONLY),
            (try? switchFile.writeAll([UInt8(ascii: "1")], group)) != nil
        else { return false }
        let deadline = Instant.current + SupervisorLimits.treeEmptyWaitMax
        var pause = Duration.milliseconds(1)
        while isPopulated(group) {
            guard Instant.current < deadline else { return false }
            await doze(for: pause)
            pause = min(pause * 2, .milliseconds(50))
        }
        return true
    }

    func isPopulated(_ group: String) -> Bool {
        guard let bytes = try? contents(of: "\(group)/cgroup.events", bytesMax: 4096) else {
            return access(group, F_OK) == 0
        }
        return String(decoding: bytes, as: UTF8.self).contains("populated 1")
    }

    static func isDirectory(_ path: String) -> Bool {
        var facts = stat()
        return lstat(path, &facts) == 0 && facts.st_mode & S_IFMT == S_IFDIR
    }

    /// Removes the trees themselves if no run is left in them.
    func removeTree() {
        for tree in [path, earlierTree] {
            for directory in directories(of: tree).reversed() { rmdir(directory) }
        }
    }
}
