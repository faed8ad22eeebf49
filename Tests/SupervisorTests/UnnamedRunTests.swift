import Glibc
import KeeperProtocol
import Manifests
import Reconciler
import TestKit
import Testing

@testable import Supervisor

/// Files of the state directory are moved, removed or cannot be read under runs that live: they are neither
/// ended nor doubled.
@Suite struct UnnamedRunTests {
    /// A run that ends with 42 once the file is there.
    private func begin(_ host: TestHost) async throws -> (RunID, Reconciler.RunIdentity, file: String) {
        let file = "\(host.base)/go"
        let run = try await host.start(shell("while [ ! -e \(file) ]; do sleep 0.02; done; exit 42"))
        return (run, try await host.started(run), file)
    }

    private func expectUnknown(
        _ run: RunID, among adopted: [AdoptedRun], sourceLocation: SourceLocation = #_sourceLocation
    ) {
        guard case .unknown? = adopted.first(where: { $0.run == run })?.state else {
            Issue.record("not unknown: \(adopted)", sourceLocation: sourceLocation)
            return
        }
        #expect(adopted.map(\.slot) == [SlotID(instance: "web", index: 0)], sourceLocation: sourceLocation)
    }

    @Test(
        .survives(.stateTrouble, "state directory moved away, with and without control groups"),
        arguments: [SupervisorSettings.ControlGroupUse.automatic, .off])
    func aStateDirectoryThatIsGoneEndsNothing(_ controlGroups: SupervisorSettings.ControlGroupUse)
        async throws
    {
        try await withHost(controlGroups: controlGroups) { host in
            let (run, identity, file) = try await begin(host)
            host.drop()
            #expect(rename(host.stateDir, host.stateDir + ".away") == 0)
            expectUnknown(run, among: try await host.open(controlGroups: controlGroups))
            #expect(isAlive(identity.pid))
            await #expect(throws: StartError.self) { try await host.start(shell(sleeper)) }
            // Its keeper is heard, so its end is told as it was.
            writeFile(file, "")
            #expect(try await host.exited(run).cause == .exited(code: 42))
            await host.supervisor.acknowledge(run)
            #expect(try await host.runToEnd("exit 6").cause == .exited(code: 6))
        }
    }

    @Test(
        .survives(.stateTrouble, "state directory moved away and back"),
        arguments: [SupervisorSettings.ControlGroupUse.automatic, .off])
    func aStateDirectoryThatComesBackIsAdopted(_ controlGroups: SupervisorSettings.ControlGroupUse)
        async throws
    {
        try await withHost(controlGroups: controlGroups) { host in
            let (run, identity, _) = try await begin(host)
            host.drop()
            #expect(rename(host.stateDir, host.stateDir + ".away") == 0)
            try await host.open(controlGroups: controlGroups)
            host.drop()
            DirectoryTree.remove(host.stateDir)
            #expect(rename(host.stateDir + ".away", host.stateDir) == 0)
            try await expectLive(run, identity, on: host, controlGroups)
        }
    }

    @Test(
        .survives(.stateTrouble, "state directory moved away and runtime directory wiped"),
        .enabled(if: hasControlGroups, "no writable unified hierarchy with cgroup.kill"))
    func itsControlGroupTellsOfARunToo() async throws {
        try await withHost { host in
            let (run, identity, _) = try await begin(host)
            host.drop()
            #expect(rename(host.stateDir, host.stateDir + ".away") == 0)
            DirectoryTree.remove(host.runtimeDir)
            expectUnknown(run, among: try await host.open())
            #expect(isAlive(identity.pid))
            kill(identity.keeperPID, SIGTERM)
            _ = try await host.exited(run)
            #expect(!isAlive(identity.pid))
        }
    }

    @Test(
        .survives(.stateTrouble, "a slot's directory removed, with and without control groups"),
        arguments: [SupervisorSettings.ControlGroupUse.automatic, .off])
    func aSlotThatIsGoneIsUnknown(_ controlGroups: SupervisorSettings.ControlGroupUse) async throws {
        try await withHost(controlGroups: controlGroups) { host in
            let (run, identity, file) = try await begin(host)
            host.drop()
            DirectoryTree.remove("\(host.layout.slots)/web")
            expectUnknown(run, among: try await host.open(controlGroups: controlGroups))
            #expect(isAlive(identity.pid))
            await #expect(throws: StartError.self) { try await host.start(shell(sleeper)) }
            writeFile(file, "")
            #expect(try await host.exited(run).cause == .exited(code: 42))
        }
    }

    @Test(
        .survives(.stateTrouble, "a slot's lock removed, with and without its other records"),
        arguments: [SupervisorSettings.ControlGroupUse.automatic, .off], [["lock"], ["lock", "id"]])
    func aLockThatIsGoneLosesNoKeeper(
        _ controlGroups: SupervisorSettings.ControlGroupUse, _ files: [String]
    ) async throws {
        try await withHost(controlGroups: controlGroups) { host in
            let (run, identity, _) = try await begin(host)
            host.drop()
            for file in files { unlink("\(host.layout.slots)/web/0/\(file)") }
            // The keeper answers as the run that the slot names: there is nothing to doubt.
            try await expectLive(run, identity, on: host, controlGroups)
            // Nor is it lost when its lock is gone and its socket too.
            host.drop()
            DirectoryTree.remove(host.runtimeDir)
            let adopted = try await host.open(controlGroups: controlGroups)
            expectUnknown(run, among: adopted)
            #expect(isAlive(identity.pid))
            kill(identity.keeperPID, SIGTERM)
            _ = try await host.exited(run)
        }
    }

    @Test(
        .survives(.stateTrouble, "slots that cannot be read"),
        arguments: [SupervisorSettings.ControlGroupUse.automatic, .off], ["", "/web"])
    func aDirectoryThatCannotBeReadIsNotAnEmptyOne(
        _ controlGroups: SupervisorSettings.ControlGroupUse, _ name: String
    ) async throws {
        try await withHost(controlGroups: controlGroups) { host in
            let (run, identity, _) = try await begin(host)
            host.drop()
            let directory = host.layout.slots + name
            #expect(rename(directory, "\(host.base)/away") == 0)
            // Opening it fails for root too.
            #expect(symlink(directory, directory) == 0)
            await #expect(throws: SupervisorError.self) { try await host.open(controlGroups: controlGroups) }
            #expect(isAlive(identity.pid))
            host.drop()
            unlink(directory)
            #expect(rename("\(host.base)/away", directory) == 0)
            try await expectLive(run, identity, on: host, controlGroups)
        }
    }

    private func expectLive(
        _ run: RunID, _ identity: Reconciler.RunIdentity, on host: TestHost,
        _ controlGroups: SupervisorSettings.ControlGroupUse,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let adopted = try await host.open(controlGroups: controlGroups)
        guard adopted.count == 1, case .live(identity)? = adopted.first?.state, adopted.first?.run == run
        else {
            Issue.record("not live: \(adopted)", sourceLocation: sourceLocation)
            return
        }
    }
}

/// The tree of control groups has got another name.
@Suite(.enabled(if: hasControlGroups, "no writable unified hierarchy with cgroup.kill"))
struct GroupTreeTests {
    /// A host whose agent is of a version that named its tree after the path alone.
    private func withEarlierHost(_ body: (TestHost, _ tree: String) async throws -> Void) async throws {
        try await withHost { host in
            let groups = try #require(host.supervisor.groups)
            #expect(groups.path != groups.earlierTree)
            host.drop()
            try await host.open(tree: groups.stem)
            #expect(host.supervisor.groups?.path == groups.earlierTree)
            try await body(host, groups.earlierTree)
        }
    }

    @Test(.survives(.upgrade, "control groups of an earlier version's tree"))
    func runsInATreeOfAnEarlierVersionGoOnAndObey() async throws {
        try await withEarlierHost { host, tree in
            let file = "\(host.base)/child"
            let spec = shell("setsid sh -c 'echo $$ > \(file); exec sleep 600' & wait")
            var limited = spec
            limited.resources = Resources(memory: 64 << 20)
            let run = try await host.start(limited)
            let identity = try await host.started(run)
            await eventually("the child runs") { readPid(file) != nil }
            let child = try #require(readPid(file))
            for memo in [nil, [1]] as [[UInt8]?] {
                // What an update writes beside the slot still says where the group is.
                if let memo {
                    try await host.supervisor.update(run, spec: limited, reload: false, memo: memo)
                }
                host.drop()
                guard case .live(identity)? = try await host.open().first?.state else {
                    Issue.record("not live")
                    return
                }
                let group = try #require(host.supervisor.runtimeInfo(run)?.controlGroup)
                #expect(group.hasPrefix(tree + "/"))
                #expect(readFile("\(group)/cgroup.procs")?.contains("\(identity.pid)\n") == true)
            }
            try await host.supervisor.update(run, spec: limited, reload: false)
            #expect(host.supervisor.limitValues(of: run).allSatisfy { $0.agrees })
            kill(identity.keeperPID, SIGKILL)
            #expect(try await host.exited(run).cause == .keeperLost)
            await eventually("nothing of the tree is left") { !isAlive(identity.pid) && !isAlive(child) }
        }
    }

    @Test(.survives(.keeperAndAgentKilled, "and the slot removed")) func whatHasNoKeeperIsSwept() async throws
    {
        try await withEarlierHost { host, tree in
            let file = "\(host.base)/child"
            let run = try await host.start(shell("setsid sh -c 'echo $$ > \(file); exec sleep 600' & wait"))
            let identity = try await host.started(run)
            await eventually("the child runs") { readPid(file) != nil }
            let child = try #require(readPid(file))
            host.drop()
            kill(identity.keeperPID, SIGKILL)
            await eventually("the keeper is gone") { !isAlive(identity.keeperPID) }
            DirectoryTree.remove("\(host.layout.slots)/web")
            #expect(try await host.open().isEmpty)
            await eventually("nothing of it is left") { !isAlive(child) }
            #expect(directoryNames(tree).filter { $0.hasSuffix(run.text) }.isEmpty)
        }
    }
}
