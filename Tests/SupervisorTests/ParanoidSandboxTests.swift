import Glibc
import Manifests
import Reconciler
import Synchronization
import Testing

@testable import Supervisor

/// What the level paranoid promises, tried from inside, and what must go on in spite of it.
@Suite("Paranoid sandbox") struct ParanoidSandboxTests {
    private static let isSkipped = SandboxNeeds.strict != nil

    @Test(
        "It is alone in its namespaces (as root)", .enabled(if: !isSkipped, "needs root, perl, Landlock"),
        arguments: [nil, "65534"])
    func alone(user: String?) async throws {
        try await withHost { host in
            let program = """
                opendir(my $p, '/proc'); say('pids', join(',', sort { $a <=> $b } grep { /^\\d+$/ } readdir $p));
                say('pid', $$); open(my $u, '<', '/proc/self/uid_map'); say('map', join ' ', split ' ', <$u>);
                open(my $d, '<', '/proc/net/dev'); say('nets', scalar grep { /:/ } <$d>);
                open(my $v, '<', '/proc/sysvipc/shm'); say('shm', scalar(() = <$v>) - 1);
                put('own', "$ENV{PLUMB_PRIVATE_DIR}/x"); put('tmp', '/tmp/x');
                $! = 0; told('setuid', POSIX::setuid(1)); $! = 0; told('init', kill(9, 1));
                call('mount', \(Attempt.number("mount")), 'none', '/tmp', 'tmpfs', 0, 0); call('newuser', \(Attempt.number("unshare")), 0x10000000);
                call('ptrace', \(Attempt.number("ptrace")), 0, 0, 0, 0); call('unknown', 469, 0); call('reboot', \(Attempt.number("reboot")), 0, 0, 0, 0);
                """
            let report = try await host.report(perl(program, sandbox: .at(.paranoid), user: user))
            #expect(report["pids"] == "2" && report["pid"] == "2", "\(report)")
            #expect(report["map"] == "\(user ?? "0") \(user ?? "0") 1")
            #expect(report["nets"] == "1" && report["shm"] == "0")
            #expect(report["own"] == "ok" && report["tmp"] == "ok")
            for item in ["setuid", "mount", "newuser", "ptrace", "unknown", "reboot"] {
                #expect(report[item] != "ok", "\(item) in \(report)")
            }
        }
    }

    @Test(
        "Signals, exit codes and the end of the tree are as without it (as root)",
        .enabled(if: !isSkipped, "needs root, perl, Landlock"))
    func lives() async throws {
        try await withHost { host in
            func run(_ script: String) async throws -> RunID {
                var spec = shell(script)
                spec.process.sandbox = .at(.paranoid)
                return try await host.start(spec)
            }
            let coded = try await run("exit 7")
            #expect(try await host.exited(coded).cause == .exited(code: 7))
            await host.supervisor.acknowledge(coded)
            let killed = try await run("kill -9 $$")
            #expect(try await host.exited(killed).cause == .signaled(number: 9, coreDumped: false))
            await host.supervisor.acknowledge(killed)

            let stopped = try await run("trap 'echo got TERM; exit 3' TERM; echo ready; sleep 600 & wait")
            try await host.started(stopped)
            await eventually("it waits") { host.lines(of: stopped) == ["ready"] }
            host.supervisor.stop(stopped, policy: StopPolicy(grace: .seconds(30)))
            #expect(try await host.exited(stopped).cause == .exited(code: 3))
            #expect(host.lines(of: stopped) == ["ready", "got TERM"])
            await host.supervisor.acknowledge(stopped)

            let deaf = try await run("trap '' TERM; setsid sleep 600 & echo ready; while :; do sleep 1; done")
            let identity = try await host.started(deaf)
            await eventually("it is deaf") { host.lines(of: deaf) == ["ready"] }
            host.supervisor.stop(deaf, policy: StopPolicy(grace: .milliseconds(100)))
            let end = try await host.exited(deaf)
            #expect(end.cause == .signaled(number: 9, coreDumped: false))
            #expect(end.treeProvenEmpty && !isAlive(identity.pid))
        }
    }

    @Test(
        "The keeper's death takes the whole namespace along (as root)",
        .enabled(if: !isSkipped, "needs root, perl, Landlock"))
    func keeperDies() async throws {
        try await withHost(controlGroups: .off) { host in
            var spec = shell("setsid sleep 600 & echo ready; sleep 600")
            spec.process.sandbox = .at(.paranoid)
            let run = try await host.start(spec)
            let identity = try await host.started(run)
            await eventually("it forked") { host.lines(of: run) == ["ready"] }
            let workload = try #require(host.supervisor.sandbox(of: run)?.pid)
            kill(identity.keeperPID, SIGKILL)
            await eventually("all of it ends") { !isAlive(identity.pid) && !isAlive(workload) }
            try await host.exited(run)
        }
    }

    @Test(
        "Its notify socket is there, at every level (as root)",
        .enabled(if: !isSkipped, "needs root, perl, Landlock"), arguments: Sandbox.Level.allCases)
    func notifies(level: Sandbox.Level) async throws {
        try await withHost { host in
            let program = """
                socket(my $s, AF_UNIX, SOCK_DGRAM, 0); connect($s, pack_sockaddr_un($ENV{NOTIFY_SOCKET}))
                or die "$!"; send($s, "READY=1", 0) or die "$!"; sleep 600;
                """
            var spec = perl(program, sandbox: .at(level))
            spec.process.notify = true
            spec.health.readiness = Probe(check: .heartbeat(ttl: nil))
            let run = try await host.start(spec)
            await eventually("it is ready", within: .seconds(60)) {
                host.probeChanges(of: run).contains { $0.kind == .readiness && $0.passing }
                    || !host.reports(of: run).isEmpty
            }
            #expect(host.reports(of: run).isEmpty, "\(host.lines(of: run))")
        }
    }

    @Test(
        "An exec probe is in the sandbox of its run, at every level (as root)",
        .enabled(if: !isSkipped, "needs root, perl, Landlock"), arguments: Sandbox.Level.allCases)
    func probes(level: Sandbox.Level) async throws {
        try await withHost { host in
            let look = """
                test -e /tmp/plumb-\(getpid()).mark && echo $(readlink /proc/self/ns/mnt /proc/self/ns/net \
                /proc/self/ns/ipc /proc/self/ns/user) > $PLUMB_PRIVATE_DIR/probe && \
                grep -E '^(Seccomp|NoNewPrivs|CapBnd|CapEff):' /proc/self/status > $PLUMB_PRIVATE_DIR/status
                """
            let script = """
                echo > /tmp/plumb-\(getpid()).mark; \
                echo $(readlink /proc/self/ns/mnt /proc/self/ns/net /proc/self/ns/ipc /proc/self/ns/user); \
                grep -E '^(Seccomp|NoNewPrivs|CapBnd|CapEff):' /proc/self/status; echo ready; sleep 600
                """
            let probe = Probe(
                check: .exec(command: ["/bin/sh", "-c", look]), period: .milliseconds(200),
                timeout: .seconds(20))
            var spec = shell(script, health: Health(readiness: probe))
            spec.process.sandbox = .at(level)
            let run = try await host.start(spec)
            try await host.started(run)
            await eventually("the probe passes", within: .seconds(60)) {
                host.probeChanges(of: run).contains { $0.passing }
            }
            await eventually("all that it said is written") { host.lines(of: run).last == "ready" }
            let said = host.lines(of: run)
            let own = ReplicaDirectories(host.layout, SlotID(instance: "web", index: 0)).privateDir
            #expect(readFile("\(own)/probe") == said.first.map { "\($0)\n" })
            #expect(
                readFile("\(own)/status")?.split(separator: "\n").map { String($0) }
                    == Array(said.dropFirst().prefix(4)))
            unlink("/tmp/plumb-\(getpid()).mark")
        }
    }

    @Test(
        "What an exec probe leaves is ended, also in a namespace of processes (as root)",
        .enabled(if: !isSkipped, "needs root, perl, Landlock"), arguments: [0, 60])
    func orphansOfProbes(hangs: Int) async throws {
        try await withHost { host in
            // A number that tells these from all other sleeping processes.
            let mark = "\(100_000 + Int.random(in: 0..<100_000)).\(getpid())"
            let command = """
                echo >> $PLUMB_PRIVATE_DIR/probes; setsid sleep \(mark) & (setsid sleep \(mark) &); \
                sleep \(hangs)
                """
            let probe = Probe(
                check: .exec(command: ["/bin/sh", "-c", command]), period: .milliseconds(100),
                timeout: .milliseconds(hangs == 0 ? 20_000 : 300))
            var spec = shell(sleeper, health: Health(readiness: probe))
            spec.process.sandbox = .at(.paranoid)
            let run = try await host.start(spec)
            try await host.started(run)
            let own = ReplicaDirectories(host.layout, SlotID(instance: "web", index: 0)).privateDir
            await eventually("it was asked again and again") {
                (readFile("\(own)/probes") ?? "").utf8.count >= 8
            }
            host.supervisor.table.withLock { $0[run]?.probes }?.stop()
            await eventually("nothing of the probes is left") { processes(naming: mark) == 0 }
            #expect(host.reports(of: run).isEmpty, "the run itself goes on")
        }
    }

    private func processes(naming text: String) -> Int {
        directoryNames("/proc").count { name in
            Int(name) != nil && readFile("/proc/\(name)/cmdline")?.contains(text) == true
        }
    }
}
