import Glibc
import Manifests
import Reconciler
import Testing

@testable import Supervisor

/// What is written to the kernel, and where, without a kernel that would act on it: directories stand in for
/// hierarchies.
@Suite struct LimitValueTests {
    private static func text(_ settings: [LimitSetting]) -> [String] {
        settings.map { "\($0.file)=\($0.value)" }
    }

    @Test(arguments: [
        (Controller.cpu, UInt64(500), ["cpu.max=50000 100000"]), (.cpu, 2_000, ["cpu.max=200000 100000"]),
        (.cpu, 5, ["cpu.max=5000 1000000"]), (.cpu, 1, ["cpu.max=1000 1000000"]),
        (.memory, 64 << 20, ["memory.oom.group=1", "memory.max=67108864"]), (.pids, 128, ["pids.max=128"]),
        (.io, 50, ["io.weight=default 50", "io.bfq.weight=default 50"]),
        (.io, 10_000, ["io.weight=default 10000", "io.bfq.weight=default 1000"]),
    ])
    func version2(_ controller: Controller, _ limit: UInt64, _ expected: [String]) {
        #expect(Self.text(controller.settings(limit, isLegacy: false)) == expected)
    }

    @Test(arguments: [
        (Controller.cpu, UInt64(500), ["cpu.cfs_period_us=100000", "cpu.cfs_quota_us=50000"]),
        (.cpu, 5, ["cpu.cfs_period_us=1000000", "cpu.cfs_quota_us=5000"]),
        (.memory, 64 << 20, ["memory.limit_in_bytes=67108864"]), (.pids, 128, ["pids.max=128"]),
        (.io, 5_000, ["blkio.bfq.weight=1000", "blkio.weight=1000"]),
    ])
    func version1(_ controller: Controller, _ limit: UInt64, _ expected: [String]) {
        #expect(Self.text(controller.settings(limit, isLegacy: true)) == expected)
    }

    @Test func aLimitThatIsTakenAwayIsLifted() {
        let unified = Controller.allCases.flatMap { Self.text($0.settings(nil, isLegacy: false)) }
        #expect(
            unified == [
                "cpu.max=max 100000", "memory.oom.group=0", "memory.max=max", "pids.max=max",
                "io.weight=default 100", "io.bfq.weight=default 100",
            ])
        let legacy = Controller.allCases.flatMap { Self.text($0.settings(nil, isLegacy: true)) }
        #expect(legacy.contains("cpu.cfs_quota_us=-1") && legacy.contains("memory.limit_in_bytes=-1"))
    }

    /// A directory with these files in it.
    private func directory(_ files: [String: String]) -> String {
        let path = TestHost.temporaryDirectory()
        for (name, text) in files { writeFile("\(path)/\(name)", text) }
        return path
    }

    private static let everything = Resources(
        cpu: 500, memory: 64 << 20, pids: 128, io: Resources.DiskShare(weight: 50))

    @Test func aDelegatedGroupGetsAllOfIt() {
        let group = directory([
            "cpu.max": "max 100000\n", "memory.max": "max\n", "memory.oom.group": "0\n", "pids.max": "max\n",
            "io.weight": "default 99\n",
        ])
        defer { DirectoryTree.remove(group) }
        let limits = GroupLimits(
            places: Dictionary(uniqueKeysWithValues: Controller.allCases.map { ($0, .unified) }), group: group
        )
        let short = limits.enforce(Self.everything, isLive: false)
        // The weight is set, and whether a disk acts on it is the host's matter.
        #expect(short.allSatisfy { $0.field == "io.weight" && $0.reason.contains("scheduler") })
        #expect(readFile("\(group)/cpu.max")?.hasPrefix("50000 100000") == true)
        #expect(readFile("\(group)/memory.oom.group")?.hasPrefix("1") == true)
        let values = limits.values(Self.everything)
        #expect(values.map(\.field) == ["cpu", "memory", "pids", "io.weight"])
        #expect(values.allSatisfy { $0.agrees }, "\(values)")
        writeFile("\(group)/memory.max", "134217728\n")
        let drifted = limits.values(Self.everything).filter { !$0.agrees }
        #expect(
            drifted == [LimitComparison(field: "memory", declared: "64Mi", actual: "128Mi", agrees: false)])
        // A limit that nobody declared is told too.
        #expect(limits.values(nil).map(\.actual) == ["500m", "128Mi", "128"])
    }

    /// The pressure of `memory.high` would stay in force if the agent died while it makes room.
    @Test func roomIsMadeWithoutALimitThatCouldStay() {
        let group = directory([
            "memory.current": "100\n", "memory.high": "untouched\n", "memory.reclaim": "",
            "memory.max": "max\n",
        ])
        defer { DirectoryTree.remove(group) }
        let limits = GroupLimits(places: [.memory: .unified], group: group)
        let short = limits.enforce(Resources(memory: 60), isLive: true)
        #expect(readFile("\(group)/memory.reclaim") == "40")
        #expect(readFile("\(group)/memory.high") == "untouched\n")
        #expect(short.map(\.field) == ["memory"])
        // Of an agent on an older kernel, which had no other way and was killed.
        writeFile("\(group)/memory.high", "60\n")
        limits.liftReclaim()
        #expect(readFile("\(group)/memory.high") == "max")
    }

    @Test func aMissingControllerIsNamedWithWhatToDo() {
        let group = directory(["pids.max": "max\n"])
        defer { DirectoryTree.remove(group) }
        let missing = ControllerPlace.missing(reason: "no memory here", remedy: "get some")
        let limits = GroupLimits(places: [.pids: .unified, .memory: missing, .cpu: missing], group: group)
        let finding = RunFinding(limits.enforce(Self.everything, isLive: false))
        #expect(finding.kind == .limitsDegraded && finding.reason == "NotEnforced")
        #expect(finding.message == "cpu, memory: no memory here; get some")
        #expect(RunFinding([]).reason.isEmpty)
    }

    @Test func delegationIsReadFromTheKernelAndNotAssumed() {
        let parent = directory([
            "cgroup.controllers": "cpuset cpu memory pids\n", "cgroup.subtree_control": "memory pids\n",
        ])
        defer { DirectoryTree.remove(parent) }
        mkdir("\(parent)/tree", 0o755)
        writeFile("\(parent)/tree/cgroup.controllers", "memory pids\n")
        writeFile("\(parent)/tree/cgroup.subtree_control", "memory pids\n")
        let delegation = ControllerDelegation(parent: parent, tree: "\(parent)/tree")
        #expect(delegation.delegate() == [.memory, .pids])
        // It was asked for what is offered and not given on yet.
        #expect(readFile("\(parent)/cgroup.subtree_control")?.contains("+cpu") == true)
        guard case .missing(let cpu, _) = delegation.missing(.cpu),
            case .missing(let io, let remedy) = delegation.missing(.io)
        else {
            Issue.record("both are missing")
            return
        }
        #expect(cpu.contains("cannot be given") && io.contains("no io controller is delegated"))
        #expect(remedy.contains("Delegate=yes"))
    }

    @Test func aGroupWithProcessesGivesNothingAway() {
        let parent = directory([
            "cgroup.controllers": "cpu memory pids\n", "cgroup.subtree_control": "\n",
            "cgroup.type": "domain\n", "cgroup.procs": "4711\n",
        ])
        defer { DirectoryTree.remove(parent) }
        mkdir("\(parent)/tree", 0o755)
        let delegation = ControllerDelegation(parent: parent, tree: "\(parent)/tree")
        #expect(delegation.delegate().isEmpty)
        // Not cpu and pids either, which the kernel would allow, and start nothing below from then on.
        #expect(readFile("\(parent)/cgroup.subtree_control") == "\n")
        guard case .missing(_, let remedy) = delegation.missing(.memory) else {
            Issue.record("it is missing")
            return
        }
        #expect(remedy.contains("plumb-runs.service"))
    }

    @Test func hierarchiesOfVersion1AreFoundBesideTheUnifiedOne() {
        let host = ControlGroupHost(
            mountInfo: """
                26 25 0:23 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
                27 25 0:24 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
                28 25 0:25 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct
                29 25 0:26 / /sys/fs/cgroup/pids ro - cgroup cgroup rw,pids
                """,
            ownGroups: "4:memory:/system.slice/plumb.service\n2:cpu,cpuacct:/\n0::/\n")
        #expect(
            host.legacy == [
                .memory: LegacyHierarchy(
                    mount: "/sys/fs/cgroup/memory", ownGroup: "/system.slice/plumb.service"),
                .cpu: LegacyHierarchy(mount: "/sys/fs/cgroup/cpu,cpuacct", ownGroup: "/"),
            ])
    }
}
