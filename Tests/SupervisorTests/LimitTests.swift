import Glibc
import Manifests
import Reconciler
import Testing

@testable import Supervisor

/// Whether this host limits memory, processes and cpu in hierarchies of version 1 or in the unified one.
private let canLimit: Bool = {
    guard hasControlGroups,
        let tree = ControlGroupTree(
            host: .current(), stateDir: "/trial/limits/\(getpid())", isRoot: geteuid() == 0)
    else { return false }
    tree.removeTree()
    return ([.cpu, .memory, .pids] as [Controller]).allSatisfy { controller in
        if case .missing? = tree.places[controller] { false } else { true }
    }
}()

private let reason: Comment = "this user has no cpu, memory and pids controllers"

extension TestHost {
    func findings(of run: RunID) -> [RunFinding] {
        events.compactMap { if case .found(run, let finding) = $0 { finding } else { nil } }
    }
}

/// A run with limits.
private func limited(_ script: String, _ resources: Resources?) -> InstanceSpec {
    var spec = shell(script)
    spec.resources = resources
    return spec
}

/// Takes memory, a megabyte at a time, and keeps it.
private func python(_ code: String) -> String { "exec /usr/bin/python3 -c '\(code)'" }

private let hog = "b=[]\nfor i in range(200): b.append(bytearray(b\"x\") * 1000000)"

@Suite(.serialized, .enabled(if: canLimit, reason)) struct LimitTests {
    @Test func aMemoryHogIsKilledForWantOfMemoryAndThatIsSaid() async throws {
        try await withHost { host in
            let run = try await host.start(limited(python(hog), Resources(memory: 30 << 20)))
            let report = try await host.exited(run)
            #expect(report.cause == .signaled(number: 9, coreDumped: false))
            #expect(report.oomKilled && (report.oomKills ?? 0) >= 1)
            #expect(report.text == "killed by SIGKILL (out of memory)")
            await host.supervisor.acknowledge(run)
            let other = try await host.start(limited("kill -9 $$", Resources(memory: 30 << 20)))
            let plain = try await host.exited(other)
            #expect(!plain.oomKilled && plain.text == "killed by SIGKILL")
        }
    }

    @Test func aChildThatIsKilledForWantOfMemoryIsToldWhileTheMainProcessGoesOn() async throws {
        try await withHost { host in
            let script = "/usr/bin/python3 -c '\(hog)'; sleep 1.5; kill -9 $$"
            let run = try await host.start(limited(script, Resources(memory: 30 << 20)))
            try await host.started(run)
            let isUnified = host.supervisor.groups?.places[.memory] == .unified
            await eventually("the kill is told") {
                host.events.contains {
                    if case .memoryKills(run, let total) = $0 { total > 0 } else { false }
                }
                    || !host.reports(of: run).isEmpty
            }
            let report = try await host.exited(run)
            // Version 2 ends a limited run as a whole.
            #expect(report.oomKilled == isUnified)
            if !isUnified {
                #expect(report.text == "killed by SIGKILL after the OOM killer struck in its tree")
            }
        }
    }

    @Test func aForkBombStopsAtItsLimit() async throws {
        try await withHost { host in
            let bomb = "i=0; while :; do sleep 600 & i=$((i+1)); done 2>/dev/null"
            let run = try await host.start(limited(bomb, Resources(pids: 20)))
            try await host.started(run)
            await eventually("the limit is reached") {
                (host.supervisor.processes(of: run).count >= 18) || !host.reports(of: run).isEmpty
            }
            #expect(host.supervisor.processes(of: run).count <= 20)
            host.supervisor.stop(run, policy: StopPolicy(grace: .milliseconds(10)))
            #expect(try await host.exited(run).treeProvenEmpty)
        }
    }

    @Test func aShareOfTheProcessorIsHeldTo() async throws {
        try await withHost { host in
            let run = try await host.start(
                limited("while :; do :; done & sleep 1.2; kill $!", Resources(cpu: 200)))
            let identity = try await host.started(run)
            let begun = Instant.current
            await eventually("a second has passed") { Instant.current - begun > .seconds(1) }
            let used = try #require(await host.supervisor.usage(of: [run])[run]?.cpuTime)
            // 200 ms of a second; a busy host gives less.
            #expect(used < .milliseconds(450), "\(used) with pid \(identity.pid)")
            #expect(used > .milliseconds(20))
            try await host.exited(run)
        }
    }

    @Test func limitsAreAddedChangedAndLiftedWhileItRuns() async throws {
        try await withHost { host in
            let script = "sh -c 'setsid sleep 600 & sleep 600' & wait"
            let run = try await host.start(limited(script, nil))
            try await host.started(run)
            await eventually("its children run") { host.supervisor.processes(of: run).count >= 4 }
            #expect(host.supervisor.limitValues(of: run).isEmpty)

            try await host.supervisor.update(
                run, spec: limited(script, Resources(cpu: 500, memory: 64 << 20, pids: 50)), reload: false)
            let added = host.supervisor.limitValues(of: run)
            #expect(added.map(\.actual) == ["500m", "64Mi", "50"] && added.allSatisfy { $0.agrees })
            // Every process is in the new groups, the one with a session of its own too.
            let group = try #require(host.supervisor.runtimeInfo(run)?.controlGroup)
            let members = Set(GroupMembers.pids(of: group))
            for directory in host.supervisor.groups?.legacyGroups(of: group) ?? []
            where directory.controller != .io {
                #expect(Set(GroupMembers.pids(of: directory.path)) == members, "\(directory.path)")
            }

            try await host.supervisor.update(
                run, spec: limited(script, Resources(cpu: 1_000, memory: 128 << 20)), reload: false)
            let changed = host.supervisor.limitValues(of: run)
            #expect(changed.map(\.actual) == ["1000m", "128Mi"] && changed.allSatisfy { $0.agrees })
            try await host.supervisor.update(run, spec: limited(script, nil), reload: false)
            #expect(host.supervisor.limitValues(of: run).isEmpty)
            #expect(host.findings(of: run).last?.reason.isEmpty != false)
        }
    }

    @Test func aLimitBelowWhatIsInUseIsNotClaimed() async throws {
        try await withHost { host in
            let script = python("b=bytearray(b\"x\")*60000000\nimport time\ntime.sleep(600)")
            let run = try await host.start(limited(script, Resources(memory: 256 << 20)))
            try await host.started(run)
            await eventually("it has its memory") { memory(host, run) > 55 << 20 }
            try await host.supervisor.update(
                run, spec: limited(script, Resources(memory: 20 << 20)), reload: false)
            let finding = try #require(host.findings(of: run).last)
            #expect(finding.message.contains("so 20Mi is not set, and 256Mi stays in force"))
            #expect(host.supervisor.limitValues(of: run).map(\.actual) == ["256Mi"])
            // What can be done is done, and the finding goes.
            try await host.supervisor.update(
                run, spec: limited(script, Resources(memory: 128 << 20)), reload: false)
            #expect(host.findings(of: run).last?.reason.isEmpty == true)
        }
    }

    @Test func whyALimitIsNotInForceIsStillKnownToTheNextAgent() async throws {
        try await withHost { host in
            let script = python("b=bytearray(b\"x\")*60000000\nimport time\ntime.sleep(600)")
            let run = try await host.start(limited(script, Resources(memory: 256 << 20)))
            try await host.started(run)
            await eventually("it has its memory") { memory(host, run) > 55 << 20 }
            let spec = limited(script, Resources(memory: 20 << 20))
            try await host.supervisor.update(run, spec: spec, reload: false)
            let finding = try #require(host.findings(of: run).last)
            host.drop()
            try await host.open()
            try await host.supervisor.update(run, spec: spec, reload: false)
            await host.lookedAt(run)
            #expect(host.finding(.limitsDegraded, of: run) == finding)
            // It is nobody's change, and nothing to be healed.
            #expect(host.finding(.drifted, of: run)?.reason.isEmpty != false)
        }
    }

    @Test func whatWasAllocatedBeforeItsLimitCameIsShownAsUsed() async throws {
        try await withHost { host in
            let script = python("b=bytearray(b\"x\")*60000000\nimport time\ntime.sleep(600)")
            let run = try await host.start(shell(script))
            try await host.started(run)
            await eventually("it has its memory") { memory(host, run) > 55 << 20 }
            try await host.supervisor.update(
                run, spec: limited(script, Resources(memory: 256 << 20)), reload: false)
            #expect(memory(host, run) > 55 << 20)
        }
    }

    private func memory(_ host: TestHost, _ run: RunID) -> UInt64 {
        let group = host.supervisor.runtimeInfo(run)?.controlGroup
        let members = RunMembers(run: run, group: group, identity: nil)
        let reading = UsageReading(members: members, places: host.supervisor.groups?.places ?? [:], host: nil)
        return reading.read().memoryBytes ?? 0
    }

    @Test func nothingIsLeftOfTheGroups() async throws {
        try await withHost { host in
            let resources = Resources(cpu: 500, memory: 64 << 20, pids: 50)
            for _ in 0..<10 {
                let run = try await host.start(limited("exit 0", resources))
                try await host.exited(run)
                await host.supervisor.acknowledge(run)
            }
            // An agent that was killed leaves the groups of its last run, in every hierarchy.
            let directories = try leaveGroups(host, resources)
            #expect(existing(directories) == directories)
            host.drop()
            try await host.open()
            #expect(existing(directories).isEmpty)
            #expect(directories.flatMap(siblings).isEmpty)
        }
    }

    @Test func aGroupThatIsBusyAtFirstIsRemovedByItselfLater() async throws {
        try await withHost { host in
            let groups = try #require(host.supervisor.groups)
            let run = try await host.start(limited(sleeper, nil))
            let identity = try await host.started(run)
            let group = groups.group(of: host.newRun(), in: SlotID(instance: "late", index: 0))
            try groups.make(group)
            #expect(ControlFile.write("\(group)/cgroup.procs", "\(identity.pid)") == 0)
            groups.remove(group)
            #expect(existing([group]) == [group])
            kill(identity.pid, SIGKILL)
            await eventually("nothing is left") { access(group, F_OK) != 0 }
            try await host.exited(run)
        }
    }

    private func leaveGroups(_ host: TestHost, _ resources: Resources) throws -> [String] {
        let groups = try #require(host.supervisor.groups)
        let stray = groups.group(of: host.newRun(), in: SlotID(instance: "web", index: 0))
        try groups.make(stray)
        _ = groups.limits(of: stray).enforce(resources, isLive: false)
        return groups.legacyGroups(of: stray).filter { $0.controller != .io }.map(\.path) + [stray]
    }

    private func existing(_ paths: [String]) -> [String] { paths.filter { access($0, F_OK) == 0 } }

    /// Groups of runs of `web` that stand beside this one.
    private func siblings(_ path: String) -> [String] {
        let tree = path.split(separator: "/").dropLast().map { "/\($0)" }.joined()
        return directoryNames(tree).filter { $0.hasPrefix("web.") }
    }

    @Test func aMemoryLimitThatCameLaterKillsAndThatIsToldToo() async throws {
        try await withHost { host in
            let script = "while [ ! -e \(host.base)/go ]; do sleep 0.05; done; " + python(hog)
            let run = try await host.start(limited(script, nil))
            try await host.started(run)
            try await host.supervisor.update(
                run, spec: limited(script, Resources(memory: 30 << 20)), reload: false)
            writeFile("\(host.base)/go", "")
            let report = try await host.exited(run)
            #expect(report.text == "killed by SIGKILL (out of memory)")
        }
    }

    @Test func groupsThatAWorkloadMakesInItsOwnAreClearedAwayToo() async throws {
        try await withHost { host in
            let mount = try #require(ControlGroupHost.current().unifiedMount)
            let script = "mkdir -p \(mount)$(sed -n 's/^0:://p' /proc/self/cgroup)/a/b; sleep 600"
            let run = try await host.start(limited(script, nil))
            try await host.started(run)
            let group = try #require(host.supervisor.runtimeInfo(run)?.controlGroup)
            await eventually("it has made groups") { access("\(group)/a/b", F_OK) == 0 }
            host.supervisor.stop(run, policy: StopPolicy(grace: .milliseconds(10)))
            #expect(try await host.exited(run).treeProvenEmpty)
            await eventually("nothing is left") { access(group, F_OK) != 0 }
        }
    }

    /// By hand first, then as a service: the agent's tree stands somewhere else.
    @Test func aRunWhoseGroupStandsInAnotherTreeIsStillFoundThere() async throws {
        let mount = try #require(ControlGroupHost.current().unifiedMount)
        let service = "/plumb-test-\(getpid()).service"
        mkdir(mount + service, 0o755)
        var elsewhere = ControlGroupHost.current()
        elsewhere.ownGroup = service
        let host = TestHost(controlGroupHost: elsewhere)
        try await withHost(host) { host in
            let run = try await host.start(limited("setsid sleep 600 & wait", nil))
            try await host.started(run)
            await eventually("both run") { host.supervisor.processes(of: run).count == 2 }
            let group = try #require(host.supervisor.runtimeInfo(run)?.controlGroup)
            let keeper = try #require(host.supervisor.runtimeInfo(run)?.identity?.keeperPID)
            host.drop()
            try await host.open(on: .current())
            #expect(host.supervisor.runtimeInfo(run)?.controlGroup == group)
            #expect(host.supervisor.processes(of: run).count == 2)
            kill(keeper, SIGKILL)
            let report = try await host.exited(run)
            #expect(report.cause == .keeperLost && report.treeProvenEmpty)
            #expect(access(group, F_OK) != 0 || GroupMembers.pids(of: group).isEmpty)
        }
        await eventually("the service's group can go") {
            for name in directoryNames(mount + service) { rmdir("\(mount)\(service)/\(name)") }
            return rmdir(mount + service) == 0
        }
    }

    @Test func anAdoptedRunKeepsItsLimitsAndTheyCanBeChanged() async throws {
        try await withHost { host in
            let spec = limited(sleeper, Resources(memory: 64 << 20))
            let run = try await host.start(spec)
            try await host.started(run)
            host.drop()
            try await host.open()
            try await host.supervisor.update(run, spec: spec, reload: false)
            #expect(host.supervisor.limitValues(of: run).map(\.actual) == ["64Mi"])
            try await host.supervisor.update(
                run, spec: limited(sleeper, Resources(memory: 32 << 20)), reload: false)
            #expect(host.supervisor.limitValues(of: run).map(\.actual) == ["32Mi"])
            #expect(host.findings(of: run).allSatisfy { $0.reason.isEmpty })
        }
    }
}

@Suite struct LimitsDegradedTests {
    private static let noMemory = ControlGroupHost(
        mountInfo: """
            27 25 0:24 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
            29 25 0:26 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids
            """, ownGroups: "0::/\n8:pids:/\n")

    @Test(.enabled(if: canLimit, reason)) func aRunStartsWithoutTheLimitsThatTheHostCannotKeep() async throws
    {
        let host = TestHost(controlGroupHost: Self.noMemory)
        try await withHost(host) { host in
            let run = try await host.start(limited(sleeper, Resources(memory: 64 << 20, pids: 50)))
            try await host.started(run)
            await eventually("it is told") { !host.findings(of: run).isEmpty }
            let finding = try #require(host.findings(of: run).first)
            #expect(finding.kind == .limitsDegraded)
            #expect(finding.message.hasPrefix("memory: no memory controller is delegated to "))
            #expect(!finding.message.contains("pids"))
            #expect(host.supervisor.limitValues(of: run).map(\.field) == ["pids"])
            // Taken out of the declaration, it is no shortfall any more.
            try await host.supervisor.update(run, spec: limited(sleeper, Resources(pids: 50)), reload: false)
            #expect(host.findings(of: run).last?.reason.isEmpty == true)
        }
    }

    @Test func withoutControlGroupsEveryLimitIsNamed() async throws {
        try await withHost(controlGroups: .off) { host in
            let resources = Resources(cpu: 100, memory: 64 << 20, pids: 50, nofile: 77, core: 0)
            let run = try await host.start(limited("ulimit -n; ulimit -c; exec sleep 600", resources))
            try await host.started(run)
            await eventually("it is told") { !host.findings(of: run).isEmpty }
            let message = try #require(host.findings(of: run).first).message
            #expect(message.hasPrefix("cpu, memory, pids: runs have no control groups on this host; "))
            // Each process's own limits need none.
            let output = host.layout.output(SlotID(instance: "web", index: 0))
            await eventually("it says what it has") {
                readFile("\(output)/stdout.log")?.contains("77\n0\n") == true
            }
        }
    }
}
