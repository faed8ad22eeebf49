import Glibc
import Manifests
import Reconciler
import Testing

@testable import Supervisor

/// What the levels minimal and standard promise, tried from inside.
@Suite("Sandbox") struct SandboxTests {
    private static let nobody = "65534"

    @Test(.enabled(if: SandboxNeeds.perl == nil, "no perl"))
    func minimalHasACleanEnvironmentAndNoWayToNewRights() async throws {
        setenv("PLUMB_TEST_LEAK", "leaked", 1)
        defer { unsetenv("PLUMB_TEST_LEAK") }
        try await withHost { host in
            let program = """
                say('leak', $ENV{PLUMB_TEST_LEAK} // 'none'); say('umask', sprintf('%04o', umask));
                open(my $s, '<', '/proc/self/status');
                while (<$s>) { say('nnp', $1) if /^NoNewPrivs:\\s+(\\d)/ }
                """
            let minimal = try await host.report(perl(program, sandbox: .at(.minimal)))
            #expect(minimal == ["leak": "none", "umask": "0022", "nnp": "1"])
            let none = try await host.report(perl(program, sandbox: .at(.none)))
            #expect(none["nnp"] == "0")
            #expect(none["leak"] == "none")
        }
    }

    @Test("A setuid program gains nothing (as root)", .enabled(if: SandboxNeeds.root == nil, "needs root"))
    func setuid() async throws {
        var template = Array("/var/tmp/plumb-setuid-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { return }
        let folder = String(cString: made)
        defer { DirectoryTree.remove(folder) }
        chmod(folder, 0o755)
        let bytes = try contents(of: "/usr/bin/id", bytesMax: 1 << 20)
        try Descriptor("\(folder)/id", O_WRONLY | O_CREAT, mode: 0o755).writeAll(bytes, folder)
        chmod("\(folder)/id", 0o4755)
        try await withHost { host in
            func id(_ level: Sandbox.Level) async throws -> String? {
                var process = ProcessSpec(
                    command: "/bin/sh", args: ["-c", "echo id=$(\(folder)/id -u)"], user: Self.nobody)
                process.sandbox = .at(level)
                return try await host.report(spec(process))["id"]
            }
            // Where the file system has no setuid the second says nothing.
            let free = try await id(.none)
            #expect(free == "0" || free == Self.nobody)
            #expect(try await id(.minimal) == Self.nobody)
        }
    }

    @Test(
        "Standard: the system is read-only, /tmp its own, others are hidden (as root)",
        .enabled(if: (SandboxNeeds.root ?? SandboxNeeds.perl) == nil, "needs root and perl"),
        arguments: [nil, nobody])
    func standard(user: String?) async throws {
        let mark = "/tmp/plumb-sandbox-\(getpid())"
        writeFile(mark, "of the host")
        defer { unlink(mark) }
        try await withHost { host in
            writeFile("\(host.base)/secrets/password", "secret", mode: 0o600)
            let other = try await host.start(shell(sleeper, instance: "other"))
            try await host.started(other)
            let base = host.layout.instances
            let program = """
                put('etc', '/etc/passwd'); put('usr', '/usr/plumb-trial'); list('tmp', '/tmp');
                put('mark', '\(mark)'); put('vartmp', '/var/tmp/x');
                list('instances', '\(base)'); list('slots', '\(host.layout.slots)');
                get('secret', '\(host.base)/secrets/password');
                get('record', '\(host.layout.slot(SlotID(instance: "other", index: 0)))/id');
                list('keepers', '\(host.layout.keeperSockets)');
                get('other', '\(base)/other/0/workspace');
                put('own', "$ENV{PLUMB_PRIVATE_DIR}/x"); put('beside', '\(base)/web/x');
                get('init', '/proc/1/environ'); get('initdir', '/proc/1/status');
                get('keeper', '/proc/' . getppid() . '/environ');
                call('attach', \(Attempt.number("ptrace")), 16, getppid(), 0, 0);
                put('sysctl', '/proc/sys/kernel/hostname'); get('kcore', '/proc/kcore');
                put('sysrq', '/proc/sysrq-trigger'); put('sys', '/sys/kernel/uevent_helper');
                call('mount', \(Attempt.number("mount")), 'none', '/mnt', 'tmpfs', 0, 0);
                """
            let report = try await host.report(perl(program, sandbox: .at(.standard), user: user))
            let denied = user == nil ? "EROFS" : "EACCES"
            #expect(["EROFS", denied].contains(report["etc"]), "\(report)")
            #expect(["EROFS", denied].contains(report["usr"]))
            #expect(report["tmp"] == "")
            #expect(report["mark"] == "ok" && report["vartmp"] == "ok")
            #expect(readFile(mark) == "of the host")
            #expect(report["instances"] == "web")
            #expect(report["slots"] == "closed" && report["keepers"] == "closed", "\(report)")
            #expect(report["record"] != "ok" && report["secret"] != "ok" && report["other"] != "ok")
            #expect(report["own"] == "ok")
            #expect(report["beside"] != "ok")
            #expect(report["init"] != "ok" && report["initdir"] == "ENOENT")
            #expect(report["keeper"] != "ok" && report["attach"] != "ok")
            for item in ["sysctl", "sysrq", "sys", "kcore", "mount"] {
                #expect(report[item] != "ok", "\(item) in \(report)")
            }
            // It is empty again at the next start.
            let again = try await host.report(perl("list('tmp', '/tmp')", sandbox: .at(.standard)))
            #expect(again["tmp"] == "")
        }
    }

    @Test(
        "Mounts neither get out nor stay behind, whoever is killed (as root)",
        .enabled(if: SandboxNeeds.root == nil, "needs root"))
    func mounts() async throws {
        let before = try hostMounts()
        try await withHost { host in
            for level in [Sandbox.Level.standard, .strict, .paranoid] {
                var spec = shell("echo > /tmp/x; \(sleeper)")
                spec.process.sandbox = .at(level)
                let run = try await host.start(spec)
                let identity = try await host.started(run)
                #expect(try hostMounts() == before, "\(level)")
                kill(identity.keeperPID, SIGKILL)
                await eventually("its end is told") { !host.reports(of: run).isEmpty }
                await eventually("its process ends, at \(level)") { !isAlive(identity.pid) }
                await host.supervisor.acknowledge(run)
                #expect(try hostMounts() == before, "\(level)")
            }
        }
    }

    /// Where mounts stand, but for those that others of this host may make meanwhile.
    private func hostMounts() throws -> [String] {
        try #require(readFile("/proc/self/mountinfo")).split(separator: "\n").map { line in
            String(line.split(separator: " ")[4])
        }
    }

    @Test(
        "Single fields tighten and loosen a level (as root)",
        .enabled(if: (SandboxNeeds.root ?? SandboxNeeds.perl) == nil, "needs root and perl"))
    func fields() async throws {
        try await withHost { host in
            let data = "\(host.base)/data"
            let closed = "\(host.base)/closed"
            for folder in [data, closed] { mkdir(folder, 0o777) }
            writeFile("\(closed)/file", "x")
            let program = """
                put('usr', '/usr/plumb-trial'); unlink('/usr/plumb-trial'); put('data', '\(data)/x');
                get('closed', '\(closed)/file'); list('listed', '\(closed)');
                """
            let loose = try await host.report(
                perl(program, sandbox: .at(.standard) { $0.protectSystem = .off }))
            #expect(loose["usr"] == "ok" && loose["data"] == "ok" && loose["closed"] == "ok")
            let tight = try await host.report(
                perl(
                    program,
                    sandbox: .at(.minimal) {
                        $0.readOnlyPaths = [data]
                        $0.inaccessiblePaths = [closed]
                    }))
            #expect(tight["data"] == "EROFS" && tight["closed"] != "ok" && tight["listed"] != "file")
            let written = try await host.report(
                perl(
                    program,
                    sandbox: .at(.minimal) {
                        $0.protectSystem = .strict
                        $0.readWritePaths = [data]
                    }))
            #expect(written["usr"] == "EROFS" && written["data"] == "ok")
        }
    }

    @Test(
        "A program of an ordinary user writes to /dev/stdout, at every level (as root)",
        .enabled(if: SandboxNeeds.strict == nil, "needs root, perl, Landlock"),
        arguments: Sandbox.Level.allCases)
    func standardStreams(level: Sandbox.Level) async throws {
        try await withHost { host in
            let program = """
                for my $path ('/dev/stdout', '/dev/stderr', '/dev/fd/1', '/proc/self/fd/2') {
                    open(my $f, '>>', $path) or die "$path: $!"; close $f }
                say('all', 'ok')
                """
            let report = try await host.report(perl(program, sandbox: .at(level), user: Self.nobody))
            #expect(report["all"] == "ok")
        }
    }

    @Test(
        "What a host has given is asked again when a run did not get it (as root)",
        .enabled(if: SandboxNeeds.root == nil, "needs root"))
    func anAnswerIsForgotten() async throws {
        try await withHost { host in
            var spec = shell("exit 3")
            // Given at the trial; the path goes away before the run.
            spec.process.sandbox = .at(.standard) { $0.readOnlyPaths = ["\(host.base)/gone"] }
            let rules = SandboxRules(spec.process.sandbox)
            let question = SandboxTrials.Question(
                rules, try host.supervisor.assembly.users.resolve(user: nil, group: nil))
            host.supervisor.trials.keep(SandboxVerdict(rules: rules), for: question)
            let report = try await host.exited(try await host.start(spec))
            guard case .startFailed("sandbox", _, let message) = report.cause else {
                Issue.record("\(report.cause)")
                return
            }
            #expect(message.contains("\(host.base)/gone"), "\(message)")
            #expect(host.supervisor.trials.answer(question) == nil)
        }
    }
}
