import Manifests
import Reconciler
import TestKit
import Testing

@Suite("Schedules: runs side by side")
struct ScheduleConcurrencyTests {
    @Test func forbidSkipsWhileOneGoesOnAndSaysItInOneLine() {
        var host = Scheduled.host(Scheduled.every(.seconds(1)))
        host.advance(by: .seconds(10))
        #expect(host.nominals().count == 1)
        let forbidden = host.lines(of: "job").filter { $0.state == .forbidden }
        #expect(forbidden.count == 1)
        #expect(forbidden.first?.count == 9)
        #expect(forbidden.first?.reason == "Forbidden")
        host.exitAll()
        host.advance(by: .seconds(1))
        #expect(host.nominals().count == 2)
    }

    @Test func allowRunsSideBySideInSlotsOfTheirOwn() {
        var host = Scheduled.host(
            Scheduled.every(.seconds(1)) { $0.concurrency = ConcurrencyPolicy(policy: .allow, max: 3) })
        host.advance(by: .seconds(5))
        #expect(host.liveRuns.count == 3)
        #expect(Set(host.live.values.map(\.slot)).count == 3)
        #expect(host.lines(of: "job").contains { $0.reason == "TooManyRuns" && $0.count == 2 })
        host.exit(host.liveRuns[1])
        host.advance(by: .seconds(1))
        #expect(Set(host.live.values.map(\.slot.replica.index)) == [0, 1, 2])
    }

    @Test func replaceEndsTheOldOneFirst() {
        var host = Scheduled.host(
            Scheduled.every(.seconds(10)) { $0.concurrency = ConcurrencyPolicy(policy: .replace) })
        host.advance(by: .seconds(10))
        let first = host.liveRuns
        host.advance(by: .seconds(10))
        #expect(host.liveRuns.count == 1)
        #expect(host.liveRuns != first)
        #expect(host.history[first[0]]?.state == .replaced)
    }

    @Test func queueKeepsSoManyAndRunsThemInOrder() {
        var host = Scheduled.host(
            Scheduled.every(.seconds(1)) { $0.concurrency = ConcurrencyPolicy(policy: .queue, max: 2) })
        host.advance(by: .seconds(5))
        #expect(host.liveRuns.count == 1)
        #expect(host.states().filter { $0 == .queued }.count == 2)
        #expect(host.lines(of: "job").contains { $0.reason == "QueueFull" && $0.count == 2 })
        host.accept([])
        #expect(host.states().filter { $0 == .skipped }.count >= 2)
        #expect(host.liveRuns.count == 1)
        host.exitAll()
        #expect(host.states().contains(.succeeded))
    }
}

@Suite("Schedules: how runs end")
struct ScheduleEndTests {
    @Test func aFailureIsTriedAgainForTheSameTime() {
        var host = Scheduled.host(
            Scheduled.every(.seconds(3_600)) {
                $0.retries = RetryPolicy(max: 2, initial: .seconds(10), factor: 2, longest: .seconds(15))
            })
        host.advance(by: .seconds(3_600))
        host.exitAll(code: 1)
        #expect(host.liveRuns.isEmpty)
        #expect(host.states() == [.waiting])
        host.advance(by: .seconds(10))
        // The count of attempts and the pause survive the agent.
        host.exitAll(code: 1)
        host.killAgent()
        host.startAgent()
        host.advance(by: .seconds(14))
        #expect(host.liveRuns.isEmpty)
        host.advance(by: .seconds(1))
        host.exitAll(code: 1)
        #expect(host.starts(of: "job").map(\.attempt) == [1, 2, 3])
        #expect(Set(host.starts(of: "job").map(\.nominal)).count == 1)
        #expect(host.states() == [.failed])
        #expect(host.lines(of: "job").first?.attempts.count == 3)
        #expect(host.lines(of: "job").first?.reason == "ExitCode")
    }

    @Test func otherExitCodesMayBeGood() {
        var host = Scheduled.host(Scheduled.every(.seconds(10)) { $0.successExitCodes = [3] })
        host.advance(by: .seconds(10))
        host.exitAll(code: 3)
        host.advance(by: .seconds(10))
        host.exitAll(code: 4)
        #expect(host.states() == [.succeeded, .failed])
    }

    @Test func whatTakesTooLongIsEnded() {
        var host = Scheduled.host(
            Scheduled.every(.seconds(3_600)) {
                $0.timeout = .seconds(60)
                $0.retries = RetryPolicy(max: 1)
            })
        host.advance(by: .seconds(3_600 + 60))
        #expect(host.liveRuns.isEmpty)
        #expect(host.lines(of: "job").first?.reason == "TimedOut")
        host.advance(by: .seconds(10 + 60))
        #expect(host.states() == [.timedOut])
        #expect(host.starts(of: "job").count == 2)
    }

    @Test func aRemovedSchedulesRunGoesOnToItsEndWithinItsTimeout() {
        var host = Scheduled.host(Scheduled.every(.seconds(60)) { $0.timeout = .seconds(30) })
        host.advance(by: .seconds(60))
        host.accept([], revision: 2)
        #expect(host.liveRuns.count == 1)
        host.advance(by: .seconds(30))
        #expect(host.states() == [.timedOut])
        host.advance(by: .seconds(300))
        #expect(host.starts(of: "job").count == 1)
        // Declared anew: nothing of the past, and nothing twice.
        host.accept([Scheduled.every(.seconds(60))], revision: 3)
        #expect(host.starts(of: "job").count == 1)
        host.advance(by: .seconds(60))
        #expect(host.starts(of: "job").count == 2)
    }

    @Test func aHostThatCannotStartItIsWaitedFor() {
        var host = ScheduledHost()
        host.failure = HostFailure(code: "secret-missing", message: "no secret", remedy: "write it")
        host.accept([Scheduled.every(.seconds(3_600)) { $0.startingDeadline = .seconds(60) }])
        host.advance(by: .seconds(3_600 + 30))
        #expect(host.states() == [.waiting])
        host.failure = nil
        host.advance(by: .seconds(2))
        #expect(host.liveRuns.count == 1)
        host.exitAll()
        host.failure = HostFailure(code: "secret-missing", message: "no secret", remedy: "write it")
        host.killAgent()
        host.startAgent()
        host.advance(by: .seconds(3_600 + 32))
        #expect(host.states().last == .missed)
        #expect(host.lines(of: "job").last?.reason == "SecretMissing")
    }

    @Test func aDependencyIsWaitedForUntilTheDeadline() {
        var host = ScheduledHost()
        host.unmet = "db is not ready"
        host.accept([
            Scheduled.every(.seconds(3_600)) {
                $0.dependsOn = [Dependency(instance: "db")]
                $0.startingDeadline = .seconds(60)
            }
        ])
        host.advance(by: .seconds(3_600 + 59))
        #expect(host.lines(of: "job").map(\.reason) == ["DependencyNotReady"])
        host.unmet = nil
        host.turn()
        #expect(host.liveRuns.count == 1)
        host.exitAll()
        host.unmet = "db is not ready"
        host.advance(by: .seconds(3_601 + 60))
        #expect(host.states() == [.succeeded, .missed])
    }
}

@Suite("Schedules: what people want")
struct ScheduleWishTests {
    @Test func aNonceAsksForOneRunExactly() {
        var host = Scheduled.host(Scheduled.every(.seconds(86_400), nonce: "1"))
        #expect(host.starts(of: "job").isEmpty)
        host.accept([Scheduled.every(.seconds(86_400), nonce: "2")], revision: 2)
        #expect(host.starts(of: "job").count == 1)
        host.exitAll()
        // It was committed while no agent was there.
        host.killAgent()
        host.accept([Scheduled.every(.seconds(86_400), nonce: "3")], revision: 3)
        host.startAgent()
        #expect(host.starts(of: "job").count == 2)
        host.exitAll()
        host.killAgent()
        host.startAgent()
        #expect(host.starts(of: "job").count == 2)
        #expect(host.lines(of: "job").allSatisfy { $0.trigger == .nonce })
    }

    @Test func aNonceBeforeTheAgentsDeathIsAskedForOnce() {
        var host = Scheduled.host(Scheduled.every(.seconds(86_400), nonce: "1"))
        host.diesAfterCommit = true
        host.accept([Scheduled.every(.seconds(86_400), nonce: "2")], revision: 2)
        #expect(host.starts(of: "job").isEmpty)
        host.startAgent()
        #expect(host.starts(of: "job").count == 1)
        host.killAgent()
        host.startAgent()
        #expect(host.starts(of: "job").count == 1)
    }

    @Test func whatPassesWhileItIsSuspendedIsNotCaughtUp() {
        var host = Scheduled.host(Scheduled.every(.seconds(60)) { $0.suspend = true })
        host.advance(by: .seconds(301))
        #expect(host.starts(of: "job").isEmpty)
        host.accept([Scheduled.every(.seconds(60))], revision: 2)
        #expect(host.starts(of: "job").isEmpty)
        #expect(host.lines(of: "job").map(\.reason) == ["Suspended"])
        #expect(host.lines(of: "job").first?.count == 5)
        host.advance(by: .seconds(60))
        #expect(host.nominals().count == 1)
    }

    @Test func whatPassesWhileTheHostIsSuspendedObeysCatchUp() {
        var host = Scheduled.host(Scheduled.every(.seconds(60)))
        host.isHostSuspended = true
        host.advance(by: .seconds(301))
        #expect(host.starts(of: "job").isEmpty)
        host.isHostSuspended = false
        host.turn()
        #expect(host.nominals().count == 1)
        #expect(
            host.lines(of: "job").contains {
                $0.state == .missed && $0.reason == "HostSuspended" && $0.count == 4
            })
    }

    @Test func outsideItsWindowItWaitsForTheOpening() {
        var host = ScheduledHost()
        let opening = WallTime(nanoseconds: host.clock.wall.nanoseconds + 600_000_000_000)
        host.window = { _, now in now < opening ? .closed(opensAt: opening) : .open(until: opening) }
        host.accept([
            Scheduled.every(.seconds(60)) {
                $0.window = RunWindow(from: 60, to: 120)
                $0.catchUp.policy = .none
            }
        ])
        host.advance(by: .seconds(599))
        #expect(host.history.isEmpty)
        host.advance(by: .seconds(1))
        // What is due at the opening itself is on time.
        #expect(host.nominals() == [opening])
        #expect(host.lines(of: "job").first?.reason == "WindowClosed")
        #expect(host.lines(of: "job").first?.count == 9)
    }

    @Test func eventsAskForRunsAndAreOneWhereTheyAreMany() {
        let job = Scheduled.every(.seconds(1)) { $0.trigger = .event(.instance("web", phase: .crashed)) }
        var host = Scheduled.host(job)
        host.heard([InstanceHappening("web", .ready), InstanceHappening("db", .crashed)])
        #expect(host.starts(of: "job").isEmpty)
        for _ in 0..<100 { host.heard([InstanceHappening("web", .crashed)]) }
        host.exitAll()
        #expect(host.starts(of: "job").count == 1)
        host.advance(by: .seconds(2))
        #expect(host.starts(of: "job").count == 2)
        #expect(host.lines(of: "job").allSatisfy { $0.trigger == .event })
    }

    @Test func aChainFiresAndALoopIsBounded() {
        let first = Scheduled.every(.seconds(10), "first")
        let second = Scheduled.every(.seconds(10), "second") {
            $0.trigger = .event(.schedule("first", outcome: .failed))
        }
        let ping = Scheduled.every(.seconds(10), "ping", nonce: "1") {
            $0.trigger = .event(.schedule("pong", outcome: .ended))
        }
        let pong = Scheduled.every(.seconds(10), "pong") {
            $0.trigger = .event(.schedule("ping", outcome: .ended))
        }
        var host = Scheduled.host(first, second, ping, pong)
        host.advance(by: .seconds(10))
        host.exitAll()
        #expect(host.starts(of: "second").isEmpty)
        host.advance(by: .seconds(10))
        host.exitAll(code: 1)
        #expect(host.starts(of: "second").count == 1)
        host.exitAll()
        var again = ping
        again.runNonce = "2"
        host.accept([first, second, again, pong], revision: 2)
        host.run(for: .seconds(5), step: .milliseconds(10))
        #expect((1...6).contains(host.starts(of: "ping").count))
        #expect((1...6).contains(host.starts(of: "pong").count))
    }

    @Test func signalsAndRestartsAreRunsToo() {
        let signal = Scheduled.every(.seconds(10), "hup") {
            $0.action = .signal(instance: "web", signal: .term)
        }
        let restart = Scheduled.every(.seconds(10), "nightly") { $0.action = .restart(instance: "web") }
        let none = Scheduled.every(.seconds(10), "none") {
            $0.action = .signal(instance: "nobody", signal: .term)
        }
        var host = Scheduled.host(signal, restart, none)
        host.advance(by: .seconds(10))
        #expect(host.signals.count == 1)
        #expect(host.restarts.count == 1)
        #expect(host.states("hup") == [.succeeded])
        #expect(host.states("nightly") == [.succeeded])
        #expect(host.lines(of: "none").map(\.reason) == ["NoReplica"])
    }
}
