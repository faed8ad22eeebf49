import Glibc

/// What the host has mounted of control groups, and where the agent itself stands.
struct ControlGroupHost: Equatable, Sendable {
    /// Where the version 2 hierarchy is mounted, alone or beside version 1; nil where it is not.
    var unifiedMount: String?
    /// The agent's own group within it, beginning with `/`.
    var ownGroup: String
    /// The hierarchies of version 1 that are mounted, on their own or beside version 2.
    var legacy: [Controller: LegacyHierarchy] = [:]

    /// Reads `/proc/self`.
    static func current() -> ControlGroupHost {
        func text(_ path: String) -> String {
            let bytes = try? contents(of: path, bytesMax: 1 << 20)
            return String(decoding: bytes ?? [], as: UTF8.self)
        }
        return ControlGroupHost(mountInfo: text("/proc/self/mountinfo"), ownGroups: text("/proc/self/cgroup"))
    }

    init(mountInfo: String, ownGroups: String) {
        unifiedMount = mountInfo.split(separator: "\n").lazy.compactMap(Self.unifiedMount).first
        ownGroup =
            ownGroups.split(separator: "\n").first { $0.hasPrefix("0::") }.map { String($0.dropFirst(3)) }
            ?? "/"
        for controller in Controller.allCases {
            let mounts = mountInfo.split(separator: "\n").lazy
            guard let mount = mounts.compactMap({ Self.legacyMount($0, of: controller) }).first else {
                continue
            }
            let own = ownGroups.split(separator: "\n").lazy.compactMap {
                Self.legacyGroup($0, of: controller)
            }
            legacy[controller] = LegacyHierarchy(mount: mount, ownGroup: own.first ?? "/")
        }
    }

    /// `33 31 0:31 / /sys/fs/cgroup/memory rw,… - cgroup cgroup rw,memory`: the last field names its
    /// controllers.
    private static func legacyMount(_ line: Substring, of controller: Controller) -> String? {
        let fields = line.split(separator: " ")
        guard let dash = fields.firstIndex(of: "-"), dash + 3 < fields.count, fields[dash + 1] == "cgroup",
            fields[3] == "/", fields[5].hasPrefix("rw"),
            fields[dash + 3].split(separator: ",").contains(Substring(controller.legacyName))
        else { return nil }
        return String(fields[4])
    }

    /// `4:memory:/a`, `2:cpu,cpuacct:/`.
    private static func legacyGroup(_ line: Substring, of controller: Controller) -> String? {
        let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, parts[1].split(separator: ",").contains(Substring(controller.legacyName))
        else { return nil }
        return String(parts[2])
    }

    /// `36 25 0:31 / /sys/fs/cgroup/unified rw,… - cgroup2 cgroup2 rw`: the fifth field, if the type after
    /// the lone dash is cgroup2. A mount that shows a part of the tree only cannot be addressed by our own
    /// path.
    private static func unifiedMount(_ line: Substring) -> String? {
        let fields = line.split(separator: " ")
        guard let dash = fields.firstIndex(of: "-"), dash + 1 < fields.count, fields[dash + 1] == "cgroup2",
            fields.count > 5, fields[3] == "/", fields[5].hasPrefix("rw")
        else { return nil }
        return String(fields[4])
    }

    /// Where the tree for runs may stand, best first. It must not be above the agent, because whoever kills
    /// or limits the runs' tree must not strike the agent.
    func parents(isRoot: Bool) -> [String] { Self.parents(of: ownGroup, isRoot: isRoot) }

    static func parents(of ownGroup: String, isRoot: Bool) -> [String] {
        let leaf = ownGroup.split(separator: "/").last.map(String.init) ?? ""
        let above = ownGroup.split(separator: "/").dropLast().map { "/\($0)" }.joined()
        var parents: [String] = []
        // A unit that delegates with a subgroup of its own for the agent: the runs stand beside that.
        if leaf == "agent" { parents.append(above) }
        if leaf.hasSuffix(".service") {
            // A unit beside the agent's, without a process of its own, that is there for its runs.
            parents.append("\(above)/\(leaf.dropLast(".service".count))-runs.service")
            // A unit that delegates without: only what is below it is ours.
            parents.append(ownGroup)
        }
        parents.append(isRoot ? "" : above)
        return parents
    }
}

/// A hierarchy of version 1.
struct LegacyHierarchy: Equatable, Sendable {
    var mount: String
    /// The agent's own group within it, beginning with `/`.
    var ownGroup: String
}
