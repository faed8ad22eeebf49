import Glibc
import Manifests
import Reconciler
import Testing

@testable import Supervisor

/// What the level strict promises, tried from inside.
@Suite("Strict sandbox") struct StrictSandboxTests {
    @Test(
        "Files, devices and other processes are out of reach (as root)",
        .enabled(if: SandboxNeeds.strict == nil, Comment(rawValue: SandboxNeeds.strict ?? "")),
        arguments: [nil, "65534"])
    func reach(user: String?) async throws {
        let outside = "/var/plumb-sandbox-\(getpid())"
        writeFile(outside, "x", mode: 0o666)
        defer { unlink(outside) }
        try await withHost { host in
            let program = """
                get('outside', '\(outside)'); put('write', '\(outside)'); list('root', '/root');
                get('passwd', '/etc/passwd'); put('own', "$ENV{PLUMB_PRIVATE_DIR}/x");
                put('tmp', '/tmp/x'); list('dev', '/dev'); put('null', '/dev/null');
                open(my $s, '>', '/tmp/script'); print $s "#!/bin/sh\\n"; close $s; chmod 0755, '/tmp/script';
                $! = 0; told('exec', system('/tmp/script') == 0);
                $! = 0; told('signal', kill(0, getppid())); $! = 0; told('chown', chown(1, 1, '/tmp/x'));
                $! = 0; told('raw', socket(my $r, AF_INET, SOCK_RAW, 1));
                $! = 0; told('packet', socket(my $p, 17, SOCK_RAW, 768));
                $! = 0; told('tcp', socket(my $t, AF_INET, SOCK_STREAM, 0));
                open(my $f, '<', '/proc/self/status');
                while (<$f>) { say(lc $1, $2) if /^(Cap...|Seccomp|NoNewPrivs):\\s+(\\w+)/ }
                """
            let report = try await host.report(perl(program, sandbox: .at(.strict), user: user))
            for item in ["outside", "write", "exec", "signal", "raw", "packet"] {
                #expect(report[item] != "ok", "\(item) in \(report)")
            }
            #expect(report["root"] == "closed" && report["chown"] == "EPERM")
            for item in ["passwd", "own", "tmp", "null", "tcp"] {
                #expect(report[item] == "ok", "\(item) in \(report)")
            }
            #expect(report["dev"] == "fd,full,null,ptmx,pts,random,shm,stderr,stdin,stdout,tty,urandom,zero")
            for set in ["capinh", "capprm", "capeff", "capbnd", "capamb"] {
                #expect(report[set] == "0000000000000000", "\(set)")
            }
            #expect(report["seccomp"] == "2" && report["nonewprivs"] == "1")
        }
    }

    #if arch(x86_64)
        @Test(
            "System calls of the deny list are refused, x32 and compat ones too (as root)",
            .enabled(if: SandboxNeeds.strict == nil, Comment(rawValue: SandboxNeeds.strict ?? "")))
        func calls() async throws {
            try await withHost { host in
                let program = """
                    call('ptrace', 101, 16, getppid(), 0, 0); call('unshare', 272, 0x10000000);
                    call('io_uring_setup', 425, 1, 0); call('bpf', 321, 0, 0, 0); call('setns', 308, -1, 0);
                    call('keyctl', 250, 0, 0, 0, 0, 0); call('perf', 298, 0, 0, -1, -1, 0);
                    call('userfaultfd', 323, 0); call('kexec', 246, 0, 0, 0, 0);
                    call('process_vm_readv', 310, getppid(), 0, 0, 0, 0, 0);
                    call('clone', 56, 0x10000011, 0, 0, 0, 0); call('clone3', 435, 0, 0);
                    call('x32', 0x40000000 + 39); call('getpid', 39);
                    my $b = 'x'; call('tiocsti', 16, 0, 0x5412, $b);
                    """
                let report = try await host.report(perl(program, sandbox: .at(.strict)))
                #expect(report["getpid"] == "ok" && report["clone3"] == "ENOSYS")
                for (name, result) in report where name != "getpid" && name != "clone3" {
                    #expect(result == "EPERM", "\(name)")
                }
                let loosened = try await host.report(
                    perl(
                        program,
                        sandbox: .at(.strict) {
                            $0.systemCallFilter = .init(allow: ["keyctl"], deny: ["getpid"])
                        }))
                #expect(loosened["keyctl"] != "EPERM" && loosened["getpid"] == "EPERM")
                #expect(loosened["bpf"] == "EPERM")
            }
        }
    #endif

    @Test(
        "Abstract sockets of others cannot be reached (as root)",
        .enabled(if: SandboxNeeds.strict == nil, Comment(rawValue: SandboxNeeds.strict ?? "")),
        .enabled(if: SandboxTrials.landlockVersion >= 6, "Landlock is older than version 6"))
    func abstractSockets() async throws {
        try await withHost { host in
            let name = "plumb-sandbox-\(getpid())"
            let listening = """
                socket(my $s, AF_UNIX, SOCK_STREAM, 0); bind($s, pack_sockaddr_un("\\0\(name)"));
                listen($s, 5); say('listening', 1); sleep 600;
                """
            let listener = try await host.start(
                perl(listening, instance: "listener", sandbox: .at(.minimal)))
            try await host.started(listener)
            await eventually("it listens") {
                host.lines(of: listener, instance: "listener") == ["listening=1"]
            }
            let program = """
                socket(my $s, AF_UNIX, SOCK_STREAM, 0); $! = 0;
                told('connect', connect($s, pack_sockaddr_un("\\0\(name)")));
                """
            #expect(try await host.report(perl(program, sandbox: .at(.standard)))["connect"] == "ok")
            #expect(try await host.report(perl(program, sandbox: .at(.strict)))["connect"] == "EPERM")
        }
    }

    @Test(
        "network: none has a loopback of its own, local that of the host alone (as root)",
        .enabled(if: SandboxNeeds.local == nil, Comment(rawValue: SandboxNeeds.local ?? "")))
    func network() async throws {
        try await withHost { host in
            let listening = """
                socket(my $s, AF_INET, SOCK_STREAM, 0); bind($s, pack_sockaddr_in(0, INADDR_LOOPBACK));
                listen($s, 5); say('port', (unpack_sockaddr_in(getsockname $s))[0]); sleep 600;
                """
            let listener = try await host.start(
                perl(listening, instance: "listener", sandbox: .at(.minimal)))
            try await host.started(listener)
            await eventually("it listens") { !host.lines(of: listener, instance: "listener").isEmpty }
            let told = TestHost.report(host.lines(of: listener, instance: "listener"))
            let port = try #require(told["port"])
            // 192.0.2.1 is an example's address, which nobody has.
            let program = """
                open(my $d, '<', '/proc/net/dev'); my @n = map { /^\\s*(\\S+):/ ? $1 : () } <$d>;
                say('interfaces', join(',', sort @n));
                socket(my $s, AF_INET, SOCK_STREAM, 0); $! = 0;
                told('local', connect($s, pack_sockaddr_in(\(port), INADDR_LOOPBACK)));
                socket(my $o, AF_INET, SOCK_STREAM, 0); bind($o, pack_sockaddr_in(0, INADDR_LOOPBACK));
                listen($o, 1); my $at = getsockname $o; socket(my $c, AF_INET, SOCK_STREAM, 0); $! = 0;
                told('own', connect($c, $at));
                socket(my $u, AF_INET, SOCK_DGRAM, 0); $! = 0;
                told('away', send($u, 'x', 0, pack_sockaddr_in(9, inet_aton('192.0.2.1'))));
                """
            func report(_ network: Sandbox.Network) async throws -> [String: String] {
                try await host.report(perl(program, sandbox: .at(.minimal) { $0.network = network }))
            }
            let none = try await report(.none)
            #expect(none["interfaces"] == "lo" && none["local"] == "ECONNREFUSED")
            #expect(none["own"] == "ok" && none["away"] == "ENETUNREACH", "\(none)")
            let local = try await report(.local)
            #expect(local["local"] == "ok" && local["own"] == "ok")
            #expect(["EPERM", "ENETUNREACH"].contains(local["away"]), "\(local)")
            #expect(try await report(.full)["local"] == "ok")
        }
    }
}
