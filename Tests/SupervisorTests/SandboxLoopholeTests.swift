import Glibc
import Manifests
import Reconciler
import Testing

@testable import Supervisor

/// Ways around a sandbox, and ways in which it stood in the way of its own run.
@Suite("Sandbox loopholes") struct SandboxLoopholeTests {
    private static let isSkipped = SandboxNeeds.strict != nil
    private static let nobody = "65534"

    @Test(
        "A listed directory brings back nothing that is hidden or covered below it (as root)",
        .enabled(if: !isSkipped, "needs root, perl, Landlock"),
        arguments: [Sandbox.Level.standard, .strict], [true, false])
    func listedParents(level: Sandbox.Level, isWritten: Bool) async throws {
        // Where a strict run has nothing of its own above.
        let host = TestHost(parent: "/var")
        try await withHost(host) { host in
            writeFile("\(host.base)/secrets/password", "secret", mode: 0o644)
            chmod("\(host.base)/secrets", 0o755)
            writeFile("\(host.base)/listed", "x", mode: 0o644)
            try await host.started(try await host.start(shell(sleeper, instance: "other")))
            let mark = "/var/tmp/plumb-sandbox-\(getpid())"
            writeFile(mark, "of the host", mode: 0o644)
            defer { unlink(mark) }
            let program = """
                get('listed', '\(host.base)/listed'); get('secret', '\(host.base)/secrets/password');
                list('instances', '\(host.layout.instances)'); list('slots', '\(host.layout.slots)');
                put('own', "$ENV{PLUMB_PRIVATE_DIR}/x"); get('mark', '\(mark)');
                put('write', '\(host.base)/written'); sleep 600 if $ENV{STAY};
                """
            for path in [host.base, "/var"] {
                var spec = perl(
                    program,
                    sandbox: .at(level) {
                        if isWritten { $0.readWritePaths = [path] } else { $0.readOnlyPaths = [path] }
                    })
                let report = try await host.report(spec)
                #expect(report["listed"] == "ok" && report["own"] == "ok", "\(path): \(report)")
                #expect(report["secret"] != "ok" && report["slots"] == "closed", "\(path): \(report)")
                #expect(report["instances"] == "web" && report["mark"] != "ok", "\(path): \(report)")
                #expect((report["write"] == "ok") == isWritten, "\(path): \(report)")
                spec.process.env = ["STAY": "1"]
                let run = try await host.start(spec)
                try await host.started(run)
                let seen = try #require(host.supervisor.sandbox(of: run))
                #expect(!seen.items.contains { $0.verdict == .no || $0.verdict == .unknown }, "\(seen.items)")
                kill(try #require(host.supervisor.runtimeInfo(run)?.identity?.pid), SIGKILL)
                try await host.exited(run)
                await host.supervisor.acknowledge(run)
            }
        }
    }

    @Test func aListThatContradictsWhatIsHiddenIsRefused() async throws {
        try await withHost { host in
            func refusal(_ change: (inout Sandbox) -> Void) async -> PreparationFailure? {
                var spec = shell(sleeper)
                spec.process.sandbox = .at(.standard, change)
                return await host.supervisor.prepare(spec)
            }
            let shown = try #require(await refusal { $0.readOnlyPaths = [host.stateDir] })
            #expect(shown.code == "sandbox-path" && shown.message.contains("is hidden from runs"))
            #expect(shown.remedy.contains("hideInstances: false"))
            let lost = try #require(await refusal { $0.inaccessiblePaths = [host.base] })
            #expect(lost.code == "sandbox-hides" && lost.message.contains("the run's own directories"))
        }
    }

    @Test(
        "What is listed within a hidden directory is shown, and told (as root)",
        .enabled(if: !isSkipped, "needs root, perl, Landlock"))
    func listedWithin() async throws {
        try await withHost { host in
            writeFile("\(host.base)/secrets/shown", "x", mode: 0o644)
            writeFile("\(host.base)/secrets/hidden", "x", mode: 0o644)
            let program = """
                get('shown', '\(host.base)/secrets/shown'); get('hidden', '\(host.base)/secrets/hidden');
                sleep 600;
                """
            let path = "\(host.base)/secrets/shown"
            let run = try await host.start(
                perl(program, sandbox: .at(.standard) { $0.readOnlyPaths = [path] }))
            try await host.started(run)
            await eventually("it has tried") { host.lines(of: run).count == 2 }
            #expect(host.lines(of: run) == ["shown=ok", "hidden=ENOENT"])
            let item = try #require(
                host.supervisor.sandbox(of: run)?.items.first { $0.name == "hideInstances" })
            #expect(item.verdict == .yes && item.evidence.hasSuffix("; shown: \(path)"), "\(item)")
        }
    }

    @Test(
        "The directories of a sandbox are open to a run whose own files are not (as root)",
        .enabled(if: !isSkipped, "needs root, perl, Landlock"),
        arguments: [Sandbox.Level.standard, .strict, .paranoid])
    func narrowMask(level: Sandbox.Level) async throws {
        try await withHost { host in
            var spec = perl(
                """
                put('own', "$ENV{PLUMB_PRIVATE_DIR}/x"); say('mask', sprintf('%04o', umask));
                say('mode', sprintf('%o', (stat "$ENV{PLUMB_PRIVATE_DIR}/x")[2] & 0777));
                """, sandbox: .at(level), user: Self.nobody)
            spec.process.umask = 0o077
            let report = try await host.report(spec)
            #expect(report == ["own": "ok", "mask": "0077", "mode": "600"])
        }
    }

    @Test(
        "A runtime directory below the state directory is no obstacle (as root)",
        .enabled(if: !isSkipped, "needs root, perl, Landlock"),
        arguments: [Sandbox.Level.standard, .paranoid])
    func nested(level: Sandbox.Level) async throws {
        try await withHost(TestHost(runtime: "state/run")) { host in
            var spec = perl(
                """
                socket(my $s, AF_UNIX, SOCK_DGRAM, 0); connect($s, pack_sockaddr_un($ENV{NOTIFY_SOCKET}))
                or die "$!"; send($s, "READY=1", 0) or die "$!";
                put('own', "$ENV{PLUMB_PRIVATE_DIR}/x"); list('slots', '\(host.layout.slots)');
                """, sandbox: .at(level))
            spec.process.notify = true
            let report = try await host.report(spec)
            #expect(report == ["own": "ok", "slots": "closed"])
        }
    }

    #if arch(x86_64)
        @Test(
            "The limits of other processes are out of reach (as root)",
            .enabled(if: !isSkipped, "needs root, perl, Landlock"),
            arguments: [Sandbox.Level.strict, .paranoid])
        func limits(level: Sandbox.Level) async throws {
            try await withHost { host in
                // No limit at all: it would do no harm.
                let program = """
                    my $free = pack('QQ', ~0, ~0); call('own', 302, 0, 0, $free, 0);
                    call('others', 302, getppid() || 1, 0, $free, 0); call('asked', 302, getppid() || 1, 0, 0, 0);
                    """
                let report = try await host.report(perl(program, sandbox: .at(level)))
                #expect(report == ["own": "ok", "others": "EPERM", "asked": "EPERM"])
            }
        }
    #endif

    @Test(
        "An exec probe can signal its run, which can signal nobody else (as root)",
        .enabled(if: !isSkipped, "needs root, perl, Landlock"),
        arguments: [Sandbox.Level.strict, .paranoid])
    func signals(level: Sandbox.Level) async throws {
        try await withHost { host in
            let look = "kill -USR1 $(cat $PLUMB_PRIVATE_DIR/pid)"
            let script = """
                trap 'echo told' USR1; echo $$ > $PLUMB_PRIVATE_DIR/pid; \
                test $PPID -eq 1 || { kill -0 $PPID 2>/dev/null && echo keeper; }; \
                echo ready; while :; do sleep 0.1; done
                """
            let probe = Probe(
                check: .exec(command: ["/bin/sh", "-c", look]), period: .milliseconds(200),
                timeout: .seconds(20))
            var spec = shell(script, health: Health(readiness: probe))
            spec.process.sandbox = .at(level)
            spec.process.user = Self.nobody
            let run = try await host.start(spec)
            try await host.started(run)
            await eventually("the run has its signal") { host.lines(of: run).contains("told") }
            #expect(host.lines(of: run).first == "ready", "\(host.lines(of: run))")
        }
    }

    @Test(
        "Whatever a filter refuses, a program that cannot be executed is told as such (as root)",
        .enabled(if: !isSkipped, "needs root, perl, Landlock"))
    func failedExecution() async throws {
        try await withHost { host in
            let path = "\(host.base)/no-program"
            writeFile(path, "\u{7F}ELF and nothing else", mode: 0o755)
            var spec = spec(ProcessSpec(command: path))
            spec.process.sandbox = .at(.minimal) {
                $0.systemCallFilter = .init(mode: .deny, deny: ["sendmsg", "sendto", "sendmmsg"])
            }
            let run = try await host.start(spec)
            let cause = try await host.exited(run).cause
            guard case .startFailed(let step, let number, _) = cause else {
                Issue.record("\(cause)")
                return
            }
            #expect(step == "exec" && number == ENOEXEC)
        }
    }

    @Test(
        "A process that takes the name of Plumb's own first process is looked at itself (as root)",
        .enabled(if: !isSkipped, "needs root, perl, Landlock"),
        arguments: [Sandbox.Level.minimal, .standard, .paranoid])
    func falseName(level: Sandbox.Level) async throws {
        try await withHost { host in
            let program = "$0 = 'plumb-init'; say('named', 1); if (fork) { sleep 600 } else { sleep 600 }"
            let run = try await host.start(perl(program, sandbox: .at(level)))
            let identity = try await host.started(run)
            await eventually("it has its name") { host.lines(of: run) == ["named=1"] }
            let seen = try #require(host.supervisor.sandbox(of: run))
            #expect((seen.pid == identity.pid) == (level != .paranoid))
            #expect(!seen.items.contains { $0.verdict == .no || $0.verdict == .unknown })
        }
    }
}
