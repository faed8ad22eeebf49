import Glibc
import KeeperProtocol
import Reconciler

/// Walks one stream of one slot, record by record, from file to file. At the end it can be asked again later.
/// It holds one chunk of the log, one window of the index, and at most one line.
final class LogCursor {
    let slot: SlotID
    let stream: LogLine.Stream
    let directory: String
    let name: String

    private(set) var file: LogFile?
    private(set) var offset: Int64 = 0
    /// Where reading ends although more may be written meanwhile; nil: it goes on with whatever comes.
    var bound: LogBound?
    /// The first entry of the file's index that has not been passed yet.
    private var nextEntry = 0
    private(set) var time: UInt64 = 0
    private var runWall: UInt64?
    private var runHead: UInt64?
    private var run: LogRunKey?
    private var gapBegan: (loss: LogLoss, since: UInt64)?
    /// A begin that is told once its id is known.
    private var unsaidStart: UInt64?

    private var chunk = [UInt8](repeating: 0, count: LogFile.chunkBytes)
    /// The line that has no end yet, and when it began.
    private var pending: [UInt8] = []
    private var pendingTime: UInt64 = 0
    /// Bytes of its line that were given out already.
    private var pendingOffset = 0
    /// Drops bytes until the next line begins, so many at most: the cursor was put into the middle of one.
    private var skipBytes = 0
    private var ready: [LogRecord] = []
    private var readyIndex = 0

    init(slot: SlotID, stream: LogLine.Stream, directory: String) {
        self.slot = slot
        self.stream = stream
        self.directory = directory
        name = stream == .stdout ? LogFiles.stdout : LogFiles.stderr
    }

    /// Puts the cursor to a place; `run` is the one that was writing there.
    func place(_ file: LogFile?, offset: Int64, entry: Int, run: LogRunKey?, skipsToLine: Bool) {
        self.file = file
        self.offset = offset
        self.run = run
        runWall = run?.startedAt.logNanoseconds
        skipBytes = skipsToLine ? SupervisorLimits.logLineBytesMax : 0
        nextEntry = entry
        time = file.map { $0.entry(max(entry - 1, 0))?.wall ?? $0.modified } ?? 0
    }

    var hasPendingText: Bool { !pending.isEmpty }

    /// The next record; nil at the end of what is there now.
    func next() -> LogRecord? {
        while true {
            if readyIndex < ready.count {
                defer { readyIndex += 1 }
                return ready[readyIndex]
            }
            ready.removeAll(keepingCapacity: true)
            readyIndex = 0
            guard readChunk() || advance() else { return nil }
        }
    }

    /// What is left of a line without an end.
    func flush() -> LogRecord? {
        guard !pending.isEmpty else { return nil }
        finishLine(isComplete: false)
        defer { ready.removeAll() }
        return ready.last
    }

    /// False at the end of the file. True may have made no record.
    private func readChunk() -> Bool {
        guard let file else { return false }
        let count = isAtBound ? 0 : file.read(at: offset, into: &chunk)
        if nextEntry >= file.entryCount { file.awaitEntries(upTo: offset + Int64(count)) }
        guard count > 0 else {
            passEntries(of: file, upTo: offset)
            finishStart()
            return readyIndex < ready.count || wasTruncated(file)
        }
        let start = offset
        let end = offset + Int64(count)
        // Taken out, so that its lines can be taken without a copy of all.
        let bytes = chunk
        while offset < end {
            passEntries(of: file, upTo: offset)
            let stop =
                file.entry(nextEntry).map { max(min(Int64(clamping: $0.offset), end), offset + 1) } ?? end
            finishStart()
            take(bytes[Int(offset - start)..<Int(stop - start)])
            offset = stop
        }
        return true
    }

    /// Somebody has made the file shorter: what is there now is read from its begin.
    private func wasTruncated(_ file: LogFile) -> Bool {
        guard file.size < offset else { return false }
        pending.removeAll()
        pendingOffset = 0
        file.countEntries()
        place(file, offset: 0, entry: 0, run: run, skipsToLine: false)
        return file.size > 0
    }

    private func take(_ bytes: ArraySlice<UInt8>) {
        var rest = bytes
        while let newline = Self.newline(in: rest) {
            append(rest[rest.startIndex..<newline])
            if skipBytes > 0 { skipBytes = 0 } else { finishLine(isComplete: true) }
            rest = rest[(newline + 1)...]
        }
        append(rest)
    }

    private static func newline(in bytes: ArraySlice<UInt8>) -> Int? {
        bytes.withUnsafeBytes { raw in
            guard let base = raw.baseAddress, let found = memchr(base, Int32(UInt8(ascii: "\n")), raw.count)
            else {
                return nil
            }
            return bytes.startIndex + (UnsafeRawPointer(found) - base)
        }
    }

    private func append(_ bytes: ArraySlice<UInt8>) {
        var rest = bytes
        if skipBytes > 0 {
            let skipped = min(skipBytes - 1, rest.count)
            // A line without an end is shown from here on, as the pieces of one are.
            guard skipped < rest.count else {
                skipBytes -= skipped
                return
            }
            skipBytes = 0
            rest = rest.dropFirst(skipped)
        }
        if pending.isEmpty { pendingTime = time }
        while pending.count + rest.count > SupervisorLimits.logLineBytesMax {
            let room = SupervisorLimits.logLineBytesMax - pending.count
            pending += rest.prefix(room)
            rest = rest.dropFirst(room)
            let begun = Self.begunCharacter(at: pending)
            pending.removeLast(begun.count)
            finishLine(isComplete: false)
            pending += begun
            pendingTime = time
        }
        pending += rest
    }

    /// The bytes of a character of UTF-8 that is not whole, at the end of these.
    private static func begunCharacter(at bytes: [UInt8]) -> [UInt8] {
        for length in 1...3 {
            guard let byte = bytes[checked: bytes.count - length] else { break }
            if byte & 0xC0 == 0x80 { continue }
            let whole = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1
            return whole > length ? Array(bytes.suffix(length)) : []
        }
        return []
    }

    private func finishLine(isComplete: Bool) {
        ready.append(
            .line(
                LogLine(
                    slot: slot, stream: stream, time: WallTime(log: pendingTime), run: run, bytes: pending,
                    isComplete: isComplete, offset: pendingOffset)))
        pendingOffset = isComplete ? 0 : pendingOffset + pending.count
        pending = []
    }

    /// Goes on at the begin of a file.
    func go(to next: LogFile) {
        place(next, offset: 0, entry: 0, run: run, skipsToLine: skipBytes > 0)
    }

    /// The same where files between the two may be gone.
    func leap(to next: LogFile) {
        if !pending.isEmpty { finishLine(isComplete: false) }
        pendingOffset = 0
        let since = WallTime(log: time)
        go(to: next)
        ready.append(
            .gap(
                LogGap(
                    slot: slot, stream: stream, run: run, since: since, until: WallTime(log: time),
                    lostBytes: 0, loss: nil, isLeftOut: true)))
    }

    // What the index tells ------------------------------------------------------------------------------

    private func passEntries(of file: LogFile, upTo offset: Int64) {
        while let entry = file.entry(nextEntry), Int64(clamping: entry.offset) <= offset {
            nextEntry += 1
            pass(entry)
        }
    }

    private func pass(_ entry: LogIndexEntry) {
        switch entry.kind {
        case .data: time = entry.wall
        case .runStarted:
            begin(entry.wall)
            unsaidStart = entry.wall
            time = entry.wall
        case .runContinues: if runWall != entry.wall { begin(entry.wall) }
        case .runIDHead(let head): runHead = head
        case .runIDTail(let tail):
            if let head = runHead, let wall = runWall {
                run = LogRunKey(startedAt: WallTime(log: wall), id: LogRunID(head: head, tail: tail).run)
            }
            runHead = nil
        case .runEnded(let how): end(how, at: entry.wall)
        case .gapBegan(let loss): gapBegan = (loss, entry.wall)
        case .gap(let lost): gap(lost, until: entry.wall)
        case .unknown: break
        }
    }

    /// A run that ended within a line: the next one's bytes are not its continuation.
    private func begin(_ wall: UInt64) {
        if !pending.isEmpty { finishLine(isComplete: true) }
        skipBytes = 0
        pendingOffset = 0
        runWall = wall
        run = LogRunKey(startedAt: WallTime(log: wall), id: nil)
    }

    private func finishStart() {
        guard let wall = unsaidStart, let run else { return }
        unsaidStart = nil
        ready.append(
            .runStarted(LogRunMark(slot: slot, stream: stream, run: run, time: WallTime(log: wall))))
    }

    private func end(_ how: LogRunEnd, at wall: UInt64) {
        finishStart()
        if !pending.isEmpty { finishLine(isComplete: false) }
        time = wall
        guard let run else { return }
        let mark = LogRunMark(slot: slot, stream: stream, run: run, time: WallTime(log: wall))
        ready.append(.runEnded(mark, how: how))
    }

    private func gap(_ lost: UInt64, until wall: UInt64) {
        finishStart()
        // What follows is not its continuation.
        if !pending.isEmpty { finishLine(isComplete: false) }
        pendingOffset = 0
        time = wall
        ready.append(
            .gap(
                LogGap(
                    slot: slot, stream: stream, run: run, since: gapBegan.map { WallTime(log: $0.since) },
                    until: WallTime(log: wall), lostBytes: lost, loss: gapBegan?.loss)))
        gapBegan = nil
    }
}
