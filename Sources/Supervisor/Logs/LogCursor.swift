import Glibc
import KeeperProtocol
import Reconciler

/// Walks one stream of one slot, line by line, from file to file. At the end it can be asked again later.
final class LogCursor {
    let slot: SlotID
    let stream: LogLine.Stream
    private let directory: String
    private let name: String

    private var file: LogFile?
    private var offset: Int64 = 0
    /// The first entry of the file's index that has not been passed yet.
    private var nextEntry = 0
    private var time: UInt64 = 0
    private var run: UInt64?
    private var lostBytes: UInt64 = 0

    /// The line that has no end yet, and when it began.
    private var pending: [UInt8] = []
    private var pendingTime: UInt64 = 0
    /// Drops bytes until the next line begins: the cursor was put into the middle of one.
    private var isSkipping = false
    private var ready: [LogLine] = []
    private var readyIndex = 0

    init(slot: SlotID, stream: LogLine.Stream, directory: String, name: String) {
        self.slot = slot
        self.stream = stream
        self.directory = directory
        self.name = name
    }

    /// Puts the cursor to a place; `run` is the one that was writing there.
    func place(_ file: LogFile?, offset: Int64, run: UInt64?, skipsToLine: Bool) {
        self.file = file
        self.offset = offset
        self.run = run
        isSkipping = skipsToLine
        nextEntry = 0
        // Entries before the place matter for their time alone.
        while let entry = file?.entries[checked: nextEntry], Int64(entry.offset) < offset {
            time = entry.wall
            nextEntry += 1
        }
    }

    var hasPendingText: Bool { !pending.isEmpty }

    /// The next whole line; nil at the end of what is there now.
    func next() -> LogLine? {
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
    func flush() -> LogLine? {
        guard !pending.isEmpty else { return nil }
        finishLine(isComplete: false)
        defer { ready.removeAll() }
        return ready.last
    }

    /// False at the end of the file. True may have made no line.
    private func readChunk() -> Bool {
        guard let file else { return false }
        let chunk = file.bytes(at: offset, count: LogFile.chunkBytes)
        if nextEntry >= file.entries.count || !chunk.isEmpty { file.loadEntries() }
        guard !chunk.isEmpty else {
            passEntries(of: file, upTo: offset)
            return readyIndex < ready.count
        }
        let start = offset
        let end = offset + Int64(chunk.count)
        while offset < end {
            passEntries(of: file, upTo: offset)
            let stop = file.entries[checked: nextEntry].map { min(Int64($0.offset), end) } ?? end
            take(chunk[Int(offset - start)..<Int(stop - start)])
            offset = stop
        }
        return true
    }

    private func take(_ bytes: ArraySlice<UInt8>) {
        var rest = bytes
        while let newline = rest.firstIndex(of: UInt8(ascii: "\n")) {
            append(rest[..<newline])
            if isSkipping { isSkipping = false } else { finishLine(isComplete: true) }
            rest = rest[(newline + 1)...]
        }
        append(rest)
    }

    private func append(_ bytes: ArraySlice<UInt8>) {
        guard !isSkipping else { return }
        var rest = bytes
        if pending.isEmpty { pendingTime = time }
        while pending.count + rest.count > SupervisorLimits.logLineBytesMax {
            let room = SupervisorLimits.logLineBytesMax - pending.count
            pending += rest.prefix(room)
            rest = rest.dropFirst(room)
            finishLine(isComplete: false)
            pendingTime = time
        }
        pending += rest
    }

    private func finishLine(isComplete: Bool) {
        ready.append(
            LogLine(
                slot: slot, stream: stream, time: WallTime(nanoseconds: Int64(clamping: pendingTime)),
                runStarted: run.map { WallTime(nanoseconds: Int64(clamping: $0)) },
                text: String(decoding: pending, as: UTF8.self), isComplete: isComplete,
                lostBytesBefore: lostBytes))
        pending.removeAll(keepingCapacity: true)
        lostBytes = 0
    }

    private func passEntries(of file: LogFile, upTo offset: Int64) {
        while let entry = file.entries[checked: nextEntry], Int64(entry.offset) <= offset {
            nextEntry += 1
            time = entry.wall
            switch entry.kind {
            case .runStarted:
                // A run that ended within a line: the next one's bytes are not its continuation.
                if !pending.isEmpty { finishLine(isComplete: true) }
                isSkipping = false
                run = entry.wall
            case .gap(let lost): lostBytes += lost
            case .data, .unknown: break
            }
        }
    }

    /// Goes on with the file after this one. False where this one is still the newest.
    private func advance() -> Bool {
        guard let file else { return open(LogFile(directory: directory, stream: name, number: 0)) }
        let newest = LogFile.inode(of: "\(directory)/\(name)")
        // Without a newest file a rotation is half done; its end will be noticed.
        guard let newest, newest != file.inode else { return false }
        // It was put aside, so all of it is there now; what came since the last look is read first.
        if offset < file.size { return true }
        for _ in 0..<Self.advanceAttemptsMax {
            guard let next = successor(of: file) else { return false }
            if LogFile.inode(of: "\(directory)/\(name)") == newest { return open(next) }
        }
        return false
    }

    private static let advanceAttemptsMax = 5

    private func open(_ next: LogFile?) -> Bool {
        guard let next else { return false }
        place(next, offset: 0, run: run, skipsToLine: isSkipping)
        return true
    }

    /// The file that was begun when this one was full; the oldest there is, if this one is gone already.
    private func successor(of file: LogFile) -> LogFile? {
        var number = 0
        var oldest: Int?
        while let inode = LogFile.inode(of: "\(directory)/\(LogFiles.name(name, number: number))") {
            if inode == file.inode {
                return number == 0 ? nil : LogFile(directory: directory, stream: name, number: number - 1)
            }
            oldest = number
            number += 1
        }
        return oldest.flatMap { LogFile(directory: directory, stream: name, number: $0) }
    }
}

extension Array {
    subscript(checked index: Int) -> Element? { indices.contains(index) ? self[index] : nil }
}
