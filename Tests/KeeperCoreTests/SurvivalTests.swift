import CLinux
import Glibc
import KeeperProtocol
import TestKit
import Testing

@Suite(.serialized) struct SurvivalTests {
    let agent = TestAgent()

    @Test func aRunOutlivesItsAgentAndIsAdopted() throws {
        defer { agent.cleanUp() }
        let run = agent.start(.shell("trap 'exit 9' TERM; echo ready; while :; do sleep 0.01; done"))
        eventually("ready") { run.output() == "ready\n" }
        run.waitUntilStarted()
        let identity = try #require(run.identity)
        run.disconnect()
        agent.disconnect()
        clinux_wait(agent.zygote, 0, nil)
        #expect(run.isLocked)
        #expect(!isLocked(agent.directory + "/zygote.lock"))

        agent.startZygote()
        #expect(run.connect())
        #expect(run.next() == .identity(identity))
        #expect(run.next() == .started)
        #expect(isAlive(identity.child.pid))
        run.send(.stop(steps: nil))
        #expect(try #require(run.waitForExit()).cause == .exited(code: 9))
    }

    @Test(.survives(.exitWhileAway, "keeper alone")) func howARunEndedIsKnownAfterItsAgentIsBack() throws {
        defer { agent.cleanUp() }
        mkfifo(agent.directory + "/fifo", 0o600)
        let run = agent.start(.shell("read x < \(agent.directory)/fifo; exit 23"))
        run.waitUntilStarted()
        run.disconnect()
        agent.disconnect()
        writeFile(agent.directory + "/fifo", "go\n")
        eventually("the keeper goes by itself") { !run.isLocked }
        let record = try #require(run.exitRecord)
        #expect(record.runID == run.runID)
        #expect(record.cause == .exited(code: 23))
        #expect(!run.connect())
    }

    @Test func anAgentThatNeverAcknowledgesHoldsTheKeeperForABoundedTime() throws {
        defer { agent.cleanUp() }
        let run = agent.start(.shell("exit 1"))
        let record = try #require(run.waitForExit(acknowledge: false))
        #expect(run.isLocked)
        eventually("the keeper syncs and goes") { !run.isLocked }
        #expect(run.exitRecord == record)
    }

    @Test(.survives(.keeperKilled, "with a daemon")) func aKilledKeeperLeavesNothingOfItsTree() throws {
        defer { agent.cleanUp() }
        let file = agent.directory + "/pid"
        let run = agent.start(.shell(daemon(to: file) + "; echo $$; while :; do sleep 1; done"))
        eventually("the daemon runs") { readPid(file) != nil }
        run.waitUntilStarted()
        let daemon = try #require(readPid(file))
        let main = try #require(run.identity).child.pid
        kill(run.keeper, SIGKILL)
        eventually("the main process is dead") { !isAlive(main) }
        eventually("the daemon is dead") { !isAlive(daemon) }
        #expect(run.next() == nil)
        #expect(!run.isLocked)
        #expect(run.exitRecord == nil)
    }

    @Test(.survives(.keeperKilledAtStep, "at random moments of its start", tries: 60))
    func aKeeperKilledAtAnyMomentOfItsStartLeavesNothing() throws {
        defer { agent.cleanUp() }
        let seed = UInt64.random(in: 0...(.max))
        var random = SplitMix(state: seed)
        var executed = 0
        let tries = 60
        for number in 0..<tries {
            let file = "\(agent.directory)/pid-\(number)"
            let run = agent.start(.shell("echo $$ > \(file); exec sleep 300", runID: "run-\(number)"))
            usleep(UInt32.random(in: 0...10_000, using: &random))
            kill(run.keeper, SIGKILL)
            while run.next() != nil {}
            eventually("the lock is free") { !run.isLocked }
            #expect(run.exitRecord == nil)
            if let child = run.identityRecord?.child.pid { eventually("no child") { !isAlive(child) } }
            if let pid = readPid(file) {
                executed += 1
                eventually("the workload is dead") { !isAlive(pid) }
            }
        }
        print("keeper killed at \(tries) moments of its start, \(executed) after exec; seed \(seed)")
    }

    @Test func othersAreUntouchedWhenOneKeeperIsKilled() throws {
        defer { agent.cleanUp() }
        let victim = agent.start(.shell("sleep 300", runID: "a"), slot: "a")
        let other = agent.start(.shell("sleep 300 & sleep 300", runID: "b"), slot: "b")
        victim.waitUntilStarted()
        other.waitUntilStarted()
        kill(victim.keeper, SIGKILL)
        #expect(victim.next() == nil)
        // The zygote has looked for orphans when it serves the next request.
        let third = agent.start(.shell("exit 0", runID: "c"), slot: "c")
        _ = third.waitForExit()
        #expect(isAlive(try #require(other.identity).child.pid))
        other.send(.stop(steps: [.killTree]))
        _ = other.waitForExit()
    }

    @Test(.survives(.zygoteKilled, "keepers alone")) func aKilledZygoteTakesNoRunAlong() throws {
        defer { agent.cleanUp() }
        let run = agent.start(.shell("sleep 300"))
        run.waitUntilStarted()
        kill(agent.zygote, SIGKILL)
        clinux_wait(agent.zygote, 0, nil)
        #expect(agent.reply() == nil)
        agent.disconnect()
        agent.startZygote()
        let next = agent.start(.shell("exit 6", runID: "run-2"), slot: "web-1")
        #expect(try #require(next.waitForExit()).cause == .exited(code: 6))
        #expect(isAlive(try #require(run.identity).child.pid))
        run.send(.stop(steps: [.killTree]))
        #expect(run.waitForExit() != nil)
    }

    @Test(.survives(.zygoteKilledAtStep, "stopped with a queued start"))
    func aQueuedStartOfADeadAgentIsNotServed() throws {
        defer { agent.cleanUp() }
        // Served once, so that it is known to listen; then stopped, so that the next request stays queued.
        _ = agent.start(.shell("exit 0"), slot: "first").waitForExit()
        kill(agent.zygote, SIGSTOP)
        let marker = agent.directory + "/marker"
        let run = agent.request(.shell("touch \(marker); sleep 300", runID: "queued"), slot: "queued")
        #expect(run.isLocked)
        agent.disconnect()
        kill(agent.zygote, SIGCONT)
        clinux_wait(agent.zygote, 0, nil)
        #expect(run.next() == nil)
        #expect(!run.isLocked)
        #expect(!exists(marker))
    }

    @Test func aSecondZygoteWaitsForTheLock() throws {
        defer { agent.cleanUp() }
        _ = agent.start(.shell("exit 0"), slot: "first").waitForExit()
        let first = agent.zygote
        let requests = clinux_fcntl(agent.requests, F_DUPFD_CLOEXEC, 0)
        agent.disconnect()
        agent.startZygote()
        let run = agent.request(.shell("exit 0", runID: "r"), slot: "second")
        #expect(run.next(within: 0.3) == nil)
        #expect(isAlive(first))
        close(requests)
        clinux_wait(first, 0, nil)
        #expect(agent.reply() != nil)
        #expect(run.waitForExit() != nil)
    }

    @Test(.survives(.runtimeWiped, "keeper alone")) func aWipedRuntimeDirectoryLeavesTheRunAndItsLock() throws
    {
        defer { agent.cleanUp() }
        let run = agent.start(.shell("sleep 300"))
        run.waitUntilStarted()
        unlink(run.socketPath)
        run.disconnect()
        #expect(!run.connect())
        #expect(run.isLocked)
        kill(run.keeper, SIGTERM)
        eventually("it ends") { !run.isLocked }
        #expect(run.exitRecord?.cause == .signaled(SIGTERM, coreDumped: false))
    }

    /// Needs root, to become somebody else.
    @Test(.enabled(if: geteuid() == 0, "needs root")) func anOrdinaryUserCanDoAllOfIt() throws {
        defer { agent.cleanUp() }
        let other = TestAgent(user: 65534)
        defer { other.cleanUp() }
        let file = other.directory + "/pid"
        let run = other.start(.shell(daemon(to: file) + "; id -u; while :; do sleep 1; done"))
        run.waitUntilStarted()
        eventually("the daemon runs") { readPid(file) != nil && run.output() == "65534\n" }
        #expect(run.connect())
        run.waitUntilStarted()
        run.send(.stop(steps: nil))
        let record = try #require(run.waitForExit())
        #expect(record.cause == .signaled(SIGTERM, coreDumped: false))
        #expect(record.treeProvenEmpty)
        #expect(!isAlive(try #require(readPid(file))))
        #expect(run.next() == nil)
        #expect(run.exitRecord == record)

        var foreign = LaunchSpec.shell("true", runID: "run-2")
        foreign.user = 0
        let refused = try #require(other.start(foreign).waitForExit())
        #expect(refused.cause == .execFailed(step: .groups, errno: EPERM))
    }

    @Test func connectionsAreBounded() throws {
        defer { agent.cleanUp() }
        let run = agent.start(.shell("sleep 300"))
        run.waitUntilStarted()
        var sockets: [Int32] = []
        defer { for socket in sockets { close(socket) } }
        var refused = 0
        for _ in 0..<12 {
            let socket = clinux_unix_seqpacket()
            sockets.append(socket)
            guard clinux_unix_connect(socket, run.socketPath) == 0 else { continue }
            let hello = AgentMessage.hello(version: protocolVersion).encoded()
            _ = clinux_send(socket, hello, hello.count, nil, 0, 0)
            if receivePacket(socket, within: 30) == nil { refused += 1 }
        }
        #expect(refused == 5)
        run.send(.stop(steps: [.killTree]))
        #expect(run.waitForExit() != nil)
    }

    @Test(.survives(.garbage, "on a connection", tries: 3)) func garbageOnAConnectionHarmsNobody() throws {
        defer { agent.cleanUp() }
        let run = agent.start(.shell("sleep 300"))
        run.waitUntilStarted()
        for bytes: [UInt8] in [[1], [255, 255, 255, 255, 33, 0, 1, 0], Array(repeating: 7, count: 5000)] {
            let socket = clinux_unix_seqpacket()
            #expect(clinux_unix_connect(socket, run.socketPath) == 0)
            _ = clinux_send(socket, bytes, bytes.count, nil, 0, 0)
            #expect(receivePacket(socket, within: 30) == nil)
            close(socket)
        }
        run.send(.stop(steps: nil))
        #expect(try #require(run.waitForExit()).cause == .signaled(SIGTERM, coreDumped: false))
    }
}
