import Manifests
import Reconciler
import TestKit
import Testing

@Suite("Schedules: what is due")
struct ScheduleDueTests {
    @Test func aSecondlyScheduleRunsOnceForEachSecond() {
        var host = Scheduled.host(Scheduled.every(.seconds(1)))
        host.run(for: .seconds(10))
        #expect(host.nominals().count == 10)
        #expect(Set(host.nominals()).count == 10)
        #expect(host.starts(of: "job").allSatisfy { $0.at == $0.nominal })
        #expect(host.states().allSatisfy { $0 == .succeeded })
    }

    @Test func nothingFiresForThePastOfANewSchedule() {
        var host = ScheduledHost()
        host.advance(by: .seconds(7_200))
        host.accept([Scheduled.every(.seconds(3_600))])
        #expect(host.starts(of: "job").isEmpty)
        host.advance(by: .seconds(3_599))
        #expect(host.starts(of: "job").isEmpty)
        host.advance(by: .seconds(1))
        #expect(host.nominals().count == 1)
    }

    @Test func anotherTriggerFiresForNothingThatPassed() {
        var host = Scheduled.host(Scheduled.every(.seconds(86_400)))
        host.advance(by: .seconds(3_650))
        host.accept([Scheduled.every(.seconds(60))], revision: 2)
        #expect(host.starts(of: "job").isEmpty)
        host.advance(by: .seconds(10))
        #expect(host.nominals().count == 1)
    }

    @Test(arguments: [
        (CatchUpPolicy.Policy.none, 0), (.last, 1), (.all, 5),
    ])
    func whatPassedWhileNoAgentWasThere(policy: CatchUpPolicy.Policy, runs: Int) {
        var host = Scheduled.host(
            Scheduled.every(.seconds(60)) { $0.catchUp = CatchUpPolicy(policy: policy, max: 100) })
        host.killAgent()
        host.advance(by: .seconds(301))
        host.startAgent()
        host.run(for: .seconds(2))
        #expect(host.nominals().count == runs)
        #expect(host.starts(of: "job").allSatisfy { $0.nominal < $0.at })
        let missed = host.lines(of: "job").filter { $0.state == .missed }
        #expect(missed.reduce(0) { $0 + ($1.count ?? 1) } == 5 - runs)
        #expect(missed.allSatisfy { $0.reason == "Missed" })
        // What comes next comes at its time.
        host.run(for: .seconds(60))
        #expect(host.nominals().count == runs + 1)
    }

    @Test func ofWhatIsCaughtUpTheNewestAreTaken() {
        var host = Scheduled.host(
            Scheduled.every(.seconds(60)) { $0.catchUp = CatchUpPolicy(policy: .all, max: 2) })
        host.killAgent()
        host.advance(by: .seconds(601))
        let now = host.clock.wall
        host.startAgent()
        host.run(for: .seconds(2))
        #expect(host.nominals().map { now.nanoseconds - $0.nanoseconds } == [61_000_000_000, 1_000_000_000])
        let missed = host.lines(of: "job").filter { $0.state == .missed }
        #expect(missed.first?.count == 8)
        #expect(missed.first?.reason == "CatchUpBound")
    }

    @Test func tenYearsOfSecondsAreOneLine() {
        var host = Scheduled.host(Scheduled.every(.seconds(1)))
        host.run(for: .seconds(2))
        host.killAgent()
        host.advance(by: .seconds(315_360_000))
        let begin = ContinuousClock.now
        host.startAgent()
        #expect(ContinuousClock.now - begin < .seconds(5))
        host.exitAll()
        let missed = host.lines(of: "job").filter { $0.state == .missed }
        #expect(missed.count == 1)
        #expect(missed.first?.count == 10_000)
        #expect(host.nominals().count == 3)
    }

    @Test func aStartThatWouldBeTooLateIsNotMade() {
        var host = Scheduled.host(Scheduled.every(.seconds(3_600)) { $0.startingDeadline = .seconds(600) })
        host.killAgent()
        host.advance(by: .seconds(3_600 + 601))
        host.startAgent()
        #expect(host.starts(of: "job").isEmpty)
        #expect(host.lines(of: "job").map(\.reason) == ["DeadlinePassed"])
        host.killAgent()
        host.advance(by: .seconds(3_600 - 2))
        host.startAgent()
        #expect(host.nominals().count == 1)
    }

    @Test func aHostThatSleptIsCaughtUpLikeAnAgentThatWasAway() {
        var host = Scheduled.host(Scheduled.every(.seconds(60)) { $0.catchUp.policy = .none })
        host.sleep(.seconds(335))
        #expect(host.starts(of: "job").isEmpty)
        #expect(host.lines(of: "job").map(\.reason) == ["HostBusy"])
        #expect(host.lines(of: "job").first?.count == 5)
    }

    @Test func jitterPutsOffAndLosesNothing() {
        var host = Scheduled.host(Scheduled.every(.seconds(60)) { $0.jitter = .seconds(30) })
        host.run(for: .seconds(600), step: .seconds(1))
        #expect(host.nominals().count >= 9)
        #expect(Set(host.nominals()).count == host.nominals().count)
        #expect(
            host.starts(of: "job").allSatisfy { $0.at.nanoseconds - $0.nominal.nanoseconds < 30_000_000_000 })
        #expect(host.starts(of: "job").contains { $0.at > $0.nominal })
        #expect(host.lines(of: "job").contains { $0.due != nil })
    }

    @Test func anUnknownZoneIsSaidAndFiresNothing() {
        var host = Scheduled.host(Scheduled.every(.seconds(1)) { $0.timezone = "Nowhere" })
        host.advance(by: .seconds(5))
        #expect(host.starts(of: "job").isEmpty)
        #expect(host.schedules.troubles["job"]?.contains("Nowhere") == true)
    }

    @Test func anotherNodesScheduleDoesNotFire() {
        var host = Scheduled.host(Scheduled.every(.seconds(1)) { $0.assigned = false })
        host.advance(by: .seconds(5))
        #expect(host.history.isEmpty)
        host.accept([Scheduled.every(.seconds(1))], revision: 2)
        #expect(host.starts(of: "job").isEmpty)
        host.advance(by: .seconds(1))
        #expect(host.nominals().count == 1)
    }
}

@Suite("Schedules: the clock is set")
struct ScheduleClockTests {
    @Test(arguments: [3_600, 315_360_000])
    func backAndNothingRunsTwice(seconds: Int) {
        var host = Scheduled.host(Scheduled.every(.seconds(10)))
        host.run(for: .seconds(100))
        let before = host.nominals()
        #expect(before.count == 10)
        host.setClock(by: .seconds(-50))
        host.run(for: .seconds(100))
        #expect(Set(host.nominals()).count == host.nominals().count)
        #expect(host.nominals().count == 15)
        // Much further: times that never ran do run.
        host.setClock(by: .seconds(-seconds))
        host.run(for: .seconds(100))
        #expect(Set(host.nominals()).count == host.nominals().count)
        #expect(host.nominals().count == 25)
    }

    @Test func forwardObeysCatchUp() {
        var host = Scheduled.host(Scheduled.every(.seconds(60)) { $0.catchUp.policy = .none })
        host.setClock(by: .seconds(3_590))
        #expect(host.starts(of: "job").isEmpty)
        #expect(host.lines(of: "job").map(\.reason) == ["ClockSetForward"])
        #expect(host.lines(of: "job").first?.count == 59)
        host.run(for: .seconds(60))
        #expect(host.nominals().count == 1)
    }

    @Test func tenYearsForwardAndBackMuteNothing() {
        var host = Scheduled.host(Scheduled.every(.seconds(60)))
        host.run(for: .seconds(120), step: .seconds(1))
        #expect(host.nominals().count == 2)
        host.setClock(by: .seconds(315_360_000))
        host.run(for: .seconds(30), step: .seconds(1))
        // The newest of ten years.
        #expect(host.nominals().count == 3)
        host.setClock(by: .seconds(-315_360_000))
        host.run(for: .seconds(300), step: .seconds(1))
        #expect(host.nominals().count == 8)
        #expect(Set(host.nominals()).count == 8)
    }

    @Test func backWhileTheAgentIsAway() {
        var host = Scheduled.host(Scheduled.every(.seconds(10)))
        host.run(for: .seconds(100))
        host.killAgent()
        host.setClock(by: .seconds(-55))
        host.startAgent()
        host.run(for: .seconds(100))
        #expect(Set(host.nominals()).count == host.nominals().count)
        #expect(host.nominals().count == 14 || host.nominals().count == 15)
    }

    @Test func aRunThatGoesOnIsNotTimedOutByIt() {
        var host = Scheduled.host(Scheduled.every(.seconds(3_600)) { $0.timeout = .seconds(60) })
        host.advance(by: .seconds(3_600))
        #expect(host.liveRuns.count == 1)
        host.setClock(by: .seconds(315_360_000))
        #expect(host.liveRuns.count == 1)
        host.advance(by: .seconds(60))
        #expect(host.liveRuns.isEmpty)
        #expect(host.states().contains(.timedOut))
    }

    @Test func spansStayFewWhateverTheClockDoes() {
        var times = DecidedTimes()
        for index in 0..<10_000 {
            let nominal = WallTime(nanoseconds: Int64(index) * 3)
            times.add(nominal, after: WallTime(nanoseconds: nominal.nanoseconds - 1))
        }
        #expect(times.spans.count == DecidedTimes.spansMax)
        #expect(times.end(around: WallTime(nanoseconds: 29_997)) != nil)
        var steady = DecidedTimes()
        for index in 1..<10_000 {
            steady.add(WallTime(nanoseconds: Int64(index)), after: WallTime(nanoseconds: Int64(index) - 1))
        }
        #expect(steady.spans.count == 1)
    }
}
