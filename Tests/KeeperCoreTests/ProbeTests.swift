import CLinux
import Glibc
import KeeperProtocol
import TestKit
import Testing

@Suite(.serialized) struct ProbeTests {
    let agent = TestAgent()

    private func probe(_ script: String, milliseconds: UInt32 = 5000) -> LaunchSpec {
        var spec = LaunchSpec.shell(script)
        spec.mode = .probe(timeoutMilliseconds: milliseconds)
        return spec
    }

    private func result(of socket: Int32) throws -> ProbeResult {
        defer { close(socket) }
        return try ProbeResult(decoding: #require(receivePacket(socket, within: 10)))
    }

    @Test func exitCodeAndOutputComeBack() throws {
        defer { agent.cleanUp() }
        let result = try result(of: agent.startProbe(probe("echo fine; echo or not >&2; exit 3")))
        #expect(result.outcome == .exited(code: 3))
        #expect(String(decoding: result.output, as: UTF8.self) == "fine\nor not\n")
    }

    @Test func outputIsBounded() throws {
        defer { agent.cleanUp() }
        let result = try result(of: agent.startProbe(probe("head -c 1000000 /dev/zero; kill -9 $$")))
        #expect(result.outcome == .signaled(SIGKILL))
        #expect(result.output.count == WireLimits.probeOutputBytesMax)
    }

    @Test func missingCommandIsAnExecFailure() throws {
        defer { agent.cleanUp() }
        var spec = probe("")
        spec.executable = "/nowhere"
        #expect(try result(of: agent.startProbe(spec)).outcome == .execFailed(step: .execute, errno: ENOENT))
    }

    @Test(.survives(.probeTrouble, "hangs")) func timeoutKillsItWithItsDescendants() throws {
        defer { agent.cleanUp() }
        let file = agent.directory + "/pid"
        let before = clinux_boottime_ns()
        let socket = agent.startProbe(probe(daemon(to: file) + "; sleep 300", milliseconds: 3000))
        let result = try result(of: socket)
        #expect(result.outcome == .timedOut)
        #expect(clinux_boottime_ns() - before < 60_000_000_000)
        #expect(!isAlive(try #require(readPid(file))))
    }

    @Test(.survives(.probeTrouble, "forks")) func descendantsOfAProbeThatEndsAreKilled() throws {
        defer { agent.cleanUp() }
        let file = agent.directory + "/pid"
        let script = daemon(to: file) + "; while [ ! -e \(file) ]; do sleep 0.01; done; exit 0"
        #expect(try result(of: agent.startProbe(probe(script))).outcome == .exited(code: 0))
        #expect(!isAlive(try #require(readPid(file))))
    }

    @Test func aProbeThatNobodyWaitsForIsCancelled() throws {
        defer { agent.cleanUp() }
        let file = agent.directory + "/pid"
        let socket = agent.startProbe(probe("echo $$ > \(file); exec sleep 300", milliseconds: 60_000))
        eventually("it runs") { readPid(file) != nil }
        let pid = try #require(readPid(file))
        close(socket)
        eventually("it is killed") { !isAlive(pid) }
    }
}
