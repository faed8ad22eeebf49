import Glibc
import Manifests
import Reconciler
import Synchronization
import Testing

@testable import Supervisor

/// Whether this host lets this user make control groups; the tests that need them are skipped without.
let hasControlGroups: Bool = {
    let tree = ControlGroupTree(host: .current(), stateDir: "/trial/\(getpid())", isRoot: geteuid() == 0)
    tree?.removeTree()
    return tree != nil
}()

/// Where a symbolic link points to.
private func link(_ path: String) -> String {
    var buffer = [CChar](repeating: 0, count: 4096)
    let length = max(readlink(path, &buffer, buffer.count), 0)
    return String(decoding: buffer[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

@Suite struct ControlGroupTests {
    @Test(.enabled(if: hasControlGroups, "no writable unified hierarchy with cgroup.kill"))
    func groupsOfEndedRunsAreRemoved() async throws {
        try await withHost { host in
            let tree = try #require(host.supervisor.groups?.path)
            for _ in 0..<50 { try await host.runToEnd("exit 0") }
            await eventually("no group is left") {
                !directoryNames(tree).contains { access("\(tree)/\($0)/cgroup.procs", F_OK) == 0 }
            }
            // Other tests run in this process: only what names this host's slots can be counted.
            let open = directoryNames("/proc/self/fd").filter {
                link("/proc/self/fd/\($0)").hasPrefix(host.layout.slots)
            }
            #expect(open.isEmpty)
            await eventually("no run is remembered") { host.supervisor.table.withLock { $0.runs.isEmpty } }
        }
    }

    @Test(.enabled(if: hasControlGroups, "no writable unified hierarchy with cgroup.kill"))
    func aRunStandsInItsOwnGroupAndItsKeeperDoesNot() async throws {
        try await withHost { host in
            let run = try await host.start(shell(sleeper))
            let identity = try await host.started(run)
            let group = try #require(host.supervisor.runtimeInfo(run)?.controlGroup)
            #expect(readFile("\(group)/cgroup.procs")?.contains("\(identity.pid)\n") == true)
            #expect(readFile("\(group)/cgroup.procs")?.contains("\(identity.keeperPID)\n") == false)
        }
    }

    @Test(.enabled(if: hasControlGroups, "no writable unified hierarchy with cgroup.kill"))
    func groupsThatNobodyKnowsAreSweptAway() async throws {
        try await withHost { host in
            let tree = try #require(host.supervisor.groups?.path)
            host.drop()
            mkdir("\(tree)/web.0.gone", 0o755)
            try await host.open()
            #expect(access("\(tree)/web.0.gone", F_OK) != 0)
        }
    }

    @Test func theHierarchyIsFoundWhereverItIsMounted() {
        let hybrid = ControlGroupHost(
            mountInfo: """
                25 20 0:22 / /sys/fs/cgroup rw shared:1 - tmpfs tmpfs rw
                26 25 0:23 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
                27 25 0:24 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
                """,
            ownGroups: "4:memory:/a\n0::/\n")
        #expect(hybrid.unifiedMount == "/sys/fs/cgroup/unified")
        #expect(hybrid.parents(isRoot: true) == [""])
        let service = ControlGroupHost(
            mountInfo: "27 25 0:24 / /sys/fs/cgroup rw,relatime shared:4 - cgroup2 cgroup2 rw",
            ownGroups: "0::/system.slice/plumb.service\n")
        #expect(service.unifiedMount == "/sys/fs/cgroup")
        #expect(
            service.parents(isRoot: true) == [
                "/system.slice/plumb-runs.service", "/system.slice/plumb.service", "",
            ])
        let user = ControlGroupHost(
            mountInfo: "27 25 0:24 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw",
            ownGroups: "0::/user.slice/user-1000.slice/user@1000.service/app.slice/run-1.scope\n")
        #expect(user.parents(isRoot: false) == ["/user.slice/user-1000.slice/user@1000.service/app.slice"])
        #expect(ControlGroupHost(mountInfo: "", ownGroups: "").unifiedMount == nil)
    }
}
