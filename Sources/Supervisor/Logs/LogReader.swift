import Glibc
import KeeperProtocol
package import Reconciler

/// Reads what runs have written, from the files alone: with an agent or without one.
package struct LogReader: Sendable {
    let layout: StateLayout
    /// The newest lines are held in memory up to here.
    var tailBytesMax = 32 << 20

    /// In place of the slots' own directories; nil: those.
    private var directory: String?

    package init(stateDir: String) { layout = StateLayout(stateDir: stateDir, runtimeDir: "") }

    /// What an ended process of a Schedule's run has left; nil: nothing is there.
    package init?(stateDir: String, archiveOf run: RunID, schedule: String) {
        self.init(stateDir: stateDir)
        let path = layout.scheduledRun(run, of: schedule)
        guard run.isWellFormed, access(path, F_OK) == 0 else { return nil }
        directory = path
    }

    private func directory(of slot: SlotID) -> String { directory ?? layout.output(slot) }

    /// Every slot of an instance that has ever had a run here.
    package func slots(of instance: String) -> [SlotID] {
        directoryNames("\(layout.slots)/\(instance)")
            .compactMap { SlotID(instance: instance, directoryName: $0) }.sorted()
    }

    /// The slots of several targets, each once.
    package func slots(of targets: [LogTarget]) -> [SlotID] {
        Set(targets.flatMap { target in slots(of: target.instance).filter(target.covers) }).sorted()
    }

    /// Every instance that has ever had a run here.
    package func instances() -> [String] { directoryNames(layout.slots) }

    /// What the logs of a slot take on disk, rotated files among it.
    package func bytes(of slot: SlotID) -> UInt64 {
        [LogFiles.stdout, LogFiles.stderr].reduce(0) { sum, stream in
            LogFileList(directory: layout.output(slot), stream: stream).items.reduce(sum) {
                $0 + UInt64(clamping: $1.bytes)
            }
        }
    }

    /// The records in the order of their times, stdout before stderr where they are equal. A line that has no
    /// end yet comes last of its stream, and says so.
    package func read(_ query: LogQuery, _ body: (LogRecord) throws -> Void) rethrows {
        guard let last = query.last else {
            let merge = LogMerge(selections(query, isBounded: true))
            while let record = nextOrRest(merge) { try body(record) }
            return
        }
        let tail = tail(last, query)
        for record in tail.records { try body(record) }
        // Only lines without an end can be left.
        while let record = nextOrRest(tail.merge) { try body(record) }
    }

    package func records(_ query: LogQuery) -> [LogRecord] {
        var records: [LogRecord] = []
        read(query) { records.append($0) }
        return records
    }

    package func lines(_ query: LogQuery) -> [LogLine] {
        records(query).compactMap { record in
            if case .line(let line) = record { line } else { nil }
        }
    }

    /// What `read` gives, and then every record as it comes, across rotations, restarts, and new replicas of
    /// the targets, until the consumer stops. Each element is all that is there at once, within a bound, and
    /// nothing is read ahead of the consumer.
    /// `say` is told why lines come late, where they do.
    package func follow(
        _ query: LogQuery, targets: [LogTarget] = [], say: @escaping @Sendable (String) -> Void = { _ in }
    ) -> AsyncStream<[LogRecord]> {
        guard let follower = LogFollower(self, query, targets: targets, say: say) else {
            say("cannot wait for lines: \(SystemError("epoll_create", ""))")
            return AsyncStream { $0.finish() }
        }
        return AsyncStream { await follower.next() }
    }

    /// Whether there is such a run, if one is asked for.
    package func findsRun(_ query: LogQuery) -> Bool {
        query.run.map { choice in query.slots.contains { run(choice, of: $0) != nil } } ?? true
    }

    private func nextOrRest(_ merge: LogMerge) -> LogRecord? {
        if let record = merge.next() { return record }
        merge.flush()
        return merge.next()
    }

    // The newest lines -------------------------------------------------------------------------------

    /// The newest records with so many lines among them, and what is left to be read.
    func tail(
        _ count: Int, _ query: LogQuery, flushing isFinal: @escaping (SlotID) -> Bool = { _ in true }
    ) -> (records: [LogRecord], merge: LogMerge) {
        let count = min(count, Self.tailLinesMax)
        // Where not every line is wanted, it is gone back further until enough are found.
        var lookBack = query.takesAll ? count : max(Self.lookBackFactor * count, Self.lookBackFirst)
        while true {
            var isAtBegin = true
            func merge() -> LogMerge {
                LogMerge(
                    selections(query, isBounded: true) { cursor in
                        if cursor.placeBeforeLast(lookBack) { isAtBegin = false }
                    })
            }
            let found = merge()
            var ring = LineRing(linesMax: count, bytesMax: tailBytesMax)
            while let record = found.next() { ring.append(record) }
            found.flush(where: isFinal)
            while let record = found.next() { ring.append(record) }
            let isPlaced = query.since != nil || query.run != nil
            if query.takesAll || isPlaced || isAtBegin || ring.isFull {
                return ring.isTooLarge ? passed(ring.lines - count, merge()) : (ring.records, found)
            }
            lookBack = min(lookBack, Self.tailLinesMax) * Self.lookBackFactor
        }
    }

    /// What memory must not hold is read twice: the first time only to be counted.
    private func passed(_ lines: Int, _ merge: LogMerge) -> (records: [LogRecord], merge: LogMerge) {
        var left = lines
        while let record = merge.next() {
            if record.beginsLine { left -= 1 }
            if left < 0 { return ([record], merge) }
        }
        return ([], merge)
    }

    private static let tailLinesMax = 1 << 48
    private static let lookBackFirst = 2_000
    private static let lookBackFactor = 8

    // Where to begin ---------------------------------------------------------------------------------

    /// The streams of the query, each at its first record that can be wanted, and where it `isBounded` up to
    /// what is there now. `otherwise` places those that neither a time nor a run places.
    func selections(
        _ query: LogQuery, isBounded: Bool = false,
        otherwise place: (LogCursor) -> Void = { $0.placeAtBegin() }
    ) -> [LogSelection] {
        query.slots.flatMap { slot in
            LogLine.Stream.allCases.filter(query.streams.contains).compactMap { stream in
                let selection = selection(slot, stream, query, place)
                if isBounded { selection?.cursor.endHere() }
                return selection
            }
        }
    }

    private func selection(
        _ slot: SlotID, _ stream: LogLine.Stream, _ query: LogQuery, _ place: (LogCursor) -> Void
    ) -> LogSelection? {
        let cursor = LogCursor(slot: slot, stream: stream, directory: directory(of: slot))
        var run: LogRunKey?
        if let choice = query.run {
            guard let found = self.run(choice, of: slot) else { return nil }
            run = found
            cursor.place(atRun: found)
        } else if let since = query.since {
            cursor.place(atTime: since.logNanoseconds)
        } else {
            place(cursor)
        }
        return LogSelection(cursor: cursor, query: query, run: run)
    }

    /// The run that is meant; nil where this slot has none.
    private func run(_ choice: LogRunChoice, of slot: SlotID) -> LogRunKey? {
        let current = current(slot)
        if choice == .current || choice == .previous, self.current(slot.other) != nil {
            // The runs are in both slots of the replica: the newest of all is meant, or the one before.
            let own = newest(of: slot)
            let all = (own + newest(of: slot.other)).sorted { $0.startedAt > $1.startedAt }
            let meant = all.dropFirst(choice == .current ? 0 : 1).first
            return own.first { run in meant.map(run.isSame) ?? false }
        }
        switch choice {
        case .current: return current
        case .previous: return lastRun(of: slot) { run in current.map { !run.isSame(as: $0) } ?? true }
        case .id(let id):
            if let current, current.id == id { return current }
            return lastRun(of: slot) { $0.id == id } ?? claimed(id, slot)
        }
    }

    private func current(_ slot: SlotID) -> LogRunKey? {
        Slot(slot, layout).identity().map { identity in
            LogRunKey(startedAt: WallTime(log: identity.startedAtWall), id: RunID(text: identity.runID))
        }
    }

    /// The slot's last run and the one before.
    private func newest(of slot: SlotID) -> [LogRunKey] {
        guard let current = current(slot) else { return [] }
        return [current, lastRun(of: slot) { !$0.isSame(as: current) }].compactMap { $0 }
    }

    /// The newest run in the logs of a slot that is wanted.
    private func lastRun(of slot: SlotID, where isWanted: (LogRunKey) -> Bool) -> LogRunKey? {
        LogLine.Stream.allCases.compactMap { stream in
            let name = stream == .stdout ? LogFiles.stdout : LogFiles.stderr
            let list = LogFileList(directory: directory(of: slot), stream: name)
            for item in list.items {
                guard let file = list.open(item) else { continue }
                if let found = file.lastRun(before: file.entryCount, where: isWanted) { return found.key }
            }
            return nil
        }.max { $0.startedAt < $1.startedAt }
    }

    /// Logs of older keepers name no runs. Runs of a slot follow one another, so the last that began within a
    /// moment of the claim is the one.
    private func claimed(_ id: RunID, _ slot: SlotID) -> LogRunKey? {
        if let record = Slot(slot, layout).exitRecord(of: id) {
            return LogRunKey(startedAt: WallTime(log: record.startedAtWall), id: id)
        }
        guard id.isWellFormed, let milliseconds = Int64(id.text.prefix(12), radix: 16) else { return nil }
        let (claim, overflow) = milliseconds.multipliedReportingOverflow(by: 1_000_000)
        guard !overflow else { return nil }
        return lastRun(of: slot) { run in
            let wait = run.startedAt.nanoseconds - claim
            return run.id == nil && wait >= 0 && wait <= Self.claimToStartMax
        }
    }

    /// Nanoseconds from a claim to the begin of its run, at most: a run that began later is another one.
    private static let claimToStartMax: Int64 = 10_000_000_000
}

/// The newest records, so many lines of them at most, and no mark before the first of these. Where they would
/// take too much memory it only counts.
private struct LineRing {
    private let linesMax: Int
    private let bytesMax: Int
    private var kept: [LogRecord] = []
    private var first = 0
    private var keptLines = 0
    private var keptBytes = 0
    private(set) var isTooLarge = false
    /// All lines that came.
    private(set) var lines = 0

    /// What a record takes beside its text, about.
    private static let recordBytes = 200

    init(linesMax: Int, bytesMax: Int) {
        self.linesMax = max(linesMax, 0)
        self.bytesMax = bytesMax
    }

    var records: [LogRecord] { Array(kept[first...]) }
    var isFull: Bool { lines >= linesMax }

    mutating func append(_ record: LogRecord) {
        if record.beginsLine { lines += 1 }
        guard !isTooLarge else { return }
        add(record, 1)
        kept.append(record)
        let isDropping = lines > linesMax || linesMax == 0
        while keptLines > linesMax || isDropping && first < kept.count && !kept[first].beginsLine {
            add(kept[first], -1)
            first += 1
        }
        // Dropped in bulk, so that each record is moved once at most.
        if first > kept.count / 2, first > 1024 {
            kept.removeFirst(first)
            first = 0
        }
        if keptBytes > bytesMax {
            isTooLarge = true
            kept = []
            first = 0
        }
    }

    private mutating func add(_ record: LogRecord, _ sign: Int) {
        keptBytes += sign * Self.recordBytes
        guard case .line(let line) = record else { return }
        if record.beginsLine { keptLines += sign }
        keptBytes += sign * line.bytes.count
    }
}
