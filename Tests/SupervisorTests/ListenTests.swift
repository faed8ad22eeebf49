import CLinux
import Glibc
import Manifests
import Reconciler
import Testing

@testable import Supervisor

/// Ports that Plumb holds.
@Suite(.serialized) struct ListenTests {
    private func server(_ port: UInt16, listen: Bool = true, _ script: String = sleeper) -> InstanceSpec {
        var spec = shell(script)
        spec.process.endpoints = [
            EndpointSpec(
                name: "http", protocolName: "tcp", basePort: port, indexed: false,
                listen: listen ? true : nil, address: listen ? "127.0.0.1" : nil)
        ]
        return spec
    }

    private func resources(_ spec: InstanceSpec) -> HeldResources {
        HeldResources(
            sockets: Set(spec.heldSockets(index: 0).map(\.socket)),
            slots: [SlotID(instance: spec.name, index: 0)])
    }

    private func bound(_ port: UInt16) -> Int32 { clinux_listen_inet("127.0.0.1", port, 0) }

    /// A port that nobody has.
    private func freePort() -> UInt16 {
        for _ in 0..<200 {
            let port = UInt16.random(in: 20_000...32_000)
            let raw = bound(port)
            if raw >= 0 {
                close(raw)
                return port
            }
        }
        Issue.record("no free port")
        return 0
    }

    private func canConnect(to port: UInt16) -> Bool {
        // A full queue of connections that nobody takes is no refusal, and does not make the test wait.
        let raw = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(raw) }
        var patience = timeval(tv_sec: 1, tv_usec: 0)
        setsockopt(raw, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(raw, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        return result == 0 || errno != ECONNREFUSED
    }

    @Test func aPortThatSomebodyHasIsRefusedWithHisName() async throws {
        try await withHost { host in
            let port = freePort()
            let raw = bound(port)
            defer { close(raw) }
            let failure = try #require(await host.supervisor.prepare(server(port)))
            #expect(failure.code == "port-in-use")
            #expect(failure.message.contains("tcp 127.0.0.1:\(port)"))
            #expect(failure.message.contains("(pid \(getpid())) has it"), "\(failure.message)")
        }
    }

    @Test func aPortThatAnotherInstanceHoldsIsRefusedWithItsName() async throws {
        try await withHost { host in
            let port = freePort()
            #expect(await host.supervisor.prepare(server(port)) == nil)
            var other = server(port)
            other.name = "other"
            let failure = try #require(await host.supervisor.prepare(other))
            #expect(failure.message.contains("'web'"), "\(failure.message)")
        }
    }

    @Test func thePortIsOpenFromTheCheckOnAndClosedWhenNobodyWantsIt() async throws {
        try await withHost { host in
            let spec = server(freePort())
            let port = spec.process.endpoints[0].basePort
            #expect(await host.supervisor.prepare(spec) == nil)
            #expect(canConnect(to: port))
            host.supervisor.hold(resources(spec))
            let run = try await host.start(spec)
            try await host.started(run)
            host.supervisor.stop(run, policy: spec.stop)
            try await host.exited(run)
            await host.supervisor.acknowledge(run)
            #expect(canConnect(to: port), "between two runs")
            host.supervisor.hold(HeldResources())
            await eventually("the port is closed") { !canConnect(to: port) }
        }
    }

    @Test func aProgramThatOpensThePortItselfDoesNotKeepPlumbFromTakingItOver() async throws {
        try await withHost { host in
            let port = freePort()
            var old = server(port, listen: false)
            let script = "import socket,time; s=socket.create_server(('127.0.0.1',\(port))); time.sleep(600)"
            old.process.command = "/usr/bin/python3"
            old.process.args = ["-c", script]
            let run = try await host.start(old)
            await eventually("the program listens") { canConnect(to: port) }
            let new = server(port)
            #expect(await host.supervisor.prepare(new) == nil)
            host.supervisor.stop(run, policy: old.stop)
            try await host.exited(run)
            await host.supervisor.acknowledge(run)
            try await host.started(try await host.start(new))
            #expect(canConnect(to: port))
        }
    }

    @Test func aProgramThatOpensThePortItselfAgainFindsItFree() async throws {
        try await withHost { host in
            let old = server(freePort())
            let port = old.process.endpoints[0].basePort
            host.supervisor.hold(resources(old))
            let run = try await host.start(old)
            try await host.started(run)
            host.supervisor.stop(run, policy: old.stop)
            try await host.exited(run)
            host.supervisor.hold(HeldResources())
            await host.supervisor.acknowledge(run)
            let script = "import socket,time; s=socket.create_server(('127.0.0.1',\(port))); time.sleep(600)"
            var new = server(port, listen: false)
            new.process.command = "/usr/bin/python3"
            new.process.args = ["-c", script]
            let next = try await host.start(new)
            await eventually("the program listens") { canConnect(to: port) }
            #expect(host.reports(of: next).isEmpty)
        }
    }

    @Test func aProgramThatShutsTheSocketDownTakesItFromNobodyForLong() async throws {
        try await withHost { host in
            var spec = server(freePort())
            let port = spec.process.endpoints[0].basePort
            spec.process.command = "/usr/bin/python3"
            spec.process.args = ["-c", "import socket; socket.socket(fileno=3).shutdown(socket.SHUT_RDWR)"]
            host.supervisor.hold(resources(spec))
            let run = try await host.start(spec)
            try await host.exited(run)
            await host.supervisor.acknowledge(run)
            #expect(!canConnect(to: port))
            let next = try await host.start(server(port))
            try await host.started(next)
            #expect(canConnect(to: port))
        }
    }

    /// What a program can do to the socket that it shares with those that follow it.
    private static let misdeeds = [
        "connects elsewhere": "connect(3, b'\\0' * 16); s.connect(other)",
        "waits no more": "connect(3, b'\\0' * 16); s.setblocking(False)",
        // One instruction: take nothing.
        "locks a filter": """
        code = ctypes.create_string_buffer(struct.pack('HBBI', 6, 0, 0, 0))
        s.setsockopt(socket.SOL_SOCKET, 26, struct.pack('HxxxxxxQ', 1, ctypes.addressof(code)))
        s.setsockopt(socket.SOL_SOCKET, 44, 1)
        """,
    ]

    @Test(arguments: misdeeds.keys.sorted()) func noProgramSpoilsThePortForTheNext(_ name: String)
        async throws
    {
        let misdeed = try #require(Self.misdeeds[name])
        let bad = """
            import ctypes, socket, struct
            libc = ctypes.CDLL(None, use_errno=True)
            def connect(fd, address): assert libc.connect(fd, address, 16) == 0
            listener = socket.create_server(('127.0.0.1', 0)); other = listener.getsockname()
            s = socket.socket(fileno=3)

            """ + misdeed
        let good = """
            import socket
            s = socket.socket(fileno=3)
            while True: c, _ = s.accept(); c.sendall(b'x'); c.close()
            """
        try await withHost { host in
            var spec = server(freePort())
            let port = spec.process.endpoints[0].basePort
            spec.process.command = "/usr/bin/python3"
            spec.process.args = ["-c", bad]
            host.supervisor.hold(resources(spec))
            let run = try await host.start(spec)
            #expect(try await host.exited(run).cause == .exited(code: 0), "\(host.lines(of: run))")
            await host.supervisor.acknowledge(run)
            spec.process.args = ["-c", good]
            let next = try await host.start(spec)
            try await host.started(next)
            let client = try Caller(port: port)
            await eventually("the next one answers") { client.hasCome }
            #expect(host.reports(of: next).isEmpty, "\(host.lines(of: next))")
        }
    }

    @Test func aDatagramPortHearsEverybodyAgain() async throws {
        try await withHost { host in
            let bad = """
                import socket
                s = socket.socket(fileno=3); s.connect(('127.0.0.1', 9))
                """
            let good = """
                import socket
                s = socket.socket(fileno=3); s.recvfrom(10)
                """
            var spec = server(freePort())
            spec.process.endpoints[0].protocolName = "udp"
            let port = spec.process.endpoints[0].basePort
            spec.process.command = "/usr/bin/python3"
            spec.process.args = ["-c", bad]
            host.supervisor.hold(resources(spec))
            let run = try await host.start(spec)
            #expect(try await host.exited(run).cause == .exited(code: 0), "\(host.lines(of: run))")
            await host.supervisor.acknowledge(run)
            spec.process.args = ["-c", good]
            let next = try await host.start(spec)
            try await host.started(next)
            let sender = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
            defer { close(sender) }
            var address = Caller.loopback(port)
            await eventually("it hears") {
                withUnsafePointer(to: &address) { pointer in
                    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                        _ = sendto(sender, "x", 1, 0, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                    }
                }
                return !host.reports(of: next).isEmpty
            }
        }
    }

    enum End: CaseIterable { case none, acknowledged, whileNobodyLooked }

    @Test(arguments: End.allCases) func anAgentThatComesBackHasThePortAgain(end: End) async throws {
        try await withHost { host in
            let spec = server(freePort())
            let port = spec.process.endpoints[0].basePort
            host.supervisor.hold(resources(spec))
            let run = try await host.start(spec)
            let identity = try await host.started(run)
            if end == .acknowledged {
                host.supervisor.stop(run, policy: spec.stop)
                try await host.exited(run)
                await host.supervisor.acknowledge(run)
            }
            host.drop()
            if end == .whileNobodyLooked {
                kill(identity.pid, SIGKILL)
                await eventually("the slot is free") {
                    (try? Slot.all(host.layout))?.allSatisfy { (try? $0.lockState()) == .free } == true
                }
            }
            #expect(canConnect(to: port), "while no agent is there")
            try await host.open()
            host.supervisor.hold(resources(spec))
            #expect(await host.supervisor.prepare(spec) == nil)
            if end == .none {
                kill(identity.pid, SIGKILL)
                try await host.exited(run)
            }
            await host.supervisor.acknowledge(run)
            let next = try await host.start(spec)
            try await host.started(next)
            #expect(canConnect(to: port))
            host.supervisor.hold(HeldResources())
            host.supervisor.stop(next, policy: spec.stop)
            try await host.exited(next)
            await host.supervisor.acknowledge(next)
            await eventually("the port is closed") { !canConnect(to: port) }
        }
    }

    @Test(arguments: ["tcp 8080", "udp 127.0.0.1:53", "tcp [::1]:80", "tcp [::]:1"])
    func whatIsSaidOfASocketReadsBack(_ text: String) throws {
        #expect(try #require(HeldSocket(instance: "web", text: text)).text == text)
    }
}

/// A connection to a port of this host that says nothing, and what has come of it.
private struct Caller: ~Copyable {
    private let connection: Descriptor

    static func loopback(_ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return address
    }

    init(port: UInt16) throws {
        let type = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue)
        let raw = socket(AF_INET, type, 0)
        connection = Descriptor(owning: raw)
        var address = Self.loopback(port)
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = connect(raw, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    var hasCome: Bool {
        var byte: UInt8 = 0
        return recv(connection.raw, &byte, 1, Int32(MSG_PEEK)) == 1
    }
}
