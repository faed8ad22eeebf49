import Glibc
import Manifests
import Reconciler
import Synchronization
import Testing

@testable import Supervisor

@Suite struct LogTests {
    private func logged(_ script: String, maxSize: UInt64 = 10 << 20, maxFiles: Int = 10) -> InstanceSpec {
        var spec = shell(script)
        spec.logging = LoggingPolicy(maxSize: maxSize, maxFiles: maxFiles)
        return spec
    }

    private let slot = SlotID(instance: "web", index: 0)

    @Test func bothStreamsAreReadInTheOrderOfTime() async throws {
        try await withHost { host in
            let before = WallTime.current
            let run = try await host.start(
                logged("echo one; sleep 0.05; echo two >&2; sleep 0.05; echo three; printf rest"))
            try await host.exited(run)
            let lines = LogReader(stateDir: host.stateDir).lines(LogQuery(slots: [slot]))
            #expect(lines.map(\.text) == ["one", "two", "three", "rest"])
            #expect(lines.map(\.stream) == [.stdout, .stderr, .stdout, .stdout])
            #expect(lines.map(\.isComplete) == [true, true, true, false])
            let spread = lines[2].time.nanoseconds - lines[0].time.nanoseconds
            #expect(spread > 80_000_000)
            #expect(lines.allSatisfy { $0.time >= before && $0.time <= .current })
            let started = try #require(host.identity(of: run)).startedWall
            #expect(lines.allSatisfy { $0.run == LogRunKey(startedAt: started, id: run) })
        }
    }

    @Test func linesGoOnAcrossRotatedFiles() async throws {
        try await withHost { host in
            let run = try await host.start(
                logged("seq -f 'line number %06g of this test' 1 2000", maxSize: 8192, maxFiles: 50))
            try await host.exited(run)
            await host.supervisor.acknowledge(run)
            let reader = LogReader(stateDir: host.stateDir)
            let output = host.layout.output(slot)
            #expect(access("\(output)/stdout.log.3", F_OK) == 0)
            let all = reader.lines(LogQuery(slots: [slot])).map(\.text)
            let expected = (1...2000).map { number in
                let digits = "\(number)"
                return "line number \(String(repeating: "0", count: 6 - digits.count))\(digits) of this test"
            }
            #expect(all == expected)
            for count in [0, 1, 7, 500, 1999, 2000, 5000] {
                #expect(
                    reader.lines(LogQuery(slots: [slot], last: count)).map(\.text)
                        == Array(expected.suffix(count)),
                    "last \(count)")
            }
        }
    }

    @Test func oneRunOfASlotCanBeReadAlone() async throws {
        try await withHost { host in
            var runs: [RunID] = []
            for name in ["a", "b", "c"] {
                let run = try await host.start(logged("echo \(name)1; printf \(name)2"))
                try await host.exited(run)
                await host.supervisor.acknowledge(run)
                runs.append(run)
            }
            let reader = LogReader(stateDir: host.stateDir)
            for (number, name) in ["a", "b", "c"].enumerated() {
                let expected = ["\(name)1", "\(name)2"]
                #expect(reader.lines(LogQuery(slots: [slot], run: .id(runs[number]))).map(\.text) == expected)
            }
            // The end of one run and the begin of the next are two lines, newline or not.
            #expect(
                reader.lines(LogQuery(slots: [slot])).map(\.text) == ["a1", "a2", "b1", "b2", "c1", "c2"])
        }
    }

    @Test func sinceLeavesOutWhatIsOlder() async throws {
        try await withHost { host in
            let file = "\(host.base)/go"
            let run = try await host.start(
                logged("echo old; while [ ! -e \(file) ]; do sleep 0.02; done; echo new"))
            let reader = LogReader(stateDir: host.stateDir)
            await eventually("the first line is there") { !reader.lines(LogQuery(slots: [slot])).isEmpty }
            let since = WallTime.current
            writeFile(file, "")
            try await host.exited(run)
            #expect(reader.lines(LogQuery(slots: [slot], since: since)).map(\.text) == ["new"])
        }
    }

    @Test func followingGoesOnAcrossRotationAndRestart() async throws {
        try await withHost { host in
            let seen = Mutex<[String]>([])
            let spec = logged("seq -f 'first %05g' 1 1000; printf end", maxSize: 4096, maxFiles: 100)
            let run = try await host.start(spec)
            let reader = LogReader(stateDir: host.stateDir)
            let follower = Task { [slot] in
                for await records in reader.follow(LogQuery(slots: [slot])) {
                    for case .line(let line) in records { seen.withLock { $0.append(line.text) } }
                }
            }
            try await host.exited(run)
            await host.supervisor.acknowledge(run)
            await eventually("the line without an end is told once its run is over") {
                seen.withLock { $0.last == "end" }
            }
            let next = try await host.start(
                logged("seq -f 'second %05g' 1 1000; \(sleeper)", maxSize: 4096, maxFiles: 100))
            try await host.started(next)
            await eventually("all lines come") { seen.withLock { $0.count } == 2001 }
            follower.cancel()
            await follower.value
            #expect(seen.withLock { $0.last } == "second 01000")
            #expect(seen.withLock { Set($0).count } == 2001)
        }
    }

    /// A rotation of many files takes long, so at most moments one is half done. The run writes faster than
    /// its log is read, so that a question that went on with whatever comes would never be answered.
    @Test func noRotationIsTakenForTheEndOfALog() async throws {
        try await withHost { host in
            let spec = logged("seq -f 'line %09.0f' 1 100000000", maxSize: 4096, maxFiles: 100)
            let run = try await host.start(spec)
            try await host.started(run)
            let newest = "\(host.layout.output(slot))/stdout.log"
            let reader = LogReader(stateDir: host.stateDir)
            await eventually("there are many files") { access(newest + ".90", F_OK) == 0 }
            func number(_ line: Substring?) -> Int { line.flatMap { Int($0.dropFirst(5)) } ?? 0 }
            for _ in 0..<3 {
                await eventually("something is in the newest file") { readFile(newest)?.count ?? 0 > 100 }
                // The first line of a file may be cut.
                let there = number(readFile(newest)?.split(separator: "\n").dropFirst().first)
                var last: Int?
                var begun = ""
                var breaks = 0
                reader.read(LogQuery(slots: [slot])) { record in
                    if case .gap(let gap) = record, gap.isLeftOut { (last, begun) = (nil, "") }
                    guard case .line(let line) = record else { return }
                    // At the end of what is there a line is given in pieces.
                    begun += line.text
                    guard line.isComplete else { return }
                    defer { begun = "" }
                    guard begun.utf8.count == 14 else { return }
                    let own = number(begun[...])
                    if let last, own != last + 1 { breaks += 1 }
                    last = own
                }
                #expect(last ?? 0 >= there, "it ends before what was there when it began")
                #expect(breaks == 0)
            }
        }
    }

    @Test func replicasAreMergedInTheOrderOfTime() async throws {
        try await withHost { host in
            for index in 0..<3 {
                let run = try await host.start(
                    shell("for i in 1 2 3; do echo \(index); sleep 0.02; done"), index: index)
                try await host.started(run)
            }
            await eventually("all end") {
                host.events.count { if case .exited = $0 { true } else { false } } == 3
            }
            let reader = LogReader(stateDir: host.stateDir)
            let slots = reader.slots(of: "web")
            #expect(slots.count == 3)
            let lines = reader.lines(LogQuery(slots: slots))
            #expect(lines.count == 9)
            #expect(lines.map(\.time) == lines.map(\.time).sorted())
            #expect(Set(lines.map(\.slot)) == Set(slots))
        }
    }

    @Test func aLineLongerThanWhatIsShownIsCut() async throws {
        try await withHost { host in
            let run = try await host.start(logged("head -c 100000 /dev/zero | tr '\\0' x; echo; echo after"))
            try await host.exited(run)
            let lines = LogReader(stateDir: host.stateDir).lines(LogQuery(slots: [slot]))
            #expect(lines.map(\.text.utf8.count) == [65536, 100_000 - 65536, 5])
            #expect(lines.map(\.isComplete) == [false, true, true])
        }
    }
}
