import Glibc
import KeeperProtocol
package import Reconciler

/// Reads what runs have written, from the files alone: with an agent or without one.
package struct LogReader: Sendable {
    private let layout: StateLayout

    package init(stateDir: String) { layout = StateLayout(stateDir: stateDir, runtimeDir: "") }

    /// Every slot of an instance that has ever had a run here.
    package func slots(of instance: String) -> [SlotID] {
        directoryNames("\(layout.slots)/\(instance)").compactMap(Int.init).sorted()
            .map { SlotID(instance: instance, index: $0) }
    }

    /// Every instance that has ever had a run here.
    package func instances() -> [String] { directoryNames(layout.slots) }

    /// The lines in the order of their times, stdout before stderr where they are equal. A line that has no
    /// end yet comes last of its stream, and says so.
    package func read(_ query: LogQuery, _ body: (LogLine) throws -> Void) rethrows {
        var merge = LogMerge(selections(query))
        guard let last = query.last else {
            while let line = merge.next() { try body(line) }
            return
        }
        var kept: [LogLine] = []
        while let line = merge.next() {
            kept.append(line)
            // Dropped in bulk, so that each line is moved once at most.
            if kept.count > 2 * last + 1024 { kept.removeFirst(kept.count - last) }
        }
        for line in kept.suffix(max(last, 0)) { try body(line) }
    }

    package func lines(_ query: LogQuery) -> [LogLine] {
        var lines: [LogLine] = []
        read(query) { lines.append($0) }
        return lines
    }

    /// What `read` gives, and then every line as it comes, across rotations and restarts, until the consumer
    /// stops. Nothing is read ahead of the consumer. Slots that come later are not followed.
    package func follow(_ query: LogQuery) -> AsyncStream<LogLine> {
        guard
            let follower = LogFollower(
                selections(query), last: query.last, directories: query.slots.map(layout.output),
                slots: query.slots.map { Slot($0, layout) })
        else { return AsyncStream { $0.finish() } }
        return AsyncStream { await follower.next() }
    }

    func selections(_ query: LogQuery) -> [LogSelection] {
        query.slots.flatMap { slot in
            LogLine.Stream.allCases.filter(query.streams.contains).map { stream in
                selection(slot, stream, query)
            }
        }
    }

    private func selection(_ slot: SlotID, _ stream: LogLine.Stream, _ query: LogQuery) -> LogSelection {
        let name = stream == .stdout ? LogFiles.stdout : LogFiles.stderr
        let directory = layout.output(slot)
        let cursor = LogCursor(slot: slot, stream: stream, directory: directory, name: name)
        let files = LogFile.all(directory: directory, stream: name)
        let run = query.run == nil && query.runStarted == nil ? nil : begin(slot, query, files)
        if let run {
            cursor.place(atRun: run, files)
        } else if let since = query.since {
            cursor.place(atTime: UInt64(max(since.nanoseconds, 0)), files)
        } else if let last = query.last {
            cursor.placeBeforeLast(last, files)
        } else {
            cursor.placeAtBegin(files)
        }
        return LogSelection(cursor: cursor, since: query.since, run: run)
    }

    /// When the wanted run began, as the index has it; `UInt64.max` where it cannot be told.
    private func begin(_ slot: SlotID, _ query: LogQuery, _ files: [LogFile]) -> UInt64 {
        if let wall = query.runStarted { return UInt64(max(wall.nanoseconds, 0)) }
        guard let run = query.run else { return .max }
        let known = Slot(slot, layout)
        if let identity = known.identity(), identity.runID == run.text { return identity.startedAtWall }
        if let record = known.exitRecord(of: run) { return record.startedAtWall }
        guard run.isWellFormed, let claimed = UInt64(run.text.prefix(12), radix: 16) else { return .max }
        let (wall, overflow) = claimed.multipliedReportingOverflow(by: 1_000_000)
        guard !overflow, wall <= UInt64.max - Self.claimToStartMax else { return .max }
        let last = wall + Self.claimToStartMax
        // Runs of a slot follow one another, so the first that began soon after the claim is the one.
        return files.flatMap(\.entries)
            .filter { $0.kind == .runStarted && $0.wall >= wall && $0.wall <= last }.map(\.wall).min() ?? .max
    }

    /// Nanoseconds from a claim to the begin of its run, at most: a run that began later is another one.
    private static let claimToStartMax: UInt64 = 10_000_000_000
}

/// A cursor, and which of its lines are wanted.
struct LogSelection {
    let cursor: LogCursor
    var since: WallTime?
    /// The begin of the only run that is wanted.
    var run: UInt64?

    func wants(_ line: LogLine) -> Bool {
        if let since, line.time < since { return false }
        guard let run else { return true }
        if let started = line.runStarted { return UInt64(max(started.nanoseconds, 0)) == run }
        // Its begin was rotated away: what is older than every known begin is its own, if it is old enough.
        return run <= UInt64(max(line.time.nanoseconds, 0))
    }

    /// The next wanted line; nil at the end of what is there.
    func next() -> LogLine? {
        while let line = cursor.next() {
            if wants(line) { return line }
        }
        return nil
    }
}

/// Several streams as one, in the order of time.
struct LogMerge {
    private var heads: [(line: LogLine, selection: LogSelection)] = []

    init(_ selections: [LogSelection]) {
        for selection in selections {
            if let line = Self.next(of: selection) { heads.append((line, selection)) }
        }
    }

    mutating func next() -> LogLine? {
        // Few streams: a heap would not pay.
        guard
            let first = heads.indices.min(by: { a, b in
                heads[a].line.time == heads[b].line.time ? a < b : heads[a].line.time < heads[b].line.time
            })
        else { return nil }
        let line = heads[first].line
        if let following = Self.next(of: heads[first].selection) {
            heads[first].line = following
        } else {
            heads.remove(at: first)
        }
        return line
    }

    private static func next(of selection: LogSelection) -> LogLine? {
        selection.next() ?? selection.cursor.flush().flatMap { selection.wants($0) ? $0 : nil }
    }
}
