import CLinux
import Glibc
import KeeperProtocol
import Testing

@testable import KeeperCore

/// The steps of a stop, walked by real keepers.
@Suite(.serialized) struct StopStepTests {
    let agent = TestAgent()
    private var log: String { agent.directory + "/log" }

    private func command(_ script: String, within milliseconds: UInt32 = 5000) -> StopStep {
        .command(
            StopCommand(executable: "/bin/sh", arguments: ["sh", "-c", script]),
            timeoutMilliseconds: milliseconds)
    }

    /// Says when it is ready, and what it gets.
    private func workload(_ traps: String, _ steps: [StopStep]) -> LaunchSpec {
        var spec = LaunchSpec.shell("\(traps); echo ready; while :; do sleep 0.01; done")
        spec.policy.stopSteps = steps
        return spec
    }

    private func start(_ spec: LaunchSpec) -> TestRun {
        let run = agent.start(spec)
        eventually("ready") { run.output() == "ready\n" }
        return run
    }

    private func lines() -> [Substring] { (readFile(log) ?? "").split(separator: "\n") }

    @Test func stepsAreWalkedInTheirOrder() throws {
        defer { agent.cleanUp() }
        let run = start(
            workload(
                "trap 'echo int >> \(log)' INT; trap 'echo term >> \(log); exit 3' TERM",
                [
                    .wait(milliseconds: 50), command("echo command >> \(log)"),
                    .signal(SIGINT, graceMilliseconds: 100), .signal(SIGTERM, graceMilliseconds: 5000),
                ]))
        run.send(.stop(steps: nil))
        #expect(try #require(run.waitForExit()).cause == .exited(code: 3))
        #expect(lines() == ["command", "int", "term"])
    }

    @Test func closingTheInputEndsAProgramThatReadsIt() throws {
        defer { agent.cleanUp() }
        var spec = LaunchSpec.shell("echo ready; exec cat")
        spec.hasInputPipe = true
        spec.policy.stopSteps = [command("exit 0"), .closeInput(graceMilliseconds: 10_000), .killTree]
        let run = start(spec)
        run.send(.stop(steps: nil))
        #expect(try #require(run.waitForExit(within: 9.5)).cause == .exited(code: 0))
    }

    @Test func withoutAPipeTheInputIsEmpty() throws {
        defer { agent.cleanUp() }
        #expect(agent.start(.shell("exec cat")).waitForExit()?.cause == .exited(code: 0))
    }

    @Test func aCommandIsKilledAtItsTimeoutWithItsDescendantsAlone() throws {
        defer { agent.cleanUp() }
        let (forked, own) = (agent.directory + "/forked", agent.directory + "/own")
        let hang = "setsid sh -c 'trap \"\" TERM; echo $$ > \(forked); sleep 300' & sleep 300"
        let run = start(
            workload(
                "trap 'exit 5' USR1; sleep 300 & echo $! > \(own)",
                [command(hang, within: 300), .wait(milliseconds: 60_000)]))
        run.send(.stop(steps: nil))
        while let message = run.next() {
            guard case .stopCommandFailed(let step, let outcome) = message else { continue }
            #expect(step == 0 && outcome == .timedOut)
            break
        }
        #expect(!isAlive(try #require(readPid(forked))))
        #expect(isAlive(try #require(readPid(own))))
        eventually("the failure is in the log") { run.output("stderr.log").contains("its timeout") }
        run.send(.stop(steps: [.signal(SIGUSR1, graceMilliseconds: 5000)]))
        #expect(try #require(run.waitForExit()).cause == .exited(code: 5))
        #expect(!isAlive(try #require(readPid(own))))
    }

    @Test func theKeeperWalksTheStepsWhenNoAgentIsThere() throws {
        defer { agent.cleanUp() }
        let run = start(
            workload(
                "trap 'exit 6' TERM",
                [
                    .wait(milliseconds: 30), command("echo $SECRET $PLUMB_MAIN_PID >> \(log); exit 9"),
                    command("echo told >&2"), .signal(SIGTERM, graceMilliseconds: 5000),
                ]))
        run.waitUntilStarted()
        let main = try #require(run.identity?.child.pid)
        agent.disconnect()
        run.disconnect()
        kill(run.keeper, SIGTERM)
        eventually("it ends") { run.exitRecord?.cause == .exited(code: 6) }
        #expect(lines() == ["hunter2 \(main)"])
        #expect(
            run.output("stderr.log") == "plumb: the stop command /bin/sh exited 9\ntold\n")
    }

    @Test func whatACommandSaysIsKeptThoughTheWorkloadHasClosedItsStreams() throws {
        defer { agent.cleanUp() }
        var spec = LaunchSpec.shell("echo ready; exec >&- 2>&-; exec sleep 300")
        spec.policy.stopSteps = [
            command("echo draining >&2; echo out"), .signal(SIGTERM, graceMilliseconds: 5000),
        ]
        let run = start(spec)
        run.waitUntilStarted()
        run.send(.stop(steps: nil))
        _ = run.waitForExit()
        #expect(run.output("stderr.log") == "draining\nout\n")
    }

    @Test func aCommandMayFinishWhenTheMainProcessHasEnded() throws {
        defer { agent.cleanUp() }
        let run = start(
            workload(
                "trap 'exit 0' TERM",
                [
                    command(
                        "kill $PLUMB_MAIN_PID; while kill -0 $PLUMB_MAIN_PID; do sleep 0.01; done; "
                            + "sleep 0.2; echo done >> \(log)"), .signal(SIGKILL, graceMilliseconds: 0),
                ]))
        run.send(.stop(steps: nil))
        #expect(try #require(run.waitForExit()).cause == .exited(code: 0))
        // The keeper reaps at once, so the pid was free to be seen as gone before this line was written.
        #expect(lines() == ["done"])
    }

    @Test func aSecondStopNeitherShortensNorRestartsTheFirst() throws {
        defer { agent.cleanUp() }
        let steps: [StopStep] = [
            .wait(milliseconds: 600), .signal(SIGTERM, graceMilliseconds: 5000), .killTree,
        ]
        let run = start(workload("trap 'exit 0' TERM", steps))
        let before = clinux_boottime_ns()
        run.send(.stop(steps: nil))
        // Time has to pass: half of the drain, which the second stop must not begin anew.
        usleep(300_000)
        run.send(.stop(steps: steps))
        run.send(.stop(steps: nil))
        kill(run.keeper, SIGTERM)
        #expect(try #require(run.waitForExit()).cause == .exited(code: 0))
        let milliseconds = (clinux_boottime_ns() - before) / 1_000_000
        #expect((600..<880).contains(milliseconds), "\(milliseconds) ms")
    }

    @Test func whoEndsWhileDrainingEndsTheStop() throws {
        defer { agent.cleanUp() }
        let run = start(workload("trap 'exit 8' USR1", [.wait(milliseconds: 60_000)]))
        run.send(.stop(steps: nil))
        run.send(.signal(SIGUSR1))
        #expect(try #require(run.waitForExit()).cause == .exited(code: 8))
    }

    @Test func commandsCanComeWhileTheRunLives() throws {
        defer { agent.cleanUp() }
        let run = start(workload("trap 'exit 0' TERM", [.killTree]))
        var spec = LaunchSpec.shell("true")
        spec.environment = ["SECRET=rotated"]
        spec.policy.stopSteps = [
            command("echo $SECRET >> \(log)"), .signal(SIGTERM, graceMilliseconds: 5000),
        ]
        run.sendSpec(spec)
        run.send(.stop(steps: nil))
        #expect(try #require(run.waitForExit()).cause == .exited(code: 0))
        #expect(lines() == ["rotated"])
    }

    @Test func otherStepsTakeTheirPlaceWithoutASecondDrain() {
        let ms: UInt64 = 1_000_000
        var stop = StopSequence([.wait(milliseconds: 100), .signal(SIGTERM, graceMilliseconds: 5)], at: 0)
        #expect(stop.advance(at: 0) == .wait && stop.deadline == 100 * ms)
        var other = StopSequence(
            [.wait(milliseconds: 150), .signal(SIGINT, graceMilliseconds: 5)], at: 90 * ms, since: stop.since)
        #expect(other.advance(at: 90 * ms) == .wait && other.deadline == 150 * ms)
        #expect(other.advance(at: 150 * ms) == .signal(SIGINT))
        var third = StopSequence(
            [.wait(milliseconds: 50), .closeInput(graceMilliseconds: 1)], at: 200 * ms, since: 0)
        #expect(third.advance(at: 200 * ms) == .closeInput)
        var commands = StopSequence([command("true", within: 100)], at: 0)
        #expect(commands.advance(at: 0) == .command(0))
        #expect(commands.advance(at: 100 * ms) == .wait)
        commands.commandEnded(at: 101 * ms)
        #expect(commands.advance(at: 101 * ms) == .killTree)
    }

    @Test(arguments: [
        StopStep.signal(34, graceMilliseconds: 1), .killTree, .closeInput(graceMilliseconds: 7),
        .wait(milliseconds: .max),
        .command(StopCommand(executable: "/a", arguments: ["a", "", "é"]), timeoutMilliseconds: 9),
    ])
    func stepsReadBackAsTheyWere(_ step: StopStep) throws {
        var spec = LaunchSpec.shell("true")
        spec.policy.stopSteps = [step]
        spec.hasInputPipe = true
        #expect(try LaunchSpec(decoding: spec.encoded()) == spec)
        #expect(try AgentMessage(decoding: AgentMessage.updateSpec.encoded()) == .updateSpec)
        for outcome in [ProbeResult.Outcome.timedOut, .execFailed(step: .execute, errno: 2)] {
            let message = KeeperMessage.stopCommandFailed(step: 3, outcome)
            #expect(try KeeperMessage(decoding: message.encoded()) == message)
        }
    }
}
