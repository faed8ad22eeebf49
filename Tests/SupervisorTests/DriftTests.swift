import Glibc
import Manifests
import Reconciler
import Synchronization
import Testing

@testable import Supervisor

extension TestHost {
    /// What was told last of this kind; nil where nothing was.
    func finding(_ kind: Condition.Kind, of run: RunID) -> RunFinding? {
        events.reversed().lazy.compactMap { event in
            if case .found(run, let finding) = event, finding.kind == kind { finding } else { nil }
        }.first
    }

    func isStale(_ run: RunID) -> Bool { finding(.stale, of: run)?.reason.isEmpty == false }

    /// Where a limit of the run stands.
    func limitFile(_ name: String, of run: RunID) -> String? {
        guard let groups = supervisor.groups, let group = supervisor.table.withLock({ $0[run]?.group }) else {
            return nil
        }
        return groups.limits(of: group).files.first { $0.hasSuffix("/\(name)") }
    }

    /// Waits until the run was looked at after its start.
    func lookedAt(_ run: RunID) async {
        await eventually("\(run) is looked at") {
            self.supervisor.table.withLock { $0[run]?.seen != nil }
        }
    }

    /// A program of its own, which a test may replace.
    func copyProgram(_ source: String = "/bin/sleep", to name: String) {
        guard let file = try? Descriptor(source, O_RDONLY),
            let bytes = try? file.readAll(bytesMax: 64 << 20, source)
        else { return }
        unlink("\(base)/\(name)")
        let copy = try? Descriptor("\(base)/\(name)", O_WRONLY | O_CREAT, mode: 0o755)
        #expect(throws: Never.self) { try copy?.writeAll(bytes, name) }
        chmod("\(base)/\(name)", 0o755)
    }
}

@Suite struct DriftTests {
    private func sleeping(_ host: TestHost, _ name: String = "prog") -> InstanceSpec {
        spec(ProcessSpec(command: "\(host.base)/\(name)", args: ["600"]))
    }

    @Test func aProgramThatIsReplacedIsStaleAndOneThatIsPutBackIsNot() async throws {
        try await withHost { host in
            host.copyProgram(to: "prog")
            let run = try await host.start(sleeping(host))
            let pid = try await host.started(run).pid
            await host.lookedAt(run)
            #expect(host.finding(.stale, of: run) == nil)
            rename("\(host.base)/prog", "\(host.base)/old")
            host.copyProgram("/bin/cat", to: "fresh")
            rename("\(host.base)/fresh", "\(host.base)/prog")
            await eventually("it is stale") { host.isStale(run) }
            let finding = try #require(host.finding(.stale, of: run))
            #expect(finding.reason == RunFinding.executableReplaced)
            #expect(finding.message.contains("\(host.base)/prog was replaced at 20"))
            #expect(finding.message.contains("pid \(pid)") && finding.message.contains("restartNonce"))
            rename("\(host.base)/old", "\(host.base)/prog")
            await eventually("it is fresh again") { !host.isStale(run) }
            // A copy with the same bytes is the same program, as after the reinstallation of a package.
            host.copyProgram(to: "same")
            rename("\(host.base)/same", "\(host.base)/prog")
            host.copyProgram(to: "other")
            unlink("\(host.base)/prog")
            await eventually("it is missing") {
                host.finding(.stale, of: run)?.reason == RunFinding.executableMissing
            }
            rename("\(host.base)/other", "\(host.base)/prog")
            await eventually("the same bytes are enough") { !host.isStale(run) }
        }
    }

    @Test func aScriptThatIsRewrittenInPlaceIsStale() async throws {
        try await withHost { host in
            let text = "#!/bin/sh\nwhile :; do sleep 1; done\n"
            writeFile("\(host.base)/prog", text, mode: 0o755)
            let run = try await host.start(spec(ProcessSpec(command: "\(host.base)/prog")))
            try await host.started(run)
            await host.lookedAt(run)
            #expect(host.finding(.stale, of: run) == nil)
            let file = try Descriptor("\(host.base)/prog", O_WRONLY | O_APPEND)
            try file.writeAll(Array("# more\n".utf8), "prog")
            _ = consume file
            await eventually("it is stale") { host.isStale(run) }
            #expect(host.finding(.stale, of: run)?.message.contains("the script") == true)
            writeFile("\(host.base)/prog", text, mode: 0o755)
            await eventually("the text of before is enough") { !host.isStale(run) }
        }
    }

    /// Times of files prove nothing.
    @Test func aScriptThatIsTouchedOrComesFromTheFutureIsNotStale() async throws {
        try await withHost { host in
            let loop = "while :; do sleep 1; done\n"
            let large = String(repeating: "# filler\n", count: SupervisorLimits.scriptBytesMax / 9 + 1)
            writeFile("\(host.base)/future", "#!/bin/sh\n" + loop, mode: 0o755)
            writeFile("\(host.base)/touched", "#!/bin/sh\n" + loop, mode: 0o755)
            writeFile("\(host.base)/large", "#!/bin/sh\n" + loop + large, mode: 0o755)
            func touch(_ name: String, _ time: Int) {
                let times = [timespec(tv_sec: time, tv_nsec: 0), timespec(tv_sec: time, tv_nsec: 0)]
                #expect(utimensat(AT_FDCWD, "\(host.base)/\(name)", times, 0) == 0)
            }
            touch("future", 4_000_000_000)
            var runs: [RunID] = []
            for name in ["future", "touched", "large"] {
                let run = try await host.start(
                    spec(ProcessSpec(command: "\(host.base)/\(name)"), instance: name))
                try await host.started(run)
                runs.append(run)
            }
            touch("touched", time(nil) + 1)
            touch("large", time(nil) + 1)
            for run in runs { await host.lookedAt(run) }
            #expect(runs.allSatisfy { host.finding(.stale, of: $0) == nil })
        }
    }

    @Test("A program that is exchanged before anybody looked is stale") func exchangedAtOnce() async throws {
        try await withHost { host in
            host.copyProgram(to: "prog")
            writeFile("\(host.base)/script", "#!/bin/sh\nwhile :; do sleep 1; done\n", mode: 0o755)
            let program = try await host.start(sleeping(host))
            let script = try await host.start(
                spec(ProcessSpec(command: "\(host.base)/script"), instance: "script"))
            for run in [program, script] { try await host.started(run) }
            unlink("\(host.base)/prog")
            host.copyProgram("/bin/cat", to: "prog")
            writeFile("\(host.base)/script", "#!/bin/sh\nexit 0\n", mode: 0o755)
            await eventually("both are stale") { host.isStale(program) && host.isStale(script) }
        }
    }

    @Test("root: a program that takes other rights, as it may, has not drifted") func setUser() async throws {
        try await withHost { host in
            guard geteuid() == 0 else {
                print("skipped: making a program that changes its user takes root")
                return
            }
            chmod(host.base, 0o755)
            host.copyProgram(to: "prog")
            chmod("\(host.base)/prog", 0o4755)
            var own = ProcessSpec(command: "\(host.base)/prog", args: ["600"], user: "nobody")
            own.sandbox = Sandbox(level: Sandbox.Level.none)
            let run = try await host.start(spec(own))
            let pid = try await host.started(run).pid
            await host.lookedAt(run)
            let bytes = try contents(of: "/proc/\(pid)/status", bytesMax: 8192)
            let status = String(decoding: bytes, as: UTF8.self)
            #expect(status.contains("Uid:\t65534\t0\t"), "\(status)")
            #expect(host.finding(.drifted, of: run)?.reason.isEmpty != false)
        }
    }

    @Test func aDirectoryInWhichOthersAreBusyIsLeftForAWhile() async throws {
        try await withHost { host in
            host.copyProgram(to: "prog")
            let run = try await host.start(sleeping(host))
            try await host.started(run)
            await host.lookedAt(run)
            let before = host.supervisor.drift.directoryCount
            await eventually("the directory is left") {
                for _ in 0..<100 {
                    writeFile("\(host.base)/noise", "")
                    unlink("\(host.base)/noise")
                }
                return host.supervisor.drift.directoryCount < before
            }
            unlink("\(host.base)/prog")
            host.copyProgram("/bin/cat", to: "prog")
            await eventually("what happened meanwhile is found") { host.isStale(run) }
            #expect(host.supervisor.drift.directoryCount == before)
        }
    }

    @Test func aLinkThatLeadsElsewhereIsNoticed() async throws {
        try await withHost { host in
            for version in ["v1", "v2"] { mkdir("\(host.base)/\(version)", 0o755) }
            host.copyProgram(to: "v1/prog")
            host.copyProgram("/bin/cat", to: "v2/prog")
            symlink("v1", "\(host.base)/current")
            let run = try await host.start(sleeping(host, "current/prog"))
            try await host.started(run)
            await host.lookedAt(run)
            symlink("v2", "\(host.base)/next")
            rename("\(host.base)/next", "\(host.base)/current")
            await eventually("it is stale") { host.isStale(run) }
        }
    }

    @Test func whatHappensWhileTheAgentIsAwayIsNoticedOnItsReturn() async throws {
        try await withHost { host in
            host.copyProgram(to: "prog")
            writeFile("\(host.base)/script", "#!/bin/sh\nwhile :; do sleep 1; done\n", mode: 0o755)
            let specs = [
                sleeping(host), spec(ProcessSpec(command: "\(host.base)/script"), instance: "script"),
                shell("exec sleep 600", instance: "still"),
            ]
            var runs: [RunID] = []
            for spec in specs {
                let run = try await host.start(spec)
                try await host.started(run)
                runs.append(run)
            }
            for run in runs { await host.lookedAt(run) }
            host.drop()
            unlink("\(host.base)/prog")
            host.copyProgram("/bin/cat", to: "prog")
            writeFile("\(host.base)/script", "#!/bin/sh\nexit 0\n", mode: 0o755)
            #expect(try await host.open().count == 3)
            for (run, spec) in zip(runs, specs) {
                try await host.supervisor.update(run, spec: spec, reload: false)
            }
            await eventually("both are stale") { host.isStale(runs[0]) && host.isStale(runs[1]) }
            await host.lookedAt(runs[2])
            // A shell that became another program is as it was.
            #expect(host.finding(.stale, of: runs[2]) == nil && host.finding(.drifted, of: runs[2]) == nil)
        }
    }

    @Test(arguments: [false, true])
    func aProgramThatShowsItsStateAsItsArgumentsHasNotDrifted(all: Bool) async throws {
        try await withHost { host in
            // Once it was seen, it writes over its name, or over all of its arguments.
            let title = """
                import ctypes, os, sys, time
                while not os.path.exists(sys.argv[1]): time.sleep(0.05)
                name = ctypes.c_void_p.in_dll(ctypes.CDLL(None), 'program_invocation_name').value
                size = len(open('/proc/self/cmdline').read()) if sys.argv[2] == 'all' else 4
                ctypes.memmove(name, b'idle'.ljust(size, bytes(1)), size)
                time.sleep(600)
                """
            let file = "\(host.base)/seen"
            let process = ProcessSpec(
                command: "/usr/bin/python3", args: ["-c", title, file, all ? "all" : "name"], env: ["A": "b"])
            let run = try await host.start(spec(process))
            let pid = try await host.started(run).pid
            await host.lookedAt(run)
            writeFile(file, "")
            await eventually("it shows its state") {
                let bytes = try? contents(of: "/proc/\(pid)/cmdline", bytesMax: 4096)
                return bytes?.starts(with: Array("idle".utf8)) == true
            }
            host.drop()
            try await host.open()
            try await host.supervisor.update(run, spec: spec(process), reload: false)
            await host.lookedAt(run)
            #expect(host.finding(.drifted, of: run) == nil)
        }
    }

    @Test("root: a process that is moved out of its control group has drifted")
    func movedOut() async throws {
        try await withHost { host in
            guard geteuid() == 0, let group = host.supervisor.info.controlGroupTree else {
                print("skipped: moving processes takes root and a control group")
                return
            }
            let run = try await host.start(shell(sleeper))
            let pid = try await host.started(run).pid
            await host.lookedAt(run)
            let other = "\(group)/elsewhere"
            mkdir(other, 0o755)
            let procs = try Descriptor("\(other)/cgroup.procs", O_WRONLY)
            try procs.writeAll(Array("\(pid)".utf8), other)
            await eventually("it has drifted") {
                host.finding(.drifted, of: run)?.reason == RunFinding.movedOutOfGroup
            }
            let own = try #require(host.supervisor.runtimeInfo(run)?.controlGroup)
            let back = try Descriptor("\(own)/cgroup.procs", O_WRONLY)
            try back.writeAll(Array("\(pid)".utf8), own)
            await eventually("it is back") { host.finding(.drifted, of: run)?.reason == "" }
            rmdir(other)
        }
    }

    @Test("root: a limit that somebody else writes is drift, and is written again where it is to be healed")
    func limits() async throws {
        try await withHost { host in
            guard geteuid() == 0, host.supervisor.info.controlGroupTree != nil else {
                print("skipped: limits take root and a control group")
                return
            }
            var wanted = shell(sleeper)
            wanted.resources = Resources(memory: 256 << 20, pids: 40)
            let run = try await host.start(wanted)
            try await host.started(run)
            await host.lookedAt(run)
            let file = try #require(host.limitFile("pids.max", of: run))
            #expect(ControlFile.write(file, "7") == 0)
            await eventually("it has drifted") {
                host.finding(.drifted, of: run)?.reason == RunFinding.limitsChanged
            }
            let message = host.finding(.drifted, of: run)?.message ?? ""
            #expect(message.hasPrefix("pids is limited to 7, and 40 is declared; write it"), "\(message)")
            #expect(ControlFile.number(file) == 7)
            // Another live field is no reason to touch it.
            var changed = wanted
            changed.specHash = SpecHash(hex: "other")
            changed.stop.grace = .seconds(1)
            try await host.supervisor.update(run, spec: changed, reload: false)
            #expect(ControlFile.number(file) == 7)
            changed.drift = .heal
            try await host.supervisor.update(run, spec: changed, reload: false)
            try await host.supervisor.update(run, spec: changed, reload: false)
            #expect(ControlFile.number(file) == 40)
            await eventually("nothing is found any more") { host.finding(.drifted, of: run)?.reason == "" }
            // Another limit, and another time.
            let memory = try #require(
                host.limitFile("memory.limit_in_bytes", of: run) ?? host.limitFile("memory.max", of: run))
            #expect(ControlFile.write(memory, "\(100 << 20)") == 0)
            await eventually("it has drifted again") {
                host.finding(.drifted, of: run)?.message.hasPrefix("memory is limited to 100Mi, and 256")
                    == true
            }
        }
    }

    @Test func oneDirectoryIsWatchedOnceForAllPrograms() async throws {
        try await withHost { host in
            var runs: [RunID] = []
            for index in 0..<5 {
                host.copyProgram(to: "prog\(index)")
                let run = try await host.start(sleeping(host, "prog\(index)"), index: index)
                try await host.started(run)
                runs.append(run)
            }
            for run in runs { await host.lookedAt(run) }
            #expect(host.supervisor.drift.directoryCount <= 3)
            for run in runs { host.supervisor.stop(run, policy: StopPolicy()) }
            for run in runs { try await host.exited(run) }
            await eventually("nothing is watched any more") { host.supervisor.drift.directoryCount == 0 }
        }
    }

    @Test func aTrailNamesEveryLinkAndTheFile() throws {
        let base = TestHost.temporaryDirectory()
        defer { DirectoryTree.remove(base) }
        mkdir("\(base)/v1", 0o755)
        writeFile("\(base)/v1/real", "x")
        symlink("real", "\(base)/v1/prog")
        symlink("\(base)/v1", "\(base)/current")
        #expect(
            PathTrail(of: "\(base)/current/prog").points.map { "\($0.directory)/\($0.name)" }
                == ["\(base)/current", "\(base)/v1/prog", "\(base)/v1/real"])
        #expect(PathTrail(of: "\(base)/none/prog").points.map(\.name) == ["none"])
        symlink("loop", "\(base)/loop")
        #expect(PathTrail(of: "\(base)/loop").points.count <= 41)
    }
}

/// What is kept beside the slot speaks of what is in force, not of what once was started.
@Suite struct LiveChangeTests {
    @Test func aLiveChangeIsRememberedBesideTheSlot() async throws {
        try await withHost { host in
            let run = try await host.start(shell(sleeper), memo: [1])
            try await host.started(run)
            try await host.supervisor.update(run, spec: shell(sleeper), reload: false, memo: [2, 2])
            host.drop()
            let adopted = try await host.open()
            #expect(adopted.map(\.memo) == [[2, 2]])
            guard case .live? = adopted.first?.state else {
                Issue.record("not live: \(adopted)")
                return
            }
        }
    }

    @Test func aChangeThatComesTooLateLeavesTheNextRunsRecordAlone() async throws {
        try await withHost { host in
            let first = try await host.start(shell("exit 0"), memo: [1])
            try await host.exited(first)
            await host.supervisor.acknowledge(first)
            let second = try await host.start(shell(sleeper), memo: [2])
            try await host.started(second)
            try await host.supervisor.update(first, spec: shell(sleeper), reload: false, memo: [9])
            host.drop()
            #expect(try await host.open().map(\.memo) == [[2]])
        }
    }
}
