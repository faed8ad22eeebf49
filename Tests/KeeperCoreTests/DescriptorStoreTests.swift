import CLinux
import Glibc
import KeeperProtocol
import Testing

@testable import KeeperCore

/// What runs store with their keepers (`FDSTORE=1`), and who has it when.
@Suite(.serialized) struct DescriptorStoreTests {
    private static let preamble = """
        import os, signal, socket, struct, sys, time
        s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.connect(os.environ['NOTIFY_SOCKET'])
        def tell(text, *fds):
            socket.send_fds(s, [text.encode()], fds)
        def memory(text):
            fd = os.memfd_create('m'); os.write(fd, text.encode()); return fd
        def given():
            return dict(zip(os.environ.get('LISTEN_FDNAMES', '').split(':'), range(3, 100)))
        def wait(name):
            while not os.path.exists(os.environ['OUT'] + '/' + name): time.sleep(0.01)

        """

    private func withRun(
        _ script: String, storeMax: UInt16 = 4, stored: [(PassedDescriptor, Int32)] = [],
        _ body: (TestAgent, TestRun) throws -> Void
    ) rethrows {
        let agent = TestAgent()
        defer { agent.cleanUp() }
        let path = agent.directory + "/n.sock"
        let socket = clinux_unix_datagram()
        #expect(clinux_unix_bind(socket, path) == 0)
        var spec = LaunchSpec.python(Self.preamble + script)
        spec.environment = ["NOTIFY_SOCKET=\(path)", "OUT=\(agent.directory)", "PATH=/usr/bin:/bin"]
        spec.owner = "web/0"
        spec.storeMax = storeMax
        spec.passed = stored.map(\.0)
        let run = agent.start(spec, notify: socket, stored: stored.map(\.1))
        close(socket)
        for (_, raw) in stored { close(raw) }
        // Nothing comes before the start where nothing is stored.
        if stored.isEmpty { run.send(.takeDescriptors) }
        run.waitUntilStarted()
        if !stored.isEmpty { run.send(.takeDescriptors) }
        try body(agent, run)
        run.send(.releaseDescriptors)
    }

    /// What the keeper tells next of what it holds.
    private func told(_ run: TestRun) -> (passed: [PassedDescriptor], contents: [String])? {
        var entry = pollfd(fd: run.control, events: Int16(POLLIN), revents: 0)
        while clinux_poll(&entry, 1, 30_000_000_000) > 0 {
            var buffer = [UInt8](repeating: 0, count: WireLimits.descriptorsBytesMax)
            var descriptors = [Int32](repeating: -1, count: Int(CLINUX_DESCRIPTORS_MAX))
            var count = 0
            let length = clinux_receive(
                run.control, &buffer, buffer.count, &descriptors, descriptors.count, &count, 1)
            guard length > 0 else { break }
            defer { for raw in descriptors[..<count] { close(raw) } }
            let message = try? KeeperMessage(decoding: Array(buffer[..<length]))
            guard case .descriptors("web/0", let passed) = message else { continue }
            return (passed, descriptors[..<count].map(contents))
        }
        return nil
    }

    private func contents(_ raw: Int32) -> String {
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = pread(raw, &bytes, bytes.count, 0)
        return String(decoding: bytes[..<max(0, count)], as: UTF8.self)
    }

    @Test func whatIsStoredIsToldWithItsNameAndKeptWithinItsBound() {
        let script = """
            tell('FDSTORE=1\\nFDNAME=one', memory('1'))
            tell('FDSTORE=1', memory('2'))
            tell('FDSTORE=1\\nFDNAME=a:b', memory('3'))
            tell('FDSTORE=1\\nFDNAME=four\\nFDPOLL=0', memory('4'), memory('5'))
            tell('FDSTOREREMOVE=1\\nFDNAME=stored')
            time.sleep(600)
            """
        withRun(script) { _, run in
            #expect(told(run)?.contents == ["1"])
            #expect(told(run)?.contents == ["1", "2"])
            #expect(told(run)?.passed.map(\.name) == ["one", "stored", "stored"])
            // The bound is four.
            let full = told(run)
            #expect(full?.contents == ["1", "2", "3", "4"])
            // Memory has no other end to watch.
            #expect(full?.passed.allSatisfy { $0.kind == .storedUnwatched } == true)
            #expect(told(run)?.contents == ["1", "4"])
        }
    }

    @Test func whatIsStoredTwiceIsKeptOnce() {
        let script = """
            m = memory('1')
            tell('FDSTORE=1\\nFDNAME=a', m, os.dup(m))
            tell('FDSTORE=1\\nFDNAME=b', m)
            tell('FDSTORE=1\\nFDNAME=c', memory('2'))
            time.sleep(600)
            """
        withRun(script) { _, run in
            #expect(told(run)?.contents == ["1"])
            #expect(told(run)?.passed.map(\.name) == ["a", "c"])
        }
    }

    @Test func withoutADeclaredStoreNothingIsKept() {
        let script = """
            tell('FDSTORE=1\\nFDNAME=a', memory('1'))
            tell('READY=1'); time.sleep(600)
            """
        withRun(script, storeMax: 0) { _, run in
            while let message = run.next() {
                if case .notified(let state) = message, state.isReady { break }
                if case .descriptors = message { Issue.record("\(message)") }
            }
        }
    }

    @Test func oneWhoseOtherEndIsClosedIsLetGo() {
        let script = """
            a, b = socket.socketpair(); c, d = socket.socketpair()
            tell('FDSTORE=1\\nFDNAME=watched', a.detach())
            tell('FDSTORE=1\\nFDNAME=unwatched\\nFDPOLL=0', c.detach())
            wait('go'); b.close(); d.close(); time.sleep(600)
            """
        withRun(script) { agent, run in
            #expect(told(run)?.passed.map(\.name) == ["watched"])
            #expect(told(run)?.passed.map(\.name) == ["watched", "unwatched"])
            close(open(agent.directory + "/go", O_CREAT | O_WRONLY, 0o600))
            #expect(told(run)?.passed.map(\.name) == ["unwatched"])
        }
    }

    @Test func whatIsSlowToCloseIsLetGoOfAtOnce() {
        let script = """
            l = socket.socket(); l.bind(('127.0.0.1', 0)); l.listen()
            c = socket.create_connection(l.getsockname()); p, _ = l.accept()
            c.setblocking(False)
            try:
                while True: c.send(b'x' * 65536)
            except BlockingIOError: pass
            c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 600))
            tell('FDSTORE=1\\nFDNAME=slow\\nFDPOLL=0', c.fileno()); c.close()
            wait('go'); tell('FDSTOREREMOVE=1\\nFDNAME=slow')
            tell('FDSTORE=1\\nFDNAME=after', memory('after')); time.sleep(600)
            """
        withRun(script) { agent, run in
            #expect(told(run)?.passed.map(\.name) == ["slow"])
            close(open(agent.directory + "/go", O_CREAT | O_WRONLY, 0o600))
            #expect(told(run)?.passed.map(\.name) == [])
            #expect(told(run)?.contents == ["after"])
        }
    }

    @Test func aRunGetsWhatIsStoredAndItStaysStored() throws {
        let memory = clinux_memfd("m")
        #expect(write(memory, "before", 6) == 6)
        let script = """
            fd = given()['state']
            assert os.environ['LISTEN_FDS'] == '1' and os.environ['LISTEN_PID'] == str(os.getpid())
            assert os.pread(fd, 10, 0) == b'before'
            os.pwrite(fd, b'after!', 0)
            tell('FDSTORE=1\\nFDNAME=more', memory('more'))
            """
        let entry = PassedDescriptor(kind: .stored, name: "state", key: "")
        try withRun(script, stored: [(entry, memory)]) { _, run in
            while let contents = told(run)?.contents, contents != ["after!", "more"] {}
            let exit = try #require(run.waitForExit())
            #expect(exit.cause == .exited(code: 0), "\(run.output("stderr.log"))")
            // It is over, and its keeper has it for whoever comes.
            run.disconnect()
            #expect(run.connect())
            run.send(.takeDescriptors)
            #expect(told(run)?.contents == ["after!", "more"])
        }
    }

    @Test(arguments: [
        ("a", true), ("", false), ("a:b", false), ("a b", true), ("é", false), ("a\u{1}", false),
        (String(repeating: "x", count: 255), true), (String(repeating: "x", count: 256), false),
    ])
    func names(_ name: String, isValid: Bool) { #expect(HeldDescriptors.isValid(name) == isValid) }
}
