import CLinux
import Glibc
import KeeperProtocol
import Manifests
import Reconciler
import TestKit
import Testing

@testable import Supervisor

@Suite struct AdoptionTests {
    @Test func aRunOutlivesTheAgentAndKeepsItsPidAndItsExitCode() async throws {
        try await withHost { host in
            let file = "\(host.base)/go"
            let run = try await host.start(
                shell("while [ ! -e \(file) ]; do sleep 0.02; done; exit 42"), memo: [1, 2, 3])
            let before = try await host.started(run)
            host.drop()
            let adopted = try await host.open()
            #expect(adopted.count == 1)
            #expect(adopted.first?.run == run)
            #expect(adopted.first?.memo == [1, 2, 3])
            guard case .live(let identity)? = adopted.first?.state else {
                Issue.record("not live: \(adopted)")
                return
            }
            #expect(identity == before)
            writeFile(file, "")
            #expect(try await host.exited(run).cause == .exited(code: 42))
        }
    }

    @Test(.survives(.exitWhileAway, "supervisor alone")) func anExitWhileTheAgentIsGoneIsKnownAfter()
        async throws
    {
        try await withHost { host in
            let file = "\(host.base)/go"
            let run = try await host.start(shell("while [ ! -e \(file) ]; do sleep 0.02; done; exit 42"))
            let keeper = try await host.started(run).keeperPID
            host.drop()
            writeFile(file, "")
            // Without anybody to acknowledge it the keeper brings its record to the disk and goes.
            await eventually("the keeper goes") { !isAlive(keeper) }
            let adopted = try await host.open()
            guard case .exited(let report)? = adopted.first?.state else {
                Issue.record("not exited: \(adopted)")
                return
            }
            #expect(report.cause == .exited(code: 42))
            #expect(report.startedWall != nil)
            await host.supervisor.acknowledge(run)
            host.drop()
            #expect(try await host.open().isEmpty)
        }
    }

    @Test func anAcknowledgedRunIsNotToldAgain() async throws {
        try await withHost { host in
            _ = try await host.runToEnd("exit 0")
            host.drop()
            #expect(try await host.open().isEmpty)
        }
    }

    @Test func aClaimThatWasNeverHandedOverIsToldApart() async throws {
        try await withHost { host in
            let slot = Slot(SlotID(instance: "web", index: 0), host.layout)
            let run = host.newRun()
            let boot = try #require(BootID.current)
            _ = try slot.openOutput()
            let directory = try slot.openDirectory()
            try slot.writeRecord(SlotRecord(run: run, bootID: boot, memo: []), in: directory)
            host.drop()
            guard case .exited(let report)? = try await host.open().first?.state else {
                Issue.record("not exited")
                return
            }
            #expect(report.cause == .neverHandedOver)
        }
    }

    @Test(.survives(.reboot, "supervisor alone")) func aRunOfAnEarlierBootWasLostByTheReboot() async throws {
        try await withHost { host in
            let slot = Slot(SlotID(instance: "web", index: 0), host.layout)
            _ = try slot.openOutput()
            let directory = try slot.openDirectory()
            let record = SlotRecord(run: host.newRun(), bootID: "another-boot", memo: [9])
            try slot.writeRecord(record, in: directory)
            host.drop()
            let adopted = try await host.open()
            guard case .exited(let report)? = adopted.first?.state else {
                Issue.record("not exited")
                return
            }
            #expect(report.cause == .rebooted)
            #expect(adopted.first?.memo == [9])
        }
    }

    @Test(.survives(.runtimeWiped, "supervisor alone"))
    func aWipedRuntimeDirectoryMakesARunUnknownUntilItEnds() async throws {
        try await withHost { host in
            let file = "\(host.base)/go"
            let run = try await host.start(shell("while [ ! -e \(file) ]; do sleep 0.02; done; exit 5"))
            let identity = try await host.started(run)
            host.drop()
            DirectoryTree.remove(host.runtimeDir)
            let adopted = try await host.open()
            guard case .unknown? = adopted.first?.state else {
                Issue.record("not unknown: \(adopted)")
                return
            }
            // Never doubled.
            await #expect(throws: StartError.self) { try await host.start(shell(sleeper)) }
            #expect(isAlive(identity.pid))
            writeFile(file, "")
            #expect(try await host.exited(run).cause == .exited(code: 5))
            await host.supervisor.acknowledge(run)
            let report = try await host.runToEnd("exit 6")
            #expect(report.cause == .exited(code: 6))
        }
    }

    @Test(.survives(.stateTrouble, "a slot's record torn")) func aTornRecordOfASlotHidesNoOther() async throws
    {
        try await withHost { host in
            let run = try await host.start(shell(sleeper), index: 1)
            try await host.started(run)
            _ = try Slot(SlotID(instance: "web", index: 0), host.layout).openOutput()
            writeFile("\(host.layout.slot(SlotID(instance: "web", index: 0)))/spec", "PLUMBRUN\u{1}")
            host.drop()
            #expect(try await host.open().map(\.run) == [run])
        }
    }

    @Test func manyRunsAreAdoptedQuickly() async throws {
        let count = 200
        try await withHost { host in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for index in 0..<count {
                    group.addTask { try await host.start(shell(sleeper), index: index) }
                }
                try await group.waitForAll()
            }
            await eventually("all run", within: .seconds(30)) {
                host.events.count { if case .started = $0 { true } else { false } } == count
            }
            host.drop()
            let begun = Instant.current
            let adopted = try await host.open()
            print("\(count) runs adopted in \(Instant.current - begun)")
            let live = adopted.count { if case .live = $0.state { true } else { false } }
            #expect(live == count)
        }
    }
}
