import CLinux
import Glibc
import Manifests
import Reconciler
import Testing

@testable import Supervisor

/// `network: none` and `local` beside a port that Plumb holds, and in the hands of root.
@Suite("Sandboxed network", .serialized) struct SandboxNetworkTests {
    private static let isSkipped = SandboxNeeds.local != nil || SandboxTrials.landlockVersion < 4

    /// A program that is handed the port, tries to make a connection of the socket, and serves one client.
    private func holding(_ port: UInt16, address: String?, _ sandbox: Sandbox, user: String?) -> InstanceSpec
    {
        var spec = perl(
            """
            my $fast = 0x20000000; my $at = pack_sockaddr_in6(
            $ENV{TARGET}, Socket::inet_pton(AF_INET6, "::ffff:$ENV{TARGET_HOST}"));
            open(my $held, '+<&=', 3); fcntl($held, 4, 0);
            call('free', \(Attempt.number("connect")), 3, pack('x16'), 16);
            $! = 0; told('bind', setsockopt($held, SOL_SOCKET, 25, ''));
            $SIG{ALRM} = sub { die 'late' }; alarm 3; $! = 0;
            told('fast', eval { defined send($held, 'x', $fast, $at) }); alarm 0;
            call('free again', \(Attempt.number("connect")), 3, pack('x16'), 16);
            alarm 3; $! = 0; told('connect', eval { connect($held, $at) }); alarm 0;
            socket(my $t, AF_INET, SOCK_STREAM, 0); listen($t, 1); $! = 0;
            told('own', connect(my $c = do { socket(my $s, AF_INET, SOCK_STREAM, 0); $s }, getsockname $t));
            call('ring', \(Attempt.number("io_uring_setup")), 0, 0);
            call('free at last', \(Attempt.number("connect")), 3, pack('x16'), 16);
            listen($held, 5) or die "$!"; say('serving', 1);
            while (accept(my $client, $held)) { syswrite($client, 'served'); close $client }
            """, sandbox: sandbox, user: user)
        spec.process.endpoints = [
            EndpointSpec(
                name: "http", protocolName: "tcp", basePort: port, indexed: false, listen: true,
                address: address)
        ]
        return spec
    }

    /// A port of this process: the agent's own address, as it were.
    private func listener() throws -> (raw: Int32, port: UInt16) {
        for _ in 0..<200 {
            let port = UInt16.random(in: 20_000...32_000)
            let raw = clinux_listen_inet("127.0.0.1", port, 0)
            if raw >= 0 { return (raw, port) }
        }
        throw SystemError("find", "a free port", number: EADDRINUSE)
    }

    private func served(_ port: UInt16, at address: String = "127.0.0.1") -> String {
        let raw = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(raw) }
        var patience = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(raw, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var to = sockaddr_in()
        to.sin_family = sa_family_t(AF_INET)
        to.sin_port = port.bigEndian
        inet_pton(AF_INET, address, &to.sin_addr)
        let result = withUnsafePointer(to: &to) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(raw, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { return "errno \(errno)" }
        var bytes = [UInt8](repeating: 0, count: 16)
        let count = recv(raw, &bytes, bytes.count, 0)
        return String(decoding: bytes[..<max(0, count)], as: UTF8.self)
    }

    private func trial(
        _ sandbox: Sandbox, user: String?, target: String,
        _ body: (TestHost, RunID, [String: String], UInt16) async throws -> Void
    ) async throws {
        let other = try listener()
        let own = try listener()
        close(own.raw)
        defer { close(other.raw) }
        try await withHost { host in
            var spec = holding(own.port, address: nil, sandbox, user: user)
            spec.process.env = ["TARGET": "\(other.port)", "TARGET_HOST": target]
            host.supervisor.hold(
                HeldResources(
                    sockets: Set(spec.heldSockets(index: 0).map(\.socket)),
                    slots: [SlotID(instance: "web", index: 0)]))
            #expect(await host.supervisor.prepare(spec) == nil)
            let run = try await host.start(spec)
            try await host.started(run)
            await eventually("it serves") {
                host.lines(of: run).contains("serving=1") || !host.reports(of: run).isEmpty
            }
            try await body(host, run, TestHost.report(host.lines(of: run)), own.port)
        }
    }

    @Test(
        "Without a network a held port is served, and connects nowhere (as root)",
        .enabled(if: !isSkipped, "needs root, perl, Landlock of version 4"),
        arguments: [Sandbox.Level.minimal, .standard, .paranoid])
    func none(level: Sandbox.Level) async throws {
        let sandbox = Sandbox.at(level) { $0.network = Sandbox.Network.none }
        let user: String? = level == .standard ? nil : "65534"
        try await trial(sandbox, user: user, target: "127.0.0.1") { host, run, report, port in
            #expect(report["free"] == "ok", "\(report)")
            #expect(report["fast"] == "Operation not supported", "\(report)")
            #expect(report["connect"] == "EACCES" && report["ring"] == "EPERM", "\(report)")
            #expect(served(port) == "served")
            let item = try #require(host.supervisor.sandbox(of: run)?.items.first { $0.name == "network" })
            #expect(item.verdict == .atStart && item.evidence.contains("http"), "\(item)")
        }
    }

    @Test(
        "With the host's alone a held port is reached from here and connects nowhere else (as root)",
        .enabled(if: !isSkipped, "needs root, perl, control groups of version 2"),
        arguments: ["65534", nil])
    func local(user: String?) async throws {
        // An example's address, which nobody has; a route to it is the default's.
        let sandbox = Sandbox.at(.standard) { $0.network = .local }
        try await trial(sandbox, user: user, target: "192.0.2.1") { host, run, report, port in
            #expect(report["bind"] == "EPERM", "\(report)")
            #expect(report["fast"] != "ok" && report["connect"] != "ok", "\(report)")
            #expect(report["own"] == "ok", "\(report)")
            #expect(served(port) == "served" && served(port, at: "127.9.9.9") == "served")
            func item() throws -> SandboxObservation.Item {
                try #require(host.supervisor.sandbox(of: run)?.items.first { $0.name == "network" })
            }
            let closed = try item()
            #expect(closed.verdict == .yes, "\(closed)")
            // As if somebody had opened it.
            let socket = try #require(host.supervisor.held.wanted(by: "web").first)
            let raw = try host.supervisor.held.descriptor(of: socket)
            defer { close(raw) }
            #expect(SocketReach.set(raw, isLocal: false))
            let opened = try item()
            #expect(opened.verdict == .no && opened.evidence.contains("http"))
            #expect(SocketReach.set(raw, isLocal: true))
        }
    }

    @Test(
        "Root cannot send around the filters of local, or leave their group (as root)",
        .enabled(if: !isSkipped, "needs root, perl, control groups of version 2"),
        arguments: [Sandbox.Level.none, .minimal, .standard, .strict])
    func aroundFilters(level: Sandbox.Level) async throws {
        try await withHost { host in
            let program = """
                $! = 0; told('packet', socket(my $p, 17, SOCK_RAW, 768));
                $! = 0; told('raw', socket(my $r, AF_INET, SOCK_RAW, 1));
                call('mount', \(Attempt.number("mount")), 'none', '/mnt', 'tmpfs', 0, 0);
                list('groups', '/sys/fs/cgroup'); say('tried', 1); sleep 600;
                """
            let run = try await host.start(perl(program, sandbox: .at(level) { $0.network = .local }))
            try await host.started(run)
            await eventually("it has tried") { host.lines(of: run).last == "tried=1" }
            let report = TestHost.report(host.lines(of: run))
            for item in ["packet", "raw", "mount"] {
                #expect(report[item] == "EPERM", "\(item) in \(report)")
            }
            #expect(["", "closed"].contains(report["groups"]), "\(report)")
            let seen = try #require(host.supervisor.sandbox(of: run))
            #expect(seen.items.first { $0.name == "network" }?.verdict == .yes, "\(seen.items)")
        }
    }
}
