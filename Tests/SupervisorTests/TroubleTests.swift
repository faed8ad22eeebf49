import Glibc
import Manifests
import Reconciler
import Testing

@testable import Supervisor

@Suite struct TroubleTests {
    @Test func aMissingKeeperProgramIsSaidAtOnce() async throws {
        let host = TestHost(keeper: "/does/not/exist/plumb-keeper")
        await #expect(throws: SupervisorError.self) { try await host.open() }
        await host.close()
    }

    @Test func aZygoteThatDiesAgainAndAgainFailsTheStartInBoundedTime() async throws {
        try await withHost(TestHost(keeper: "/bin/true")) { host in
            let begun = Instant.current
            do throws(StartError) {
                try await host.supervisor.start(host.request(shell(sleeper)))
                Issue.record("it started")
            } catch {
                #expect(error.isTransient)
            }
            #expect(Instant.current - begun < .seconds(10))
            #expect(host.events.isEmpty)
        }
    }

    @Test(arguments: [
        (EAGAIN, "RLIMIT_NPROC"), (EMFILE, "RLIMIT_NOFILE"), (ENFILE, "fs.file-max"), (ENOMEM, "memory"),
        (ETOOMANYREFS, "in flight"),
    ])
    func aStartThatMeetsALimitNamesIt(_ number: Int32, _ limit: String) {
        let error = StartError(
            SystemError("fork", "a keeper", number: number), slot: SlotID(instance: "web", index: 0))
        #expect(error.code == StartError.resources)
        #expect(error.isTransient)
        #expect(error.message.contains(limit))
    }

    @Test func aStopRightBehindAStartEndsTheRun() async throws {
        try await withHost { host in
            for _ in 0..<20 {
                let run = try await host.start(shell("trap '' TERM; sleep 600"))
                host.supervisor.stop(run, policy: StopPolicy(grace: .milliseconds(1)))
                try await host.exited(run)
                await host.supervisor.acknowledge(run)
            }
        }
    }

    @Test func aShutdownThatKeepsNothingEndsEveryRun() async throws {
        try await withHost { host in
            let run = try await host.start(shell(sleeper))
            let identity = try await host.started(run)
            await host.supervisor.shutdown(keepRuns: false)
            #expect(host.reports(of: run).count == 1)
            #expect(!isAlive(identity.pid))
        }
    }

    @Test func aSlotWithoutARunCanBeRemoved() async throws {
        try await withHost { host in
            let run = try await host.start(shell(sleeper))
            try await host.started(run)
            let slot = SlotID(instance: "web", index: 0)
            #expect(!host.supervisor.removeSlot(slot))
            host.supervisor.stop(run, policy: StopPolicy())
            try await host.exited(run)
            await host.supervisor.acknowledge(run)
            await eventually("the keeper goes") { host.supervisor.removeSlot(slot) }
            #expect(host.supervisor.removeReplicaDirectories(slot.replica))
            #expect(directoryNames(host.layout.slots).isEmpty)
            #expect(directoryNames(host.layout.instances).isEmpty)
        }
    }
}
