import Glibc
import KeeperProtocol
import Manifests
import Reconciler
import TestKit
import Testing

@testable import Supervisor

/// Logs as files that a test writes: the reader knows nothing else.
@Suite struct LogQueryTests {
    private let slot = SlotID(instance: "web", index: 0)
    private let run = LogRunID(Array("0190000000000000000a".utf8))

    private final class Files {
        let base = TestHost.temporaryDirectory()
        var reader: LogReader { LogReader(stateDir: base) }
        deinit { DirectoryTree.remove(base) }

        func write(
            _ text: String, _ entries: [LogIndexEntry]?, slot: SlotID, _ name: String = "stdout.log"
        ) throws {
            let directory = reader.layout.output(slot)
            try OwnedDirectory.make(directory, mode: 0o755)
            writeFile("\(directory)/\(name)", text)
            guard let entries else { return }
            var bytes: [UInt8] = []
            for entry in entries {
                withUnsafeBytes(of: entry.words) { bytes += $0 }
            }
            let index = try Descriptor(
                "\(directory)/\(name).index", O_WRONLY | O_CREAT | O_TRUNC, mode: 0o644)
            try index.writeAll(bytes, name)
        }
    }

    private func second(_ number: UInt64) -> UInt64 { (1_790_000_000 + number) * 1_000_000_000 }
    private func wall(_ number: UInt64) -> WallTime { WallTime(log: second(number)) }

    private func data(_ offset: UInt64, _ number: UInt64) -> LogIndexEntry {
        LogIndexEntry(offset: offset, wall: second(number), kind: .data)
    }

    private func texts(_ reader: LogReader, _ query: LogQuery) -> [String] {
        reader.lines(query).map(\.text)
    }

    @Test("Since, until and the newest lines of what they leave") func times() throws {
        let files = Files()
        let lines = (0..<1000).map { "line \($0 + 1000)\n" }
        let entries = (0..<1000).map { data(UInt64($0) * 10, UInt64($0)) }
        try files.write(lines.joined(), entries, slot: slot)
        var query = LogQuery(slots: [slot], since: wall(990))
        #expect(texts(files.reader, query) == (1990..<2000).map { "line \($0)" })
        query.until = wall(992)
        #expect(texts(files.reader, query) == ["line 1990", "line 1991"])
        query = LogQuery(slots: [slot], last: 2, until: wall(500))
        #expect(texts(files.reader, query) == ["line 1498", "line 1499"])
        query = LogQuery(slots: [slot], last: 3, patterns: [LogPattern("LINE 10", ignoresCase: true)])
        #expect(texts(files.reader, query) == ["line 1097", "line 1098", "line 1099"])
    }

    @Test("Replicas and streams are merged in the order of time") func merge() throws {
        let files = Files()
        let other = SlotID(instance: "web", index: 1)
        try files.write("a\nd\n", [data(0, 1), data(2, 4)], slot: slot)
        try files.write("b\n", [data(0, 2)], slot: slot, "stderr.log")
        try files.write("c\ne\n", [data(0, 3), data(2, 5)], slot: other)
        #expect(texts(files.reader, LogQuery(slots: [slot, other])) == ["a", "b", "c", "d", "e"])
        #expect(texts(files.reader, LogQuery(slots: [slot, other], last: 2)) == ["d", "e"])
    }

    @Test("Runs, how they ended and what was lost stand where they happened") func marks() throws {
        let files = Files()
        let id = try #require(run)
        let entries = [
            LogIndexEntry(offset: 0, wall: second(1), kind: .runStarted),
            LogIndexEntry(offset: 0, wall: second(1), kind: .runIDHead(id.head)),
            LogIndexEntry(offset: 0, wall: second(1), kind: .runIDTail(id.tail)), data(0, 2),
            LogIndexEntry(offset: 2, wall: second(3), kind: .gapBegan(.refused(errno: ENOSPC))),
            LogIndexEntry(offset: 2, wall: second(5), kind: .gap(lostBytes: 12_345)), data(2, 6),
            LogIndexEntry(offset: 4, wall: second(7), kind: .runEnded(.exited(code: 1))),
            LogIndexEntry(offset: 4, wall: second(8), kind: .runStarted), data(4, 9),
        ]
        try files.write("a\nb\nc\n", entries, slot: slot)
        let told = files.reader.records(LogQuery(slots: [slot])).map { record in
            switch record {
            case .line(let line): line.text
            case .gap(let gap): "\(gap.lostBytes) lost: \(gap.reason)"
            case .runStarted: "started"
            case .runEnded(_, let how): "ended: \(how.text)"
            }
        }
        #expect(
            told == [
                "started", "a", "12345 lost: No space left on device", "b", "ended: exit code 1", "started",
                "c",
            ])
        let query = LogQuery(slots: [slot], run: .id(id.run))
        #expect(texts(files.reader, query) == ["a", "b"])
        #expect(
            files.reader.lines(LogQuery(slots: [slot], run: .id(RunID(text: String(id.text.reversed())))))
                == [])
    }

    @Test("A stack trace goes with its first line") func levels() throws {
        let files = Files()
        let text = "INFO up\nERROR boom\n\tat Web.main\nCaused by\nINFO on\n"
        try files.write(text, [data(0, 1)], slot: slot)
        let query = LogQuery(slots: [slot], level: .warn)
        #expect(texts(files.reader, query) == ["ERROR boom", "\tat Web.main", "Caused by"])
    }

    @Test("A log without an index, and one with a torn or a wrong one, are shown") func damage() throws {
        let files = Files()
        try files.write("a\r\nb\n", nil, slot: slot)
        #expect(texts(files.reader, LogQuery(slots: [slot])) == ["a", "b"])
        #expect(files.reader.lines(LogQuery(slots: [slot])).allSatisfy { $0.time.nanoseconds > 0 })
        try files.write("a\nb\n", [data(0, 1), data(999, 2)], slot: slot)
        let index = "\(files.reader.layout.output(slot))/stdout.log.index"
        #expect(truncate(index, 40) == 0)
        #expect(texts(files.reader, LogQuery(slots: [slot])) == ["a", "b"])
        #expect(texts(files.reader, LogQuery(slots: [slot], last: 1)) == ["b"])
        try files.write("\u{0}\u{FF}x", [data(7, 1), data(3, 1)], slot: slot)
        #expect(files.reader.lines(LogQuery(slots: [slot])).count == 1)
    }

    @Test("A symbolic link in the place of a log is not read") func link() throws {
        let files = Files()
        try files.write("a\n", [data(0, 1)], slot: slot, "stderr.log")
        writeFile("\(files.base)/secret", "secret\n")
        symlink("\(files.base)/secret", "\(files.reader.layout.output(slot))/stdout.log")
        #expect(texts(files.reader, LogQuery(slots: [slot])) == ["a"])
    }

    @Test(
        "A text is found as it is, an expression where it fits, in any bytes",
        arguments: [
            ("a.c", false, false, ["a.c"]), ("a.c", true, false, ["a.c", "abc"]),
            ("ABC", false, true, ["abc"]), ("^x[0-9]+$", true, false, ["x12"]),
            ("ÄRGER", false, true, ["ärger"]),
            ("end", false, false, ["\u{0}end"]), ("end$", true, false, ["\u{0}end"]),
            ("$^", false, false, []),
        ] as [(String, Bool, Bool, [String])])
    func patterns(_ text: String, _ isExpression: Bool, _ ignoresCase: Bool, _ found: [String]) throws {
        let files = Files()
        let lines = ["a.c", "abc", "x12", "x12y", "ärger", "\u{0}end", ""]
        try files.write(lines.map { $0 + "\n" }.joined(), [data(0, 1)], slot: slot)
        let pattern =
            isExpression
            ? try LogPattern(expression: text, ignoresCase: ignoresCase)
            : LogPattern(text, ignoresCase: ignoresCase)
        #expect(texts(files.reader, LogQuery(slots: [slot], patterns: [pattern])) == found)
    }

    @Test("An expression that is none is refused with its reason") func badExpression() {
        #expect(throws: LogPatternError.self) { try LogPattern(expression: "a(b") }
        #expect(throws: LogPatternError.self) { try LogPattern(expression: "a\u{0}b") }
    }

    @Test("More of the newest lines than memory should hold are read twice, and none is left out")
    func manyNewest() throws {
        let files = Files()
        let filler = String(repeating: "x", count: 500)
        var reader = files.reader
        reader.tailBytesMax = 200_000
        try files.write((0..<700).map { "\($0) \(filler)\n" }.joined(), [data(0, 1)], slot: slot)
        for last in [690, 700, 5_000, Int.max] {
            var first: Int?
            var count = 0
            reader.read(LogQuery(slots: [slot], last: last)) { record in
                guard case .line(let line) = record else { return }
                if first == nil { first = Int(line.text.prefix { $0 != " " }) }
                count += 1
            }
            #expect(count == min(last, 700))
            #expect(first == max(700 - last, 0))
        }
        let rare = LogQuery(slots: [slot], last: Int.max, patterns: [LogPattern("nowhere")])
        #expect(texts(reader, rare) == [])
    }

    @Test("A line longer than a piece comes in pieces that say where they belong") func pieces() throws {
        let files = Files()
        // Two bytes each, so that a piece could end within a character.
        let long = "." + String(repeating: "ä", count: 100_000)
        try files.write(long + "\nshort\n", [data(0, 1)], slot: slot)
        let lines = files.reader.lines(LogQuery(slots: [slot]))
        #expect(lines.count == 5)
        #expect(lines.dropLast().map(\.text).joined() == long)
        var offset = 0
        for line in lines.dropLast() {
            #expect(line.offset == offset)
            offset += line.bytes.count
        }
        #expect(lines.map(\.isComplete) == [false, false, false, true, true])
        #expect(lines.last?.text == "short" && lines.last?.offset == 0)
        // All of them are one line.
        #expect(files.reader.lines(LogQuery(slots: [slot], last: 2)).count == 5)
        #expect(files.reader.lines(LogQuery(slots: [slot], last: 1)).count == 1)
    }

    @Test(
        "Times and offsets that cannot be are no reason to fail",
        .survives(.garbage, "an index beside a log"),
        arguments: [UInt64.max, 1 << 63, 0], [UInt64.max, 1 << 63, 2])
    func impossibleEntries(time: UInt64, offset: UInt64) throws {
        let files = Files()
        let bad = LogIndexEntry(offset: offset, wall: time, kind: .data)
        let gap = LogIndexEntry(offset: offset, wall: time, kind: .gap(lostBytes: .max))
        for entries in [[bad], [data(0, 1), bad, gap], [bad, data(0, 1)]] {
            try files.write("one\ntwo\n", entries, slot: slot)
            let queries = [
                LogQuery(slots: [slot]), LogQuery(slots: [slot], last: 1),
                LogQuery(slots: [slot], since: WallTime(nanoseconds: .max)),
                LogQuery(slots: [slot], until: WallTime(nanoseconds: .min)),
                LogQuery(slots: [slot], until: WallTime(nanoseconds: -300_000_000_000_000_000)),
                LogQuery(slots: [slot], since: wall(0), until: WallTime(nanoseconds: .max)),
            ]
            for query in queries { _ = files.reader.records(query) }
            // A gap tears the line in which it is said to be.
            #expect(texts(files.reader, queries[0]).joined() == "onetwo", "\(entries)")
        }
        let then = timespec(tv_sec: 1 << 40, tv_nsec: 0)
        _ = utimensat(AT_FDCWD, "\(files.reader.layout.output(slot))/stdout.log", [then, then], 0)
        #expect(texts(files.reader, LogQuery(slots: [slot])) == ["one", "two"])
        #expect(texts(files.reader, LogQuery(slots: [slot], last: 1)) == ["two"])
    }

    @Test("What a follower has told of begins and ends is bounded") func toldMarks() {
        var told = ToldMarks()
        for number in 0..<UInt64(3 * ToldMarks.marksMax) {
            let mark = LogRunMark.Told(slot: slot, startedAt: wall(number), isEnd: false)
            let (first, second) = (told.insert(mark), told.insert(mark))
            #expect(first && !second)
        }
        #expect(told.count <= ToldMarks.marksMax)
    }

    @Test("A line that a gap tore is two pieces, and not one line") func tornLine() throws {
        let files = Files()
        let entries = [
            data(0, 1), LogIndexEntry(offset: 3, wall: second(2), kind: .gapBegan(.refused(errno: ENOSPC))),
            LogIndexEntry(offset: 3, wall: second(3), kind: .gap(lostBytes: 9)), data(3, 3),
        ]
        try files.write("beg" + "end\n", entries, slot: slot)
        let lines = files.reader.lines(LogQuery(slots: [slot]))
        #expect(lines.map(\.text) == ["beg", "end"])
        #expect(lines.map(\.isComplete) == [false, true] && lines.map(\.offset) == [0, 0])
    }
}
