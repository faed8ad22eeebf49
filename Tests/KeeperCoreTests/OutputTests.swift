import CLinux
import Glibc
import KeeperProtocol
import TestKit
import Testing

@Suite(.serialized) struct OutputTests {
    let agent = TestAgent()

    @Test func streamsAreSeparateAndLinesHaveTheirTime() throws {
        defer { agent.cleanUp() }
        let before = clinux_realtime_ns()
        let run = agent.start(.shell("echo one; sleep 0.1; echo two; echo bad >&2"))
        let record = try #require(run.waitForExit())
        #expect(run.output() == "one\ntwo\n")
        #expect(run.output("stderr.log") == "bad\n")
        #expect(record.stdout == StreamTotals(loggedBytes: 8))
        #expect(record.stderr == StreamTotals(loggedBytes: 4))
        let index = run.index()
        #expect(index.map(\.kind) == [.runStarted, .data, .data, .runEnded(.exited(code: 0))])
        #expect(index.map(\.offset) == [0, 0, 4, 8])
        #expect(index[0].wall == record.startedAtWall)
        #expect(index[1].wall >= before)
        #expect(index[2].wall - index[1].wall >= 90_000_000)
    }

    @Test func aSecondRunOfTheSlotGoesOnWhereTheFirstEnded() throws {
        defer { agent.cleanUp() }
        _ = try #require(agent.start(.shell("echo one")).waitForExit())
        let lock = agent.slot("web-0") + "/lock"
        eventually("the lock is free") { !isLocked(lock) }
        let second = agent.start(.shell("echo two", runID: "run-2"))
        _ = try #require(second.waitForExit())
        #expect(second.output() == "one\ntwo\n")
        #expect(
            second.index().map(\.kind) == [
                .runStarted, .data, .runEnded(.exited(code: 0)), .runStarted, .data,
                .runEnded(.exited(code: 0)),
            ])
    }

    @Test func aSilentRunLeavesNoFiles() throws {
        defer { agent.cleanUp() }
        let run = agent.start(.shell("exec >/dev/null; exit 0"))
        let record = try #require(run.waitForExit())
        #expect(record.stdout == StreamTotals())
        #expect(!exists("\(run.slot)/output/stdout.log"))
        #expect(!exists("\(run.slot)/output/stderr.log"))
    }

    @Test func rotationKeepsEveryByteOfTheNewestFiles() throws {
        defer { agent.cleanUp() }
        var spec = LaunchSpec.shell("seq 1 20000")
        spec.policy.logLimits = LogLimits(sizeBytesMax: 10_000, filesMax: 4)
        let run = agent.start(spec)
        let record = try #require(run.waitForExit())
        #expect(record.stdout == StreamTotals(loggedBytes: 108_894))
        let names = (0..<4).reversed().map { LogFiles.name(LogFiles.stdout, number: $0) }
        let kept = names.map { run.output($0) }.joined()
        let all = (1...20000).map { "\($0)\n" }.joined()
        #expect(all.hasSuffix(kept))
        #expect(kept.utf8.count > 30_000)
        #expect(!exists("\(run.slot)/output/stdout.log.4"))
        for name in names {
            #expect(run.output(name).utf8.count <= 10_000)
            #expect(run.index(name).first?.offset == 0, "\(name)")
        }
    }

    @Test func aLowerLimitTakesEffectWhileTheRunLives() throws {
        defer { agent.cleanUp() }
        var spec = LaunchSpec.shell("seq 1 5000; read x < \(agent.directory)/fifo; seq 1 5000")
        mkfifo(agent.directory + "/fifo", 0o600)
        spec.policy.logLimits = LogLimits(sizeBytesMax: 4096, filesMax: 5)
        let run = agent.start(spec)
        eventually("five files") { exists("\(run.slot)/output/stdout.log.4") }
        run.send(.updatePolicy(KeeperPolicy(logLimits: LogLimits(sizeBytesMax: 4096, filesMax: 2))))
        eventually("three are gone") { !exists("\(run.slot)/output/stdout.log.2") }
        writeFile(agent.directory + "/fifo", "go\n")
        _ = try #require(run.waitForExit())
        #expect(exists("\(run.slot)/output/stdout.log.1"))
        #expect(!exists("\(run.slot)/output/stdout.log.2"))
    }

    @Test(.survives(.logTrouble, "removed")) func aRemovedLogIsMadeAgain() throws {
        defer { agent.cleanUp() }
        let run = agent.start(.shell("echo one; read x < \(fifo()); echo two"))
        eventually("the first line is there") { run.output() == "one\n" }
        unlink("\(run.slot)/output/stdout.log")
        go()
        let record = try #require(run.waitForExit())
        #expect(run.output() == "two\n")
        // What was in it is lost, whoever removed it: that is counted, and said in the new file's index.
        #expect(record.stdout == StreamTotals(loggedBytes: 4, lostBytes: 4))
        #expect(run.index().contains { $0.kind == .gapBegan(.removed) })
        #expect(run.index().contains { $0.kind == .gap(lostBytes: 4) })
        #expect(run.messages.contains(.logGap(stream: .stdout, lostBytes: 4)))
        // It is over as soon as it is noticed, and told all the same.
        let told = run.messages.compactMap { message -> LogLoss?? in
            if case .logTrouble(.stdout, let loss, _) = message { .some(loss) } else { nil }
        }
        #expect(told == [.removed, nil])
    }

    @Test func aLogThatWasMadeShorterGoesOnAtItsNewEnd() throws {
        defer { agent.cleanUp() }
        let run = agent.start(.shell("echo one; read x < \(fifo()); echo two"))
        eventually("the first line is there") { run.output() == "one\n" }
        truncate("\(run.slot)/output/stdout.log", 0)
        go()
        let record = try #require(run.waitForExit())
        #expect(run.output() == "two\n")
        #expect(record.stdout == StreamTotals(loggedBytes: 4, lostBytes: 4))
        #expect(run.index().contains { $0.kind == .gapBegan(.truncated) })
        #expect(run.index().allSatisfy { $0.offset <= 4 })
    }

    @Test func aLogThatWasMovedAwayIsBegunAnewAndNothingIsLost() throws {
        defer { agent.cleanUp() }
        let run = agent.start(.shell("echo one; read x < \(fifo()); echo two"))
        eventually("the first line is there") { run.output() == "one\n" }
        rename("\(run.slot)/output/stdout.log", "\(run.slot)/output/elsewhere")
        go()
        let record = try #require(run.waitForExit())
        #expect(run.output("elsewhere") + run.output() == "one\ntwo\n")
        #expect(record.stdout == StreamTotals(loggedBytes: 8))
    }

    @Test func aRemovedIndexIsMadeAgain() throws {
        defer { agent.cleanUp() }
        let run = agent.start(.shell("while :; do echo one; sleep 0.02; done"))
        eventually("the first line is there") { !run.output().isEmpty }
        unlink("\(run.slot)/output/stdout.log.index")
        eventually("times are kept again") { run.index().contains { $0.kind == .data } }
        #expect(run.index().first?.kind == .runContinues)
        run.send(.stop(steps: [.killTree]))
        #expect(try #require(run.waitForExit()).stdout.lostBytes == 0)
    }

    @Test func anIndexThatTellsOfMoreThanTheLogHoldsIsCutBack() throws {
        defer { agent.cleanUp() }
        let output = agent.slot("web-0") + "/output"
        _ = try #require(agent.start(.shell("seq 1 1000; sleep 0.01; seq 1 1000")).waitForExit())
        let lock = agent.slot("web-0") + "/lock"
        eventually("the lock is free") { !isLocked(lock) }
        truncate(output + "/stdout.log", 100)
        let second = agent.start(.shell("echo two", runID: "run-2"))
        _ = try #require(second.waitForExit())
        let offsets = second.index().map(\.offset)
        #expect(offsets == offsets.sorted())
        #expect(offsets.last == 104)
    }

    @Test func theIndexNamesRunsAndTellsHowTheyEnded() throws {
        defer { agent.cleanUp() }
        let id = "0123456789abcdef0042"
        var spec = LaunchSpec.shell("seq 1 5000; exit 3", runID: id)
        spec.policy.logLimits = LogLimits(sizeBytesMax: 4096, filesMax: 100)
        let run = agent.start(spec)
        _ = try #require(run.waitForExit())
        let wanted: [(String, LogIndexEntry.Kind)] = [
            ("stdout.log.1", .runContinues), ("stdout.log.5", .runStarted),
        ]
        for (name, kind) in wanted {
            let index = run.index(name)
            let first = try #require(index.first)
            #expect(first.kind == kind, "\(name)")
            guard case .runIDHead(let head) = index[1].kind, case .runIDTail(let tail) = index[2].kind else {
                Issue.record("no id in \(name)")
                return
            }
            #expect(LogRunID(head: head, tail: tail).text == id)
        }
        #expect(run.index().last?.kind == .runEnded(.exited(code: 3)))
        #expect(run.index().last?.offset == UInt64(run.output().utf8.count))
    }

    @Test func oldFilesGoWithTheirAge() throws {
        defer { agent.cleanUp() }
        var spec = LaunchSpec.shell("seq 1 3000; read x < \(fifo()); seq 4001 7000; read x < \(fifo())")
        spec.policy.logLimits = LogLimits(sizeBytesMax: 4096, filesMax: 50, ageMax: 3_600_000_000_000)
        let run = agent.start(spec)
        eventually("rotated") { exists("\(run.slot)/output/stdout.log.3") }
        for number in 2...3 { makeOld("\(run.slot)/output/stdout.log.\(number)") }
        go()
        eventually("more is rotated") { run.output().hasSuffix("7000\n") }
        // By now the old ones would be number 6 and 7.
        #expect(!exists("\(run.slot)/output/stdout.log.6"))
        go()
        _ = try #require(run.waitForExit())
    }

    @Test func whatIsTooOldGoesWhileTheRunIsSilent() throws {
        defer { agent.cleanUp() }
        let output = agent.slot("web-0") + "/output"
        writeFile(output + "/stderr.log", "of an earlier run")
        makeOld(output + "/stderr.log")
        var spec = LaunchSpec.shell("echo one; read x < \(fifo()); echo two")
        spec.policy.logLimits = LogLimits(sizeBytesMax: 4096, filesMax: 3, ageMax: 2_000_000_000)
        let run = agent.start(spec)
        eventually("the line is written") { status(run)?.stdout.loggedBytes == 4 }
        eventually("it is put aside and removed, and nobody wrote anything") {
            exists(output + "/stdout.log") && run.output().isEmpty && !exists(output + "/stdout.log.1")
        }
        eventually("so is what was there before") {
            !exists(output + "/stderr.log") && !exists(output + "/stderr.log.1")
        }
        go()
        let record = try #require(run.waitForExit())
        #expect(run.output() == "two\n")
        #expect(record.stdout == StreamTotals(loggedBytes: 8))
    }

    /// The newest entry that an index can have, and one of a clock that was ahead.
    @Test(
        .survives(.garbage, "times in an index, and of a file"),
        arguments: [UInt64.max, 1 << 63, 5_000_000_000_000_000_000, nil])
    func aTimeThatNeverCameIsTakenForNow(_ wall: UInt64?) throws {
        defer { agent.cleanUp() }
        let output = agent.slot("web-0") + "/output"
        writeFile(output + "/stdout.log", "old\n")
        if let wall {
            let index = open(output + "/stdout.log.index", O_WRONLY | O_CREAT, 0o644)
            var words = LogIndexEntry(offset: 0, wall: wall, kind: .data).words
            #expect(write(index, &words, LogIndexEntry.size) == LogIndexEntry.size)
            close(index)
        }
        let then = timespec(tv_sec: 1 << 40, tv_nsec: 0)
        _ = utimensat(AT_FDCWD, output + "/stdout.log", [then, then], 0)
        writeFile(output + "/stderr.log", "old\n")
        _ = utimensat(AT_FDCWD, output + "/stderr.log", [then, then], 0)
        var spec = LaunchSpec.shell("echo new; read x < \(fifo()); echo newer")
        spec.policy.logLimits = LogLimits(sizeBytesMax: 4096, filesMax: 3, ageMax: .max / 2)
        let run = agent.start(spec)
        eventually("it writes") { run.output() == "old\nnew\n" }
        // What is there counts as written now, so it goes when that is long enough ago.
        run.send(
            .updatePolicy(
                KeeperPolicy(
                    logLimits: LogLimits(sizeBytesMax: 4096, filesMax: 3, ageMax: 2_000_000_000))))
        eventually("the file is put aside and removed") {
            run.output().isEmpty && !exists(output + "/stdout.log.1")
        }
        go()
        #expect(try #require(run.waitForExit()).cause == .exited(code: 0))
        #expect(run.output() == "newer\n")
    }

    /// Two hours ago.
    private func makeOld(_ path: String) {
        let then = timespec(tv_sec: Int(clinux_realtime_ns() / 1_000_000_000) - 7200, tv_nsec: 0)
        _ = utimensat(AT_FDCWD, path, [then, then], 0)
    }

    @Test(.survives(.plantedLink, "where logs are written")) func aPlantedSymbolicLinkIsNotFollowed() throws {
        defer { agent.cleanUp() }
        let outside = agent.directory + "/outside"
        writeFile(outside, "untouched")
        let slot = agent.slot("web-0")
        symlink(outside, slot + "/output/stdout.log")
        let run = agent.start(.shell("echo hello; exit 2"))
        let record = try #require(run.waitForExit())
        #expect(record.cause == .exited(code: 2))
        #expect(readFile(outside) == "untouched")
        #expect(record.stdout == StreamTotals(loggedBytes: 0, lostBytes: 6))
        #expect(run.messages.contains(.logGap(stream: .stdout, lostBytes: 6)))
        let trouble = run.messages.contains { message in
            if case .logTrouble(.stdout, .refused(ELOOP), _) = message { true } else { false }
        }
        #expect(trouble, "\(run.messages)")
    }

    /// Needs root: only root makes a file immutable. Skipped where the file system has no such flag.
    @Test(.survives(.logTrouble, "made immutable"), .enabled(if: geteuid() == 0, "needs root"))
    func anImmutableLogLosesLinesAndRecovers() throws {
        defer { agent.cleanUp() }
        let run = agent.start(
            .shell("echo one; read x < \(fifo()); echo lost; while :; do sleep 0.05; echo back; done"))
        eventually("the first line is there") { run.output() == "one\n" }
        let log = open("\(run.slot)/output/stdout.log", O_RDONLY)
        defer { close(log) }
        guard clinux_set_immutable(log, 1) == 0 else {
            print("anImmutableLogLosesLinesAndRecovers: no immutable flag on this file system, skipped")
            go()
            return
        }
        go()
        // Lines have to be lost for a while: time passes while nothing can be written.
        usleep(100_000)
        clinux_set_immutable(log, 0)
        eventually("writing works again") { run.output().contains("back\n") }
        eventually("the gap is in the ledger") { run.index().contains { $0.lostBytes >= 5 } }
        run.send(.stop(steps: [.killTree]))
        let record = try #require(run.waitForExit())
        #expect(!run.output().contains("lost"))
        #expect(record.stdout.lostBytes >= 5)
        #expect(run.messages.contains { if case .logGap(.stdout, _) = $0 { true } else { false } })
    }

    /// Needs root: mounts a tmpfs of 64 KiB as the output directory.
    @Test(.survives(.logTrouble, "disk full"), .enabled(if: geteuid() == 0, "needs root"))
    func aFullDiskNeverBlocksTheWorkload() throws {
        defer { agent.cleanUp() }
        let output = agent.slot("web-0") + "/output"
        guard mount("tmpfs", output, "tmpfs", 0, "size=64k") == 0 else {
            print("aFullDiskNeverBlocksTheWorkload: cannot mount here, skipped")
            return
        }
        defer { umount2(output, Int32(MNT_DETACH)) }
        let run = agent.start(
            .shell("seq 1 100000; echo full >&2; read x < \(fifo()); sleep 1.1; echo after"))
        // The workload gets through although its log cannot hold what it wrote.
        eventually("more was dropped than the disk holds") { lostBytes(run) > 500_000 }
        unlink(output + "/stdout.log")
        go()
        let record = try #require(run.waitForExit())
        #expect(record.cause == .exited(code: 0))
        #expect(record.stdout.lostBytes > 500_000)
        #expect(run.output() == "after\n")
        #expect(run.index().contains { $0.kind == .gapBegan(.refused(errno: ENOSPC)) })
        #expect(run.index().map(\.lostBytes).reduce(0, +) == record.stdout.lostBytes)
    }

    @Test(.survives(.agentStopped, "20 MB past a deaf agent")) func chattyWorkloadIsNotHeldUpByAStoppedAgent()
        throws
    {
        defer { agent.cleanUp() }
        // Nobody reads the control connection while 20 MB go through.
        let run = agent.start(.shell("head -c 20000000 /dev/zero; echo done >&2"))
        eventually("all was written") { run.output("stderr.log") == "done\n" }
        #expect(try #require(run.waitForExit()).stdout.loggedBytes == 20_000_000)
    }

    private func fifo() -> String {
        mkfifo(agent.directory + "/fifo", 0o666)
        return agent.directory + "/fifo"
    }

    private func lostBytes(_ run: TestRun) -> UInt64 { status(run)?.stdout.lostBytes ?? 0 }

    private func status(_ run: TestRun) -> KeeperStatus? {
        run.send(.ping(token: 0))
        while let message = run.next() {
            if case .pong(_, let status) = message { return status }
        }
        return nil
    }

    private func go() { writeFile(agent.directory + "/fifo", "go\n") }
}

extension LogIndexEntry {
    var lostBytes: UInt64 { if case .gap(let lost) = kind { lost } else { 0 } }
}

func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

func isLocked(_ path: String) -> Bool {
    let lock = open(path, O_RDWR | O_CLOEXEC)
    defer { close(lock) }
    return clinux_ofd_is_locked(lock) == 1
}
