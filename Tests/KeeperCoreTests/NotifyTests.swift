import CLinux
import Glibc
import KeeperProtocol
import Testing

@testable import KeeperCore

@Suite struct NotifyMessageTests {
    private func message(_ text: String) -> NotifyMessage {
        Array(text.utf8).withUnsafeBytes { NotifyMessage($0) }
    }

    private func state(after texts: String..., at start: UInt64 = 1_000) -> NotifyState {
        var state = NotifyState()
        for (index, text) in texts.enumerated() { state.take(message(text), at: start + UInt64(index)) }
        return state
    }

    @Test func linesAreReadAsSystemdMeansThem() {
        let read = message("READY=1\nSTATUS=3 of 4\nMAINPID=77\nX_OWN=1\nWATCHDOG_USEC=20000000\n")
        #expect(read.isReady && read.status == "3 of 4" && read.namesMainPid)
        #expect(read.watchdogMicroseconds == 20_000_000 && !read.isHeartbeat && !read.isStopping)
        #expect(message("WATCHDOG=trigger").isTrigger && !message("WATCHDOG=trigger").isHeartbeat)
        #expect(message("FDSTORE=1\nFDNAME=a").storesDescriptors)
        #expect(message("FDSTORE=1\nFDNAME=a\nFDPOLL=0").watchesStored == false)
    }

    @Test(arguments: [
        "", "\n\n", "=", "READY", "READY=", "READY=0", "READY=11", "ready=1", "WATCHDOG_USEC=-1",
        "EXTEND_TIMEOUT_USEC=1e9", "WATCHDOG_USEC=99999999999999999999", "\0READY=1",
    ])
    func whatIsNoneOfThemSaysNothing(_ text: String) {
        #expect(message(text) == message(""))
    }

    @Test func reloadingEndsWithReadyAndStoppingEndsReadiness() {
        #expect(state(after: "READY=1", "RELOADING=1").isReloading)
        let reloaded = state(after: "READY=1", "RELOADING=1", "READY=1")
        #expect(reloaded.isReady && !reloaded.isReloading && reloaded.readyAt == 1_000)
        let stopping = state(after: "READY=1", "STOPPING=1")
        #expect(stopping.isStopping && !stopping.isReady)
    }

    @Test func timeIsOfTheMessageAndBounded() {
        let state = state(after: "WATCHDOG=1", "WATCHDOG=1", "EXTEND_TIMEOUT_USEC=999999999999999999")
        #expect(state.watchdogAt == 1_001)
        #expect(state.extendedUntil == 1_002 + KeeperBounds.extensionMax)
    }

    @Test func textIsOnePrintableLineWithinItsBound() {
        let text = state(after: "STATUS=a\u{1B}[31mb\u{202E}c\u{85}\t" + String(repeating: "é", count: 400))
            .status
        #expect(text.hasPrefix("a?[31mb?c??éé"))
        #expect(text.utf8.count <= 256 && text.utf8.count > 253 && text.hasSuffix("é"))
    }

    @Test func stateGoesOverTheWireWhole() throws {
        var state = state(
            after: "READY=1\nSTATUS=é", "WATCHDOG=1\nWATCHDOG_USEC=5", "RELOADING=1", "MAINPID=1")
        state.refusedMessages = 3
        state.unreadableMessages = 4
        state.isTriggered = true
        #expect(try KeeperMessage(decoding: KeeperMessage.notified(state).encoded()) == .notified(state))
        #expect(try KeeperMessage(decoding: KeeperMessage.notified(.init()).encoded()) == .notified(.init()))
    }

    @Test func aFloodIsReadAndToldWithinItsPace() {
        var pace = NotifyPace()
        let start: UInt64 = 1 << 40
        var read = 0
        while pace.mayRead(at: start) {
            pace.didRead(at: start)
            read += 1
        }
        #expect(read == KeeperBounds.notifyReadsMax)
        #expect(pace.deadline(at: start, hasNews: false) == start + KeeperBounds.notifyWindow)
        #expect(pace.mayRead(at: start + KeeperBounds.notifyWindow))
        let told = [0, 1, KeeperBounds.notifyTellPause].map { pace.mayTell(at: start + $0) }
        #expect(told == [true, false, true])
    }

    @Test func moreTimeIsGivenOnceAStepHasBegunAndNotForEver() {
        var stop = StopSequence([.signal(15, graceMilliseconds: 1000), .killTree], at: 0)
        stop.extend(until: 5 * KeeperBounds.second)
        let first = stop.advance(at: 0)
        #expect(first == .signal(15))
        stop.extend(until: 5 * KeeperBounds.second)
        #expect(stop.deadline == 5 * KeeperBounds.second)
        stop.extend(until: 2 * KeeperBounds.second)
        #expect(stop.deadline == 5 * KeeperBounds.second)
        stop.extend(until: .max)
        #expect(stop.deadline == KeeperBounds.second + KeeperBounds.stopExtensionMax)
        let last = stop.advance(at: stop.deadline)
        #expect(last == .killTree)
    }
}

/// Real runs that talk to their keeper.
@Suite struct NotifySocketTests {
    private static let preamble = """
        import os, socket, struct, sys, time, signal
        s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.connect(os.environ['NOTIFY_SOCKET'])
        def tell(text, *fds):
            s.sendmsg([text.encode()], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, struct.pack('%di' % len(fds), *fds))] if fds else [])

        """

    private func withRun(_ script: String, _ body: (TestAgent, TestRun, String) throws -> Void) rethrows {
        let agent = TestAgent()
        defer { agent.cleanUp() }
        let path = agent.directory + "/n.sock"
        let socket = clinux_unix_datagram()
        #expect(clinux_unix_bind(socket, path) == 0)
        var spec = LaunchSpec.python(Self.preamble + script)
        spec.environment = ["NOTIFY_SOCKET=\(path)", "OUT=\(agent.directory)", "PATH=/usr/bin:/bin"]
        let run = agent.start(spec, notify: socket)
        close(socket)
        run.waitUntilStarted()
        try body(agent, run, path)
    }

    /// Reads until the run has said what is looked for.
    @discardableResult
    private func state(
        of run: TestRun, _ condition: (NotifyState) -> Bool
    ) -> NotifyState? {
        while let message = run.next() {
            if case .notified(let state) = message, condition(state) { return state }
        }
        Issue.record("never said: \(run.messages)")
        return nil
    }

    @Test func whatARunSaysIsToldNowAndToTheNextAgent() {
        withRun("tell('READY=1\\nSTATUS=serving'); time.sleep(60)") { _, run, _ in
            let first = state(of: run) { $0.isReady }
            #expect(first?.status == "serving")
            #expect(run.connect())
            #expect(state(of: run) { _ in true } == first)
        }
    }

    @Test func anOrphanOfTheTreeIsHeardAndAStrangerIsNot() {
        let orphan = """
            if os.fork() == 0:
                os.setsid()
                if os.fork() == 0: time.sleep(0.05); tell('STATUS=from an orphan'); time.sleep(60)
                os._exit(0)
            os.wait(); time.sleep(60)
            """
        withRun(orphan) { _, run, path in
            let stranger = clinux_unix_datagram()
            defer { close(stranger) }
            #expect(clinux_unix_connect(stranger, path) == 0)
            #expect(clinux_send(stranger, "READY=1", 7, nil, 0, 0) == 7)
            let last = state(of: run) { !$0.status.isEmpty && $0.refusedMessages == 1 }
            #expect(last?.isReady == false)
        }
    }

    @Test func barriersAreAnsweredAndDescriptorsThatNobodyKeepsAreClosed() {
        let script = """
            a, b = os.pipe(); tell('BARRIER=1', b); os.close(b)
            c, d = os.pipe(); tell('FDSTORE=1\\nFDNAME=x', d); os.close(d)
            tell('STATUS=%d %d' % (len(os.read(a, 1)), len(os.read(c, 1)))); time.sleep(60)
            """
        withRun(script) { _, run, _ in
            #expect(state(of: run) { !$0.status.isEmpty }?.status == "0 0")
        }
    }

    @Test func whatIsTooLongOrHasTooManyDescriptorsIsCountedAndLeavesNothingOpen() {
        let script = """
            tell('STATUS=' + 'x' * 5000); tell('READY=1', *([0] * 100)); tell('STATUS=end'); time.sleep(60)
            """
        withRun(script) { _, run, _ in
            let last = state(of: run) { $0.status == "end" }
            #expect(last?.unreadableMessages == 2 && last?.isReady == false)
            // A child closes them, in its own time.
            let deadline = clinux_boottime_ns() + 60 * KeeperBounds.second
            while descriptorCount(of: run.keeper) >= 20, clinux_boottime_ns() < deadline { usleep(2000) }
            #expect(descriptorCount(of: run.keeper) < 20)
        }
    }

    /// A connection whose close waits for ten minutes for somebody who reads nothing.
    private static let lingering = """
        l = socket.socket(); l.bind(('127.0.0.1', 0)); l.listen()
        c = socket.create_connection(l.getsockname()); p, _ = l.accept()
        c.setblocking(False)
        try:
            while True: c.send(b'x' * 65536)
        except BlockingIOError: pass
        c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 600))

        """

    /// Sends it when the keeper has read enough for this moment, and closes its own copy first.
    @Test(arguments: ["STATUS=end", "FDSTORE=1", "BARRIER=1"])
    func aDescriptorThatIsSlowToCloseHoldsUpNobody(_ text: String) {
        let script = """
            for i in range(80): tell('STATUS=%d' % i)
            tell('\(text)', c.fileno()); c.close(); tell('READY=1'); time.sleep(600)
            """
        withRun(Self.lingering + script) { _, run, _ in
            state(of: run) { $0.isReady }
            run.send(.ping(token: 7))
            while let message = run.next() { if case .pong(7, _) = message { break } }
            #expect(run.messages.contains { if case .pong(7, _) = $0 { true } else { false } })
            run.send(.stop(steps: [.signal(SIGTERM, graceMilliseconds: 100), .killTree]))
            #expect(run.waitForExit()?.cause == .signaled(SIGTERM, coreDumped: false))
        }
    }

    /// What nobody has read yet when the run ends is closed with the socket.
    @Test func whatIsStillInTheSocketHoldsUpNoEnd() {
        let script = """
            tell('READY=1'); time.sleep(0.2)
            for i in range(64): tell('STATUS=%d' % i)
            tell('STATUS=end', c.fileno()); c.close(); os._exit(3)
            """
        withRun(Self.lingering + script) { _, run, _ in
            #expect(run.waitForExit()?.cause == .exited(code: 3))
            run.disconnect()
            let deadline = clinux_boottime_ns() + 60 * KeeperBounds.second
            while ProcessIdentity(of: run.keeper) != nil, clinux_boottime_ns() < deadline { usleep(2000) }
            #expect(ProcessIdentity(of: run.keeper) == nil, "the keeper is gone")
        }
    }

    @Test func aFloodSpinsNobody() {
        withRun("while True: tell('STATUS=%d' % time.monotonic_ns())") { agent, run, _ in
            state(of: run) { !$0.status.isEmpty }
            let before = processorTicks(of: run.keeper)
            let begin = clinux_boottime_ns()
            var told = 0
            while clinux_boottime_ns() < begin + 2 * KeeperBounds.second {
                if case .notified? = run.next(within: 0.2) { told += 1 }
            }
            let used = processorTicks(of: run.keeper) - before
            print("flood: \(told) told and \(used * 10) ms of processor in 2 s")
            #expect(told >= 2 && told <= 25)
            #expect(used <= 60)
            run.send(.stop(steps: [.killTree]))
            #expect(run.waitForExit() != nil)
        }
    }

    @Test func aRunThatStopsMayAskForMoreTime() {
        let script = """
            def end(*_):
                tell('STOPPING=1\\nEXTEND_TIMEOUT_USEC=20000000'); time.sleep(0.6); os._exit(7)
            signal.signal(signal.SIGTERM, end); tell('READY=1')
            while True: time.sleep(60)
            """
        withRun(script) { _, run, _ in
            state(of: run) { $0.isReady }
            run.send(.stop(steps: [.signal(SIGTERM, graceMilliseconds: 200), .killTree]))
            state(of: run) { $0.isStopping }
            #expect(run.waitForExit()?.cause == .exited(code: 7))
        }
    }

    private func descriptorCount(of pid: Int32) -> Int {
        guard let directory = opendir("/proc/\(pid)/fd") else { return -1 }
        defer { closedir(directory) }
        var count = 0
        while readdir(directory) != nil { count += 1 }
        return count
    }

    /// User and system time in ticks of 10 ms.
    private func processorTicks(of pid: Int32) -> Int {
        let fields = (readFile("/proc/\(pid)/stat") ?? "").split(separator: " ")
        return fields.count > 14 ? (Int(fields[13]) ?? 0) + (Int(fields[14]) ?? 0) : -1
    }
}
