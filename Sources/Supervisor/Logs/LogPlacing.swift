import KeeperProtocol
import Reconciler

/// Where the reading of a stream begins, so that little more is read than what is shown.
extension LogCursor {
    private var list: LogFileList { LogFileList(directory: directory, stream: name) }

    func placeAtBegin() {
        let list = list
        place(list.items.last.flatMap(list.open), offset: 0, entry: 0, run: nil, skipsToLine: false)
    }

    /// Before the newest `count` lines, or a few lines more. False: that is the begin of everything.
    func placeBeforeLast(_ count: Int) -> Bool {
        let list = list
        var left = count
        for (number, item) in list.items.enumerated() {
            guard let file = list.open(item), let offset = file.offsetOfLast(&left) else { continue }
            // The first entry behind the place; the one before it has the time of what stands there.
            let entry = file.firstEntry { Int64(clamping: $0.offset) >= offset }
            place(file, list, number, offset: offset, entry: entry, skipsToLine: false)
            return true
        }
        placeAtBegin()
        return false
    }

    /// At the first line that was begun at `wall` or later.
    func place(atTime wall: UInt64) {
        let list = list
        // Each file was last written when the one after it was begun.
        guard let number = list.items.lastIndex(where: { $0.modified >= wall }) ?? list.items.indices.first,
            let file = list.open(list.items[number])
        else { return placeAtBegin() }
        let entry = file.firstEntry { $0.tellsTime && $0.wall >= wall }
        guard let found = file.entry(entry) else {
            // All that is in the index is older: what comes is what is wanted.
            let end = file.entryCount > 0 ? file.size : 0
            return place(file, list, number, offset: end, entry: entry, skipsToLine: isInLine(file, end))
        }
        // What the index tells of this very place belongs to it: a run's begin, a gap.
        var first = entry
        while first > 0, let before = file.entry(first - 1), before.offset == found.offset { first -= 1 }
        let offset = Int64(clamping: found.offset)
        place(file, list, number, offset: offset, entry: first, skipsToLine: isInLine(file, offset))
    }

    private func isInLine(_ file: LogFile, _ offset: Int64) -> Bool {
        file.byte(at: offset - 1).map { $0 != UInt8(ascii: "\n") } ?? false
    }

    /// At the begin of a run; at the begin of everything where that is not there any more.
    func place(atRun run: LogRunKey) {
        let list = list
        let wall = run.startedAt.logNanoseconds
        for (number, item) in list.items.enumerated().reversed() where item.modified >= wall {
            guard let file = list.open(item), let entry = file.begin(of: run) else { continue }
            let offset = Int64(clamping: file.entry(entry)?.offset ?? 0)
            return place(file, list, number, offset: offset, entry: entry, skipsToLine: false)
        }
        placeAtBegin()
    }

    private func place(
        _ file: LogFile, _ list: LogFileList, _ number: Int, offset: Int64, entry: Int, skipsToLine: Bool
    ) {
        var run = file.run(before: entry)
        // Files of older keepers do not say whose they are: the last begin before them tells.
        for older in list.items[(number + 1)...] where run == nil {
            guard let older = list.open(older) else { break }
            run = older.run(before: older.entryCount)
        }
        place(file, offset: offset, entry: entry, run: run, skipsToLine: skipsToLine)
    }
}

extension LogIndexEntry {
    /// Whether `wall` is when something was read or written here, and not the begin of what goes on.
    fileprivate var tellsTime: Bool {
        switch kind {
        case .data, .gap, .runEnded: true
        default: false
        }
    }
}

extension LogFile {
    /// Indexes up to this many entries are looked at one by one, so that a clock that was set back hides
    /// nothing; larger ones by halving.
    private static let scannedEntriesMax = 200_000

    /// The first entry for which it holds; the count of entries where there is none. For larger indexes it
    /// has to hold for all that follow, too.
    func firstEntry(where holds: (LogIndexEntry) -> Bool) -> Int {
        var low = 0
        if entryCount > Self.scannedEntriesMax {
            var high = entryCount
            while high - low > Self.windowEntries {
                let middle = (low + high) / 2
                // Entries that are not of data have times of their own; a data entry is never far.
                let near = entries(from: middle, count: 16)
                if near.contains(where: holds) { high = middle + 16 } else { low = middle }
            }
        }
        while low < entryCount {
            let window = entries(from: low, count: Self.windowEntries)
            if let place = window.firstIndex(where: holds) { return low + place }
            if window.isEmpty { break }
            low += window.count
        }
        return entryCount
    }

    /// The entry with which a run begins.
    func begin(of run: LogRunKey) -> Int? {
        var number = 0
        while number < entryCount {
            let window = entries(from: number, count: Self.windowEntries)
            guard !window.isEmpty else { return nil }
            for (place, entry) in window.enumerated() where entry.kind == .runStarted {
                if key(of: entry, at: number + place).isSame(as: run) { return number + place }
            }
            number += window.count
        }
        return nil
    }

    /// The run that wrote what stands before an entry.
    func run(before end: Int) -> LogRunKey? { lastRun(before: end) { _ in true }?.key }

    /// The last begin or continuation of a run before an entry, if it is one of those wanted.
    func lastRun(before end: Int, where isWanted: (LogRunKey) -> Bool) -> (key: LogRunKey, entry: Int)? {
        var end = min(end, entryCount)
        while end > 0 {
            let start = max(end - Self.windowEntries, 0)
            let window = entries(from: start, count: end - start)
            for (place, entry) in window.enumerated().reversed()
            where entry.kind == .runStarted || entry.kind == .runContinues {
                let key = key(of: entry, at: start + place)
                if isWanted(key) { return (key, start + place) }
            }
            end = start
        }
        return nil
    }

    private func key(of entry: LogIndexEntry, at number: Int) -> LogRunKey {
        let after = entries(from: number + 1, count: 2)
        var id: RunID?
        if after.count == 2, case .runIDHead(let head) = after[0].kind,
            case .runIDTail(let tail) = after[1].kind
        {
            id = LogRunID(head: head, tail: tail).run
        }
        return LogRunKey(startedAt: WallTime(log: entry.wall), id: id)
    }
}
