import CLinux
import Glibc
import KeeperProtocol
import Manifests
import Reconciler
import TestKit
import Testing

@testable import Supervisor

@Suite struct LossTests {
    @Test(
        .survives(.keeperKilled, "with and without control groups"),
        arguments: [SupervisorSettings.ControlGroupUse.automatic, .off])
    func aKilledKeeperIsNoticedAndNothingOfItsTreeIsLeft(
        _ controlGroups: SupervisorSettings.ControlGroupUse
    ) async throws {
        try await withHost(controlGroups: controlGroups) { host in
            let file = "\(host.base)/child"
            let run = try await host.start(
                shell("setsid sh -c 'echo $$ > \(file); exec sleep 600' & echo \"a\"; wait; sleep 600"))
            let identity = try await host.started(run)
            await eventually("the child runs") { readPid(file) != nil }
            let child = try #require(readPid(file))
            let begun = Instant.current
            kill(identity.keeperPID, SIGKILL)
            let report = try await host.exited(run)
            let noticed = try #require(host.lastTold) - begun
            print("keeper killed → told after \(noticed)")
            #expect(report.cause == .keeperLost)
            #expect(noticed < .seconds(10))
            #expect(report.treeProvenEmpty == (host.supervisor.groups != nil))
            await eventually("nothing of the tree is left") {
                !isAlive(identity.pid) && !isAlive(child)
            }
            await host.supervisor.acknowledge(run)
            let next = try await host.runToEnd("exit 3")
            #expect(next.cause == .exited(code: 3))
        }
    }

    @Test(
        .survives(.keeperAndAgentKilled, "with and without control groups"),
        arguments: [SupervisorSettings.ControlGroupUse.automatic, .off])
    func aKeeperKilledTogetherWithTheAgentIsFoundOut(
        _ controlGroups: SupervisorSettings.ControlGroupUse
    ) async throws {
        try await withHost(controlGroups: controlGroups) { host in
            let file = "\(host.base)/child"
            let run = try await host.start(shell("setsid sh -c 'echo $$ > \(file); exec sleep 600' & wait"))
            let identity = try await host.started(run)
            await eventually("the child runs") { readPid(file) != nil }
            let child = try #require(readPid(file))
            host.drop()
            kill(identity.keeperPID, SIGKILL)
            await eventually("the keeper is gone") { !isAlive(identity.keeperPID) }
            let adopted = try await host.open(controlGroups: controlGroups)
            guard case .exited(let report)? = adopted.first?.state else {
                Issue.record("not exited: \(adopted)")
                return
            }
            #expect(report.cause == .keeperLost)
            #expect(adopted.first?.run == run)
            await eventually("nothing of the tree is left") {
                !isAlive(identity.pid) && !isAlive(child)
            }
        }
    }

    @Test(.survives(.zygoteKilled, "supervisor alone")) func aKilledZygoteTouchesNoRunAndIsReplaced()
        async throws
    {
        try await withHost { host in
            let run = try await host.start(shell(sleeper))
            let identity = try await host.started(run)
            let zygote = try #require(host.supervisor.zygote.pid)
            kill(zygote, SIGKILL)
            await eventually("its death is noticed") { host.supervisor.zygote.pid == nil }
            let other = try await host.start(shell("exit 4"), index: 1)
            #expect(try await host.exited(other).cause == .exited(code: 4))
            #expect(isAlive(identity.pid))
            #expect(host.reports(of: run).isEmpty)
        }
    }

    @Test(.survives(.zygoteKilledAtStep, "with 40 starts queued", tries: 40))
    func startsThatAZygoteTakesToItsGraveHappenOnce() async throws {
        let count = 40
        try await withHost { host in
            let marks = "\(host.base)/marks"
            mkdir(marks, 0o755)
            let zygote = try #require(host.supervisor.zygote.pid)
            try await withThrowingTaskGroup(of: RunID.self) { group in
                for index in 0..<count {
                    group.addTask {
                        try await host.start(shell("echo >> \(marks)/\(index); exec sleep 600"), index: index)
                    }
                }
                group.addTask {
                    kill(zygote, SIGKILL)
                    return RunID(text: "")
                }
                for try await run in group where !run.text.isEmpty { try await host.started(run) }
            }
            // A run has started once its shell is there, which writes a moment later.
            await eventually("each has run") {
                (0..<count).allSatisfy { readFile("\(marks)/\($0)") == "\n" }
            }
        }
    }

    @Test(.survives(.pidReuse, "a record that names a stranger"))
    func aStrangerWithTheRunsPidIsNeverSignalled() async throws {
        try await withHost(controlGroups: .off) { host in
            let stranger = try await host.started(try await host.start(shell(sleeper, instance: "stranger")))
            // What is left of a run whose keeper was killed, and whose pid another process has got since.
            let slot = Slot(SlotID(instance: "web", index: 0), host.layout)
            let run = host.newRun()
            _ = try slot.openOutput()
            let directory = try slot.openDirectory()
            try slot.writeRecord(SlotRecord(run: run, bootID: stranger.bootID, memo: []), in: directory)
            let reused = ProcessIdentity(pid: stranger.pid, startTicks: stranger.startTime - 1)
            let identity = KeeperProtocol.RunIdentity(
                runID: run.text, bootID: stranger.bootID, keeper: reused, child: reused, startedAtWall: 1,
                startedAtBoot: 1)
            let file = try Descriptor("\(slot.path)/id", O_WRONLY | O_CREAT, mode: 0o600)
            try file.writeAll(identity.record(), "id")
            host.drop()
            let adopted = try await host.open(controlGroups: .off)
            guard case .exited(let report)? = adopted.first(where: { $0.run == run })?.state else {
                Issue.record("not exited: \(adopted)")
                return
            }
            #expect(report.cause == .keeperLost)
            #expect(isAlive(stranger.pid))
        }
    }
}
