import Manifests
import Reconciler
import TestKit
import Testing

@Suite("Schedules: claims and the agent's death")
struct ScheduleClaimTests {
    @Test func anAgentThatDiesBeforeItsClaimIsDurableLosesNothing() {
        var host = Scheduled.host(Scheduled.every(.seconds(10)))
        host.diesBeforeCommit = true
        host.advance(by: .seconds(10))
        #expect(host.starts(of: "job").isEmpty)
        host.startAgent()
        #expect(host.nominals().count == 1)
    }

    @Test func aClaimWithoutAProcessIsStartedInTheSameBoot() {
        var host = Scheduled.host(Scheduled.every(.seconds(10)))
        host.diesAfterCommit = true
        host.advance(by: .seconds(10))
        #expect(host.starts(of: "job").isEmpty)
        host.startAgent()
        #expect(host.nominals().count == 1)
        host.exitAll()
        #expect(host.states() == [.succeeded])
    }

    @Test func aClaimWithoutAProcessIsLostWithTheBootAndSaysSo() {
        var host = Scheduled.host(Scheduled.every(.seconds(3_600)))
        host.diesAfterCommit = true
        host.advance(by: .seconds(3_600))
        host.reboot()
        host.startAgent(isSameBoot: false)
        host.advance(by: .seconds(60))
        #expect(host.starts(of: "job").isEmpty)
        #expect(host.states() == [.lost])
        #expect(host.lines(of: "job").first?.reason == "NeverStarted")
        #expect(host.events.contains { $0.kind == .scheduleLost })
    }

    @Test func aRunOutlivesTheAgentAndIsNotDoubled() {
        var host = Scheduled.host(Scheduled.every(.seconds(10)))
        host.advance(by: .seconds(10))
        let run = host.liveRuns
        host.killAgent()
        host.startAgent()
        #expect(host.liveRuns == run)
        #expect(host.starts(of: "job").count == 1)
        host.killAgent()
        host.exit(run[0], code: 7)
        host.startAgent()
        let record = host.history[run[0]]
        #expect(record?.state == .failed)
        #expect(record?.attempts.first?.exit?.cause == .exited(code: 7))
        #expect(host.starts(of: "job").count == 1)
    }

    @Test func withoutItsMemoryCursorsStartNowAndRunsAreKnownByTheirSlots() {
        var host = Scheduled.host(Scheduled.every(.seconds(60), nonce: "5"))
        host.advance(by: .seconds(60))
        let run = host.liveRuns
        host.killAgent()
        host.advance(by: .seconds(600))
        host.startAgent(losingStore: true)
        #expect(host.liveRuns == run)
        #expect(host.starts(of: "job").count == 1)
        host.exitAll()
        #expect(host.history[run[0]]?.state == .succeeded)
        host.advance(by: .seconds(60))
        #expect(host.starts(of: "job").count == 2)
    }

    @Test func aRefusedStartIsNoAttempt() {
        var host = Scheduled.host(Scheduled.every(.seconds(3_600)))
        host.advance(by: .seconds(3_600))
        let run = host.liveRuns[0]
        host.refuse(run, HostFailure(code: "no", message: "no", remedy: "yes"))
        #expect(host.states() == [.waiting])
        host.advance(by: .seconds(5))
        #expect(host.starts(of: "job").map(\.attempt) == [1, 1])
        #expect(host.liveRuns != [run])
        #expect(host.lines(of: "job").first?.attempts.count == 1)
    }
}
