import CLinux
import Glibc
import KeeperProtocol
import Testing

@Suite(.serialized) struct StartTests {
    let agent = TestAgent()

    @Test func exitCodeIsToldRecordedAndTheLockFreed() throws {
        defer { agent.cleanUp() }
        let run = agent.start(.shell("sleep 0.05; exit 7"))
        run.waitUntilStarted()
        #expect(run.isLocked)
        #expect(run.identityRecord == run.identity)
        let record = try #require(run.waitForExit())
        #expect(record.cause == .exited(code: 7))
        #expect(record.treeProvenEmpty)
        #expect(record.endedAtBoot > record.startedAtBoot)
        #expect(record.rssBytesMax > 0)
        #expect(run.next() == nil)
        #expect(!run.isLocked)
        #expect(run.exitRecord == record)
        #expect(access(run.socketPath, F_OK) != 0)
    }

    @Test func signalIsTold() throws {
        defer { agent.cleanUp() }
        let run = agent.start(.shell("kill -USR1 $$"))
        #expect(try #require(run.waitForExit()).cause == .signaled(SIGUSR1, coreDumped: false))
    }

    @Test func signalMessageReachesTheMainProcess() throws {
        defer { agent.cleanUp() }
        let run = agent.start(.shell("trap 'exit 5' USR2; echo ready; while :; do sleep 0.01; done"))
        eventually("the trap is set") { run.output().contains("ready") }
        run.send(.signal(SIGUSR2))
        #expect(try #require(run.waitForExit()).cause == .exited(code: 5))
    }

    @Test func missingExecutableComesBackWithStepAndErrno() throws {
        defer { agent.cleanUp() }
        let spec = LaunchSpec(runID: "r", executable: "/nowhere/program", arguments: ["program"])
        let run = agent.start(spec)
        let record = try #require(run.waitForExit())
        #expect(record.cause == .execFailed(step: .execute, errno: ENOENT))
        #expect(run.messages.contains(.execFailed(step: .execute, errno: ENOENT)))
        #expect(!run.messages.contains(.started))
        eventually("the record is kept") { run.exitRecord?.cause == record.cause }
    }

    @Test func missingWorkingDirectoryIsAStepOfItsOwn() throws {
        defer { agent.cleanUp() }
        var spec = LaunchSpec.shell("true")
        spec.workingDirectory = "/nowhere"
        let record = try #require(agent.start(spec).waitForExit())
        #expect(record.cause == .execFailed(step: .workingDirectory, errno: ENOENT))
    }

    @Test func specThatIsNotValidIsRefused() throws {
        defer { agent.cleanUp() }
        let spec = LaunchSpec(runID: "r", executable: "not/absolute", arguments: ["x"])
        let record = try #require(agent.start(spec).waitForExit())
        guard case .execFailed(step: .specification, _) = record.cause else {
            Issue.record("\(record.cause)")
            return
        }
    }

    @Test func workloadFindsACleanWorld() throws {
        defer { agent.cleanUp() }
        var spec = LaunchSpec.shell(
            """
            pwd; umask; ulimit -n; ulimit -Hn; echo "$SECRET"; ls /proc/self/fd | wc -w
            grep -E '^(SigBlk|SigIgn|NoNewPrivs):' /proc/self/status; readlink /proc/self/fd/0
            [ "$(ps -o sid= -p $$ | tr -d ' ')" = $$ ] && echo leader
            """)
        spec.workingDirectory = "/usr"
        spec.umask = 0o077
        spec.nofile = ResourceLimit(soft: 100, hard: 200)
        spec.noNewPrivileges = true
        let run = agent.start(spec)
        #expect(try #require(run.waitForExit()).cause == .exited(code: 0), "\(run.output("stderr.log"))")
        let lines = run.output().split(separator: "\n").map { $0.filter { $0 != "\t" } }
        // Descriptors: the three standard ones, and the one with which ls reads the directory.
        #expect(
            lines == [
                "/usr", "0077", "100", "200", "hunter2", "4",
                "SigBlk:0000000000000000", "SigIgn:0000000000000000", "NoNewPrivs:1", "/dev/null", "leader",
            ])
    }

    /// Needs root: changing ids is what is tested.
    @Test(.enabled(if: geteuid() == 0, "needs root")) func workloadRunsAsItsUserWithoutOldGroups() throws {
        defer { agent.cleanUp() }
        var spec = LaunchSpec.shell("id -u; id -g; id -G; grep CapEff /proc/self/status")
        spec.user = 65534
        spec.group = 65534
        let run = agent.start(spec)
        #expect(try #require(run.waitForExit()).cause == .exited(code: 0))
        #expect(run.output() == "65534\n65534\n65534\nCapEff:\t0000000000000000\n")
        spec.runID = "run-2"
        spec.supplementaryGroups = [65534, 4242]
        let second = agent.start(spec, slot: "web-1")
        _ = second.waitForExit()
        #expect(second.output().contains("65534 4242"))
    }

    @Test func noSecretIsInTheKeeper() throws {
        defer { agent.cleanUp() }
        let run = agent.start(.shell("exec sleep 60"))
        run.waitUntilStarted()
        for pid in [run.keeper, agent.zygote] {
            #expect(memoryContains("hunter2", of: pid) == false, "pid \(pid)")
        }
        run.send(.stop(steps: [.killTree]))
        _ = run.waitForExit()
    }

    @Test func twoHundredAtOnce() {
        defer { agent.cleanUp() }
        let count = 200
        var runs: [TestRun] = []
        var unanswered = 0
        for number in 0..<count {
            var spec = LaunchSpec.shell("exit \(number % 100)", runID: "run-\(number)")
            spec.socketName = ""
            runs.append(agent.request(spec, slot: "s-\(number)"))
            unanswered += 1
            if unanswered == 32 {
                for _ in 0..<32 { #expect(agent.reply() != nil) }
                unanswered = 0
            }
        }
        for _ in 0..<unanswered { #expect(agent.reply() != nil) }
        for (number, run) in runs.enumerated() {
            #expect(run.waitForExit()?.cause == .exited(code: Int32(number % 100)))
            #expect(run.next() == nil)
            #expect(!run.isLocked)
        }
    }
}

/// Whether a process's private writable memory holds the text.
func memoryContains(_ text: String, of pid: Int32) -> Bool? {
    guard let maps = readFile("/proc/\(pid)/maps") else { return nil }
    let memory = open("/proc/\(pid)/mem", O_RDONLY | O_CLOEXEC)
    guard memory >= 0 else { return nil }
    defer { close(memory) }
    for line in maps.split(separator: "\n") where line.contains(" r") {
        let range = line.prefix { $0 != " " }.split(separator: "-").compactMap { UInt64($0, radix: 16) }
        guard range.count == 2, range[0] < 1 << 47 else { continue }
        var buffer = [UInt8](repeating: 0, count: Int(range[1] - range[0]))
        let length = pread(memory, &buffer, buffer.count, off_t(range[0]))
        if length > 0, contains(buffer[0..<length], Array(text.utf8)) { return true }
    }
    return false
}

private func contains(_ bytes: ArraySlice<UInt8>, _ text: [UInt8]) -> Bool {
    var rest = bytes
    while let first = rest.firstIndex(of: text[0]) {
        if bytes[first...].starts(with: text) { return true }
        rest = rest[(first + 1)...]
    }
    return false
}
