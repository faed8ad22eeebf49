import CLinux
import Glibc
import KeeperProtocol
import TestKit
import Testing

@testable import KeeperCore

/// Where processes can be grouped on this machine, or nil.
let unifiedGroups: String? = ["/sys/fs/cgroup/unified", "/sys/fs/cgroup"].first {
    access($0 + "/cgroup.procs", W_OK) == 0 && access($0 + "/cgroup.controllers", F_OK) == 0
}

private let memoryGroups = "/sys/fs/cgroup/memory"
private let canLimitMemory = access(memoryGroups + "/memory.limit_in_bytes", F_OK) == 0 && geteuid() == 0

@Suite(.serialized) struct StopTests {
    let agent = TestAgent()

    @Test func policyStopsWithItsSignal() throws {
        defer { agent.cleanUp() }
        let run = agent.start(.shell("trap 'echo bye; exit 3' TERM; echo ready; while :; do sleep .01; done"))
        eventually("ready") { run.output() == "ready\n" }
        run.send(.stop(steps: nil))
        #expect(try #require(run.waitForExit()).cause == .exited(code: 3))
        #expect(run.output() == "ready\nbye\n")
    }

    @Test func termToTheKeeperIsAStopByPolicyAndHangUpIsNothing() throws {
        defer { agent.cleanUp() }
        let run = agent.start(.shell("trap 'exit 4' TERM; echo ready; while :; do sleep 0.01; done"))
        eventually("ready") { run.output() == "ready\n" }
        _ = run.next()
        for signal in [SIGHUP, SIGINT, SIGQUIT, SIGPIPE] { kill(run.keeper, signal) }
        run.send(.ping(token: 1))
        while let message = run.next() {
            if case .pong(1, let status) = message {
                #expect(status.phase == .running)
                break
            }
        }
        kill(run.keeper, SIGTERM)
        #expect(try #require(run.waitForExit()).cause == .exited(code: 4))
    }

    @Test func aWorkloadThatIgnoresTermIsKilledAfterItsGrace() throws {
        defer { agent.cleanUp() }
        let run = agent.start(.shell("trap '' TERM; echo ready; while :; do sleep 0.01; done"))
        eventually("ready") { run.output() == "ready\n" }
        let before = clinux_boottime_ns()
        run.send(.stop(steps: [.signal(SIGTERM, graceMilliseconds: 200), .killTree]))
        let record = try #require(run.waitForExit())
        #expect(record.cause == .signaled(SIGKILL, coreDumped: false))
        #expect(clinux_boottime_ns() - before >= 200_000_000)
        #expect(record.treeProvenEmpty)
    }

    @Test(.survives(.childIgnoresTerm)) func aChildThatIgnoresTermDoesNotOutliveItsMainProcess() throws {
        defer { agent.cleanUp() }
        let file = agent.directory + "/pid"
        let run = agent.start(
            .shell(
                """
                (trap '' TERM; echo $BASHPID; while :; do sleep 0.05; done) & echo $! > \(file)
                trap 'exit 0' TERM; echo ready; while :; do sleep 0.01; done
                """))
        eventually("ready") { run.output().contains("ready") }
        let child = try #require(readPid(file))
        run.send(.stop(steps: nil))
        let record = try #require(run.waitForExit())
        #expect(record.cause == .exited(code: 0))
        #expect(!isAlive(child))
    }

    @Test(.survives(.daemon, "with and without a group"), arguments: [false, true])
    func aDaemonIsFoundAndKilled(withGroup: Bool) throws {
        defer { agent.cleanUp() }
        var spec = LaunchSpec.shell(daemon(to: agent.directory + "/pid") + "; sleep 0.2; exit 0")
        var group: TestGroup?
        if withGroup {
            guard let made = TestGroup() else {
                print("aDaemonIsFoundAndKilled(withGroup): no writable version 2 groups, skipped")
                return
            }
            group = made
            spec.cgroups.unifiedDirectory = made.path
            spec.cgroups.killDirectory = made.path
        }
        defer { group?.remove() }
        let run = agent.start(spec)
        eventually("the daemon runs") { readPid(agent.directory + "/pid") != nil }
        let daemon = try #require(readPid(agent.directory + "/pid"))
        if let group { #expect(group.pids.contains(daemon)) }
        #expect(isAlive(daemon))
        let record = try #require(run.waitForExit())
        #expect(record.cause == .exited(code: 0))
        #expect(record.treeProvenEmpty)
        #expect(!isAlive(daemon))
    }

    @Test(.survives(.forkBomb, "keeper alone, without a group"))
    func aForkBombWithoutAGroupEndsOrIsCalledUnproven() throws {
        defer { agent.cleanUp() }
        // Each one forks two and waits, to a depth that bounds the damage if the test itself is killed.
        let bomb = """
            import os, time
            for _ in range(9):
                os.fork()
            end = time.time() + 20
            while time.time() < end:
                if os.fork() == 0:
                    time.sleep(0.05)
                    os._exit(0)
                time.sleep(0.05)
            """
        let spec = LaunchSpec.python(bomb)
        let run = agent.start(spec)
        run.waitUntilStarted()
        let keeper = run.keeper
        eventually("it has spread") { descendantCount(of: keeper) > 300 }
        let before = clinux_boottime_ns()
        run.send(.stop(steps: [.killTree]))
        let record = try #require(run.waitForExit())
        let milliseconds = (clinux_boottime_ns() - before) / 1_000_000
        print("fork bomb: tree proven empty: \(record.treeProvenEmpty), after \(milliseconds) ms")
        // Half a second on a host that is idle otherwise; it competes with its own bomb for the processor.
        #expect(milliseconds < 10_000)
        if !record.treeProvenEmpty { #expect(run.messages.contains(.treeUnproven)) }
    }

    /// Needs root and a version 1 memory controller, whose limit is set here.
    @Test(.survives(.oomKill), .enabled(if: canLimitMemory, "needs a writable memory control group"))
    func theOomKillerIsToldApart() throws {
        defer { agent.cleanUp() }
        let group = "\(memoryGroups)/plumb-test-\(getpid())-\(UInt32.random(in: 0...(.max)))"
        #expect(mkdir(group, 0o755) == 0)
        defer { eventually("the group is empty") { rmdir(group) == 0 } }
        #expect(writeFile(group + "/memory.limit_in_bytes", "16777216"))
        var spec = LaunchSpec.python("x = bytearray(256 << 20)\nprint(len(x))")
        spec.cgroups.tasksDirectories = [group]
        spec.cgroups.oomCounterFile = group + "/memory.oom_control"
        let run = agent.start(spec)
        let record = try #require(run.waitForExit())
        #expect(record.cause == .signaled(SIGKILL, coreDumped: false))
        #expect(record.oomKills == 1)
    }

    @Test(.survives(.orphans)) func thousandsOfOrphansAreReaped() throws {
        defer { agent.cleanUp() }
        let script = """
            import os
            for _ in range(100):
                if os.fork() == 0:
                    for _ in range(100):
                        if os.fork() == 0:
                            os._exit(0)
                    os._exit(0)
            """
        let run = agent.start(.python(script))
        let record = try #require(run.waitForExit(within: 60))
        #expect(record.cause == .exited(code: 0))
        #expect(record.treeProvenEmpty)
    }

    @Test func stepsAreWalkedInTime() {
        let ms: UInt64 = 1_000_000
        var stop = StopSequence(
            [.signal(SIGINT, graceMilliseconds: 10), .signal(SIGTERM, graceMilliseconds: 5)], at: 100 * ms)
        #expect(stop.advance(at: 100 * ms) == .signal(SIGINT))
        #expect(stop.advance(at: 100 * ms) == .wait)
        #expect(stop.deadline == 110 * ms)
        #expect(stop.advance(at: 110 * ms) == .signal(SIGTERM))
        #expect(stop.advance(at: 114 * ms) == .wait)
        #expect(stop.advance(at: 115 * ms) == .killTree)
        #expect(stop.advance(at: 116 * ms) == .killTree)
    }
}

/// A shell command that leaves a daemon behind: forked twice, in a session of its own, with its own streams.
func daemon(to file: String) -> String {
    "setsid sh -c '(trap \"\" TERM HUP; exec >/dev/null 2>&1; sleep 300 & echo $! > \(file).new; "
        + "mv \(file).new \(file); wait) & '"
}

/// What /proc shows of the processes below this one at the moment.
func descendantCount(of pid: pid_t) -> Int {
    let children = (readFile("/proc/\(pid)/task/\(pid)/children") ?? "").split(separator: " ")
    return children.compactMap { Int32($0) }.reduce(children.count) { $0 + descendantCount(of: $1) }
}

/// A version 2 control group of a test's own.
struct TestGroup {
    let path: String

    init?() {
        guard let root = unifiedGroups else { return nil }
        path = "\(root)/plumb-test-\(getpid())-\(UInt32.random(in: 0...(.max)))"
        guard mkdir(path, 0o755) == 0 else { return nil }
    }

    var pids: [Int32] {
        (readFile(path + "/cgroup.procs") ?? "").split(separator: "\n").compactMap { Int32($0) }
    }

    func remove() {
        eventually("the group is empty") { rmdir(path) == 0 || errno == ENOENT }
    }
}
