import Reconciler

/// A cursor, and which of its records are wanted. Every line that is shown to anybody passes here.
final class LogSelection {
    let cursor: LogCursor
    private let query: LogQuery
    /// The only run that is wanted.
    private let run: LogRunKey?
    private var levels = LevelTracker()
    private let matchers: [LogMatcher]
    private(set) var isOver = false
    private var looked = 0

    /// Records after which it is asked whether somebody still waits.
    private static let lookPeriod = 1_024

    /// How far a clock may be set back without a later line being taken for one behind the end.
    private static let clockStepMax: Int64 = 5_000_000_000

    init(cursor: LogCursor, query: LogQuery, run: LogRunKey?) {
        self.cursor = cursor
        self.query = query
        self.run = run
        matchers = query.patterns.map(LogMatcher.init)
    }

    /// The next wanted record; nil at the end of what is there.
    func next() -> LogRecord? {
        while !isOver, let record = cursor.next() {
            looked += 1
            if looked.isMultiple(of: Self.lookPeriod), query.isStopped() { isOver = true }
            if let wanted = taken(record) { return wanted }
        }
        return nil
    }

    func flush() -> LogRecord? { isOver ? nil : cursor.flush().flatMap(taken) }

    private func taken(_ record: LogRecord) -> LogRecord? {
        if let until = query.until, record.time >= until {
            let (past, isFar) = record.time.nanoseconds.subtractingReportingOverflow(until.nanoseconds)
            if isFar || past > Self.clockStepMax { isOver = true }
            return nil
        }
        if let since = query.since, record.time < since {
            // Its level is that of the lines that follow it and have none.
            if case .line(let line) = record, query.level != nil { _ = levels.level(of: line) }
            return nil
        }
        if let run, !isOf(run, record) {
            // Runs of a slot follow one another.
            if let own = record.run, own.startedAt > run.startedAt { isOver = true }
            return nil
        }
        guard case .line(var line) = record else {
            if case .gap = record { return record }
            // Who looks for a text wants no begins and ends of runs between what is found.
            return query.patterns.isEmpty ? record : nil
        }
        if query.level != nil || query.namesLevels { line.level = levels.level(of: line) }
        if let least = query.level, !line.reaches(least) { return nil }
        return matchers.allSatisfy { $0.matches(line.bytes) } ? .line(line) : nil
    }

    private func isOf(_ run: LogRunKey, _ record: LogRecord) -> Bool {
        if let own = record.run { return own.isSame(as: run) }
        // Its begin was rotated away: what is older than every known begin is its own, if it is old enough.
        return run.startedAt <= record.time
    }
}

/// Several streams as one, in the order of time; stdout before stderr where times are equal. It holds one
/// record of each.
final class LogMerge {
    private struct Lane {
        let selection: LogSelection
        var head: LogRecord?
    }

    private var lanes: [Lane] = []
    private var taken = 0
    private var told = ToldMarks()

    /// Records after which streams that had nothing are asked again, so that a busy one starves no other.
    private static let refillPeriod = 512

    init(_ selections: [LogSelection]) {
        for selection in selections { add(selection) }
    }

    func add(_ selection: LogSelection) {
        lanes.append(Lane(selection: selection, head: selection.next()))
    }

    var selections: [LogSelection] { lanes.map(\.selection) }

    /// Looks again at streams that were at their end.
    func refill() {
        for index in lanes.indices where lanes[index].head == nil {
            lanes[index].head = lanes[index].selection.next()
        }
    }

    /// Lines without an end are taken as they are, of the streams for which that is right.
    func flush(where isFinal: (SlotID) -> Bool = { _ in true }) {
        for index in lanes.indices where lanes[index].head == nil {
            let selection = lanes[index].selection
            guard isFinal(selection.cursor.slot) else { continue }
            lanes[index].head = selection.next() ?? selection.flush()
        }
    }

    /// The oldest record that is there; nil: none is.
    func next() -> LogRecord? {
        while let record = pop() {
            switch record {
            case .line, .gap: return record
            case .runStarted(let mark): if told.insert(mark.told(isEnd: false)) { return record }
            case .runEnded(let mark, _): if told.insert(mark.told(isEnd: true)) { return record }
            }
        }
        return nil
    }

    private func pop() -> LogRecord? {
        taken += 1
        if taken.isMultiple(of: Self.refillPeriod) { refill() }
        var first: Int?
        for index in lanes.indices {
            guard let head = lanes[index].head else { continue }
            if let found = first, let best = lanes[found].head, best.time <= head.time { continue }
            first = index
        }
        guard let first, let record = lanes[first].head else { return nil }
        lanes[first].head = lanes[first].selection.next()
        return record
    }
}

/// Runs whose begin or end was told: each of their streams tells of it, one soon after the other. A follower
/// may go on for ever, so only the newest are remembered.
struct ToldMarks {
    private var newest: Set<LogRunMark.Told> = []
    private var before: Set<LogRunMark.Told> = []

    static let marksMax = 4096

    /// False: it was told before.
    mutating func insert(_ mark: LogRunMark.Told) -> Bool {
        guard !before.contains(mark), newest.insert(mark).inserted else { return false }
        if newest.count >= Self.marksMax / 2 {
            before = newest
            newest = []
        }
        return true
    }

    var count: Int { newest.count + before.count }
}

extension LogRunMark {
    struct Told: Hashable {
        var slot: SlotID
        var startedAt: WallTime
        var isEnd: Bool
    }

    func told(isEnd: Bool) -> Told { Told(slot: slot, startedAt: run.startedAt, isEnd: isEnd) }
}
