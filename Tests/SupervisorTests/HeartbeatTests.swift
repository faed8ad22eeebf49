import CLinux
import Glibc
import Manifests
import Reconciler
import Synchronization
import Testing

@testable import Supervisor

/// What heartbeats, and their absence, add up to. No clock runs here.
@Suite struct HeartbeatTimelineTests {
    private func at(_ seconds: Double) -> Instant { Instant(nanoseconds: Int64(seconds * 1e9)) }
    private func crossings(
        _ timeline: inout HeartbeatTimeline, _ looks: [(Double, Heartbeat)]
    ) -> [Bool?] {
        looks.map { timeline.look(at: $0.1, now: at($0.0)).crossed }
    }

    @Test func startupPassesAtReadyAndFailsAtItsTime() {
        var timeline = HeartbeatTimeline(.startup, ttl: .seconds(5), start: at(100))
        let silent = Heartbeat()
        #expect(timeline.look(at: silent, now: at(100)).due == at(105))
        #expect(timeline.look(at: silent, now: at(104)).crossed == nil)
        let failed = timeline.look(at: silent, now: at(105))
        #expect(failed.crossed == false && failed.detail == "no READY=1 within 5s")
        var passing = HeartbeatTimeline(.startup, ttl: nil, start: at(100))
        #expect(passing.look(at: silent, now: at(100)).due == at(190))
        #expect(passing.look(at: Heartbeat(isReady: true, readyAt: at(101)), now: at(101)).crossed == true)
    }

    @Test func aProgramThatStartsMayAskForMoreTime() {
        var timeline = HeartbeatTimeline(.startup, ttl: .seconds(5), start: at(100))
        let asking = Heartbeat(extendedUntil: at(120))
        #expect(timeline.look(at: asking, now: at(104)).due == at(120))
        #expect(timeline.look(at: asking, now: at(120)).crossed == false)
    }

    @Test func readinessIsBetweenReadyAndReloadingOrStopping() {
        var timeline = HeartbeatTimeline(.readiness, ttl: nil, start: at(0))
        let ready = Heartbeat(isReady: true, readyAt: at(1))
        var reloading = ready
        reloading.isReloading = true
        let stopping = Heartbeat(isStopping: true, readyAt: at(1))
        let seen = crossings(
            &timeline,
            [(0, Heartbeat()), (1, ready), (2, reloading), (3, ready), (900, ready), (901, stopping)])
        #expect(seen == [nil, true, false, true, nil, false])
    }

    @Test func livenessFailsOnceNoBeatCameInTime() {
        var timeline = HeartbeatTimeline(.liveness, ttl: .seconds(10), start: at(100))
        func beat(_ seconds: Double) -> Heartbeat {
            Heartbeat(isReady: true, readyAt: at(100), beatAt: at(seconds))
        }
        #expect(timeline.look(at: Heartbeat(), now: at(100)).due == at(110))
        #expect(timeline.look(at: beat(105), now: at(105)).due == at(115))
        let failed = timeline.look(at: beat(105), now: at(115))
        #expect(failed.crossed == false && failed.detail == "no WATCHDOG=1 for 10s, 10s at most")
        #expect(timeline.look(at: beat(116), now: at(116)).crossed == true)
        var triggered = beat(117)
        triggered.isTriggered = true
        #expect(timeline.look(at: triggered, now: at(117)).detail == "it said WATCHDOG=trigger")
    }

    @Test func aProgramMayAskForAnotherTimeAndForMoreOfIt() {
        var timeline = HeartbeatTimeline(.liveness, ttl: .seconds(10), start: at(0))
        var beat = Heartbeat(beatAt: at(5), asked: .seconds(2))
        #expect(timeline.look(at: beat, now: at(5)).due == at(7))
        beat.asked = .microseconds(1)
        #expect(timeline.look(at: beat, now: at(5)).due == at(5.1))
        beat.extendedUntil = at(60)
        #expect(timeline.look(at: beat, now: at(6)).due == at(60))
    }

    @Test func whatNobodyCouldLookAtIsNotCountedAgainstTheRun() {
        var timeline = HeartbeatTimeline(.liveness, ttl: .seconds(10), start: at(0))
        let beat = Heartbeat(beatAt: at(5))
        #expect(timeline.look(at: beat, now: at(5)).due == at(15))
        // A little late: as much again.
        let stood = timeline.look(at: beat, now: at(17))
        #expect(stood.crossed == nil && stood.due == at(19))
        // The host slept for an hour: the timer came late by as much.
        let late = timeline.look(at: beat, now: at(3600))
        #expect(late.crossed == nil && late.due == at(3610))
        #expect(timeline.look(at: beat, now: at(3610)).crossed == false)
    }

    @Test func aNewAgentCountsTheBeatsThatItsKeeperHeard() {
        var silent = HeartbeatTimeline(.liveness, ttl: .seconds(10), start: at(0))
        #expect(silent.look(at: Heartbeat(readyAt: at(1), beatAt: at(50)), now: at(300)).crossed == false)
        var beating = HeartbeatTimeline(.liveness, ttl: .seconds(10), start: at(0))
        #expect(beating.look(at: Heartbeat(readyAt: at(1), beatAt: at(295)), now: at(300)).crossed == true)
    }
}

/// Real runs that say how they are.
@Suite struct HeartbeatTests {
    static let preamble = """
        import os, signal, socket, sys, time
        s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        def tell(text): s.sendto(text.encode(), os.environ['NOTIFY_SOCKET'])

        """

    private func talker(_ script: String, health: Health) -> InstanceSpec {
        spec(
            ProcessSpec(command: "/usr/bin/python3", args: ["-uc", Self.preamble + script], notify: true),
            health: health)
    }

    private func heartbeat(_ ttl: Duration? = nil) -> Probe { Probe(check: .heartbeat(ttl: ttl)) }

    private func notices(_ host: TestHost, _ run: RunID) -> [RunNotice] {
        host.events.compactMap { if case .notified(run, let notice) = $0 { notice } else { nil } }
    }

    @Test func readyAndItsTextAreTold() async throws {
        try await withHost { host in
            let health = Health(
                startup: heartbeat(), readiness: heartbeat(), liveness: heartbeat(.seconds(20)))
            let script = """
                go = os.environ['PLUMB_WORKSPACE_DIR'] + '/go'
                while not os.path.exists(go): time.sleep(0.01)
                tell('READY=1\\nSTATUS=limit ' + os.environ['WATCHDOG_USEC']); signal.pause()
                """
            let run = try await host.start(talker(script, health: health))
            try await host.started(run)
            #expect(host.probeChanges(of: run).isEmpty)
            writeFile(
                "\(host.supervisor.layout.replica(ReplicaID(instance: "web", index: 0)))/workspace/go", "")
            await eventually("it is ready") { host.probeChanges(of: run).contains { $0.kind == .readiness } }
            // Startup gates the others, whose order is not promised.
            #expect(host.probeChanges(of: run).first?.kind == .startup)
            await eventually("its text is told") { notices(host, run).last?.status == "limit 20000000" }
            let path = host.supervisor.notifySockets.path(of: run)
            #expect(access(path, F_OK) == 0)
            host.supervisor.stop(run, policy: StopPolicy(grace: .milliseconds(100)))
            try await host.exited(run)
            await eventually("its socket is gone") { access(path, F_OK) != 0 }
        }
    }

    @Test func aRunThatStopsBeatingFailsAndItsLastWordsCountAcrossAgents() async throws {
        try await withHost { host in
            let health = Health(startup: heartbeat(), liveness: heartbeat(.seconds(4)))
            let script = """
                quiet = os.environ['PLUMB_WORKSPACE_DIR'] + '/quiet'
                tell('READY=1\\nWATCHDOG=1')
                while not os.path.exists(quiet): tell('WATCHDOG=1'); time.sleep(0.1)
                signal.pause()
                """
            let spec = talker(script, health: health)
            let run = try await host.start(spec)
            await eventually("it is alive") {
                host.probeChanges(of: run).contains { $0.kind == .liveness && $0.passing }
            }
            host.drop()
            try await host.open()
            try await host.supervisor.update(run, spec: spec, reload: false, isStartupPassed: true)
            await eventually("it is alive for the new agent") {
                host.probeChanges(of: run).contains { $0.kind == .liveness && $0.passing }
            }
            #expect(!host.probeChanges(of: run).contains { $0.kind == .startup && !$0.passing })
            let replica = host.supervisor.layout.replica(ReplicaID(instance: "web", index: 0))
            writeFile("\(replica)/workspace/quiet", "")
            await eventually("it is given up") {
                guard let last = host.probeChanges(of: run).last else { return false }
                return !last.passing && last.detail.contains("no WATCHDOG=1 for")
            }
        }
    }

    @Test func anAgentThatStoodStillPassesNoVerdictOnOldWords() async throws {
        try await withHost { host in
            let health = Health(liveness: heartbeat(.seconds(2)))
            let script = """
                count = 0
                while True: tell('WATCHDOG=1\\nSTATUS=%d' % count); count += 1; time.sleep(0.1)
                """
            let run = try await host.start(talker(script, health: health))
            await eventually("it is alive") { host.probeChanges(of: run).contains { $0.passing } }
            for _ in 0..<2 {
                // What its keeper tells is not heard until after the time at which it had to be told.
                let bell = clinux_eventfd()
                let isOver = Mutex(false)
                let token = try host.supervisor.loop.add(bell) { _ in
                    guard !isOver.withLock({ $0 }) else { return }
                    usleep(2_700_000)
                    isOver.withLock { $0 = true }
                }
                let before = notices(host, run).last
                var one: UInt64 = 1
                #expect(write(bell, &one, 8) == 8)
                await eventually("the stand is over") { isOver.withLock { $0 } }
                host.supervisor.loop.remove(token)
                close(bell)
                await eventually("it is heard again") { notices(host, run).last != before }
            }
            let failures = host.probeChanges(of: run).filter { !$0.passing }
            #expect(failures.isEmpty, "\(failures)")
        }
    }

    @Test func aPathThatNoSocketCanHaveIsRefusedBeforeAnythingIsStarted() async throws {
        let sockets = NotifySockets(directory: "/run/" + String(repeating: "x", count: 100))
        let failure = #expect(throws: PreparationFailure.self) { try sockets.check(RunID(text: "01")) }
        #expect(failure?.message.contains("107 is the most") == true)
    }
}
