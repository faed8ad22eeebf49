import CLinux
import Glibc
import KeeperProtocol
import Testing

@testable import KeeperCore

/// Descriptors that go from run to run, and who has them in between.
@Suite(.serialized) struct HandoverTests {
    let agent = TestAgent()

    /// A listening socket of the loopback at a port of the kernel's choice.
    private func listener() -> (descriptor: Int32, port: UInt16) {
        let descriptor = clinux_listen_inet("127.0.0.1", 0, 0)
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        _ = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        return (descriptor, UInt16(bigEndian: address.sin_port))
    }

    private func canConnect(to port: UInt16) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }

    private func spec(_ script: String, _ names: String...) -> LaunchSpec {
        var spec = LaunchSpec.shell(script)
        spec.owner = "web/0"
        spec.passed = names.map { PassedDescriptor(kind: .listen, name: $0, key: "tcp \($0)") }
        return spec
    }

    /// Asks over a new connection, and returns what came with the answer.
    private func takeDescriptors(_ run: TestRun) -> (message: KeeperMessage?, descriptors: [Int32]) {
        run.send(.takeDescriptors)
        var entry = pollfd(fd: run.control, events: Int16(POLLIN), revents: 0)
        while clinux_poll(&entry, 1, 5_000_000_000) > 0 {
            var buffer = [UInt8](repeating: 0, count: WireLimits.messageBytesMax)
            var descriptors = [Int32](repeating: -1, count: Int(CLINUX_DESCRIPTORS_MAX))
            var count = 0
            let length = clinux_receive(
                run.control, &buffer, buffer.count, &descriptors, descriptors.count, &count, 1)
            guard length > 0 else { break }
            let message = try? KeeperMessage(decoding: Array(buffer[..<length]))
            if case .descriptors = message { return (message, Array(descriptors[..<count])) }
        }
        return (nil, [])
    }

    @Test func aRunGetsItsSocketsFromThreeOnAndNothingElse() throws {
        defer { agent.cleanUp() }
        let sockets = [listener(), listener(), listener()]
        let script = """
            [ "$LISTEN_PID" = $$ ] && echo own
            echo $LISTEN_FDS $LISTEN_FDNAMES
            for n in 3 4 5; do readlink /proc/$$/fd/$n; done
            cd /proc/$$/fd; for n in *; do [ $n -le 5 ] || [ ! -e $n ] || readlink $n; done
            """
        let run = agent.start(spec(script, "http", "admin", "more"), listen: sockets.map(\.descriptor))
        _ = run.waitForExit()
        let links = sockets.map { entry -> String in
            var status = stat()
            fstat(entry.descriptor, &status)
            return "socket:[\(status.st_ino)]"
        }
        for entry in sockets { close(entry.descriptor) }
        let lines = run.output().split(separator: "\n").map(String.init)
        #expect(lines.prefix(5) == ["own", "3 http:admin:more"] + links[...])
        #expect(lines.dropFirst(5).allSatisfy { $0.hasPrefix("/proc/") }, "\(lines)")
        run.send(.releaseDescriptors)
    }

    @Test func withoutSocketsNothingIsSaidOfThem() throws {
        defer { agent.cleanUp() }
        let run = agent.start(.shell("env | grep -c LISTEN_"))
        #expect(try #require(run.waitForExit()).cause == .exited(code: 1))
        #expect(run.output() == "0\n")
    }

    @Test func othersThanTheSpecificationNamesAreRefused() throws {
        defer { agent.cleanUp() }
        let run = agent.start(spec("true", "http"))
        #expect(try #require(run.waitForExit()).cause == .execFailed(step: .descriptors, errno: EINVAL))
    }

    @Test func anAgentGetsTheSocketsOfALiveRunBack() throws {
        defer { agent.cleanUp() }
        let (descriptor, port) = listener()
        let run = agent.start(spec("exec sleep 300", "http"), listen: [descriptor])
        close(descriptor)
        run.waitUntilStarted()
        #expect(run.connect())
        let (message, taken) = takeDescriptors(run)
        #expect(
            message
                == .descriptors(
                    owner: "web/0", [PassedDescriptor(kind: .listen, name: "http", key: "tcp http")]))
        #expect(taken.count == 1)
        run.send(.releaseDescriptors)
        run.send(.stop(steps: [.killTree]))
        _ = run.waitForExit()
        run.send(.releaseDescriptors)
        eventually("the keeper goes") { !isAlive(run.keeper) }
        #expect(canConnect(to: port))
        for descriptor in taken { close(descriptor) }
        #expect(!canConnect(to: port))
    }

    @Test func theKeeperOfARunThatEndedAloneHoldsItsSocketUntilItIsReleased() throws {
        defer { agent.cleanUp() }
        let (descriptor, port) = listener()
        let run = agent.start(spec("exec sleep 300", "http"), listen: [descriptor])
        close(descriptor)
        run.waitUntilStarted()
        run.disconnect()
        agent.disconnect()
        kill(try #require(run.identity?.child.pid), SIGKILL)
        // The record is there and the slot is free at once; only the socket is still held.
        eventually("the slot is free") { !run.isLocked }
        #expect(run.exitRecord?.cause == .signaled(SIGKILL, coreDumped: false))
        #expect(isAlive(run.keeper) && canConnect(to: port))
        #expect(run.connect())
        let taken = takeDescriptors(run).descriptors
        #expect(taken.count == 1)
        run.send(.releaseDescriptors)
        eventually("the keeper goes") { !isAlive(run.keeper) }
        for descriptor in taken { close(descriptor) }
        #expect(!canConnect(to: port))
        #expect(!run.connect())
    }

    @Test func termEndsAKeeperThatOnlyHolds() throws {
        defer { agent.cleanUp() }
        let (descriptor, port) = listener()
        let run = agent.start(spec("exit 0", "http"), listen: [descriptor])
        close(descriptor)
        _ = run.waitForExit()
        eventually("the slot is free") { !run.isLocked }
        #expect(isAlive(run.keeper))
        kill(run.keeper, SIGTERM)
        eventually("the keeper goes") { !isAlive(run.keeper) }
        #expect(!canConnect(to: port))
    }

    @Test func whatIsSaidOfDescriptorsReadsBackAsItWas() throws {
        let passed = [
            PassedDescriptor(kind: .listen, name: "http", key: "tcp 8080"),
            PassedDescriptor(kind: .stored, name: "", key: "é"),
            PassedDescriptor(kind: .storedUnwatched, name: "state", key: ""),
        ]
        let message = KeeperMessage.descriptors(owner: "web/0", passed)
        #expect(try KeeperMessage(decoding: message.encoded()) == message)
        for message in [AgentMessage.takeDescriptors, .releaseDescriptors] {
            #expect(try AgentMessage(decoding: message.encoded()) == message)
        }
        var spec = spec("true")
        spec.passed = passed
        spec.storeMax = 7
        #expect(try LaunchSpec(decoding: spec.encoded()) == spec)
    }
}
