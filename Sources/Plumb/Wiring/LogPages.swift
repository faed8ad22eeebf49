import Foundation
import Reconciler
import StatusAPI
import Supervisor
import Synchronization

/// Pages of logs for whoever asks the agent: so many readers at once, each for so long, on threads of their
/// own. Filters look at lines as they are shown, so that what is masked cannot be guessed at.
final class LogPages: Sendable {
    private let stateDir: String
    private let readers = Mutex(0)

    static let readersMax = 4
    /// Shorter than an answer may take.
    static let timeMax: Duration = .seconds(4)
    static let pageBytesMax = 4 << 20

    init(stateDir: String) { self.stateDir = stateDir }

    /// nil: nothing of that kind was ever written here.
    func page(_ query: LogHistoryQuery, _ mask: SecretMask) async throws -> LogHistoryPage? {
        try await aside { [self] in try read(query, mask) }
    }

    /// Of a Schedule's run, all its attempts; nil: its files are gone, or it has written none.
    func page(
        of run: ScheduledRun, _ query: LogHistoryQuery, _ mask: SecretMask
    ) async throws -> LogHistoryPage? {
        try await aside { [self] in try read(run, query, mask) }
    }

    private func aside(
        _ work: @escaping @Sendable () throws -> LogHistoryPage?
    ) async throws -> LogHistoryPage? {
        let isFree = readers.withLock { count in
            guard count < Self.readersMax else { return false }
            count += 1
            return true
        }
        guard isFree else { throw LogsBusy() }
        return try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global(qos: .utility).async { [self] in
                let result = Result { try work() }
                readers.withLock { $0 -= 1 }
                continuation.resume(with: result)
            }
        }
    }

    private func read(_ query: LogHistoryQuery, _ mask: SecretMask) throws -> LogHistoryPage? {
        let reader = LogReader(stateDir: stateDir)
        let slots = reader.slots(of: [LogTarget(instance: query.instance, index: query.replica)])
        var wanted = lines(query, in: slots)
        wanted.run =
            switch query.run {
            case nil: nil
            case .current?: .current
            case .previous?: .previous
            case .id(let id)?: .id(id)
            }
        guard !slots.isEmpty, reader.findsRun(wanted) else { return nil }
        let records = reader.records(wanted)
        if wanted.isStopped() { throw LogsSlow() }
        return page(records, query, mask)
    }

    /// The newest attempts first, until there are enough lines.
    private func read(
        _ run: ScheduledRun, _ query: LogHistoryQuery, _ mask: SecretMask
    ) throws -> LogHistoryPage? {
        let owner = DesiredSchedule.owner(of: run.schedule)
        var found: [LogRecord] = []
        var isThere = false
        for attempt in run.attempts.reversed() {
            var reader = LogReader(stateDir: stateDir)
            var wanted = lines(query, in: [SlotID(instance: owner, index: 0)])
            if let archive = LogReader(
                stateDir: stateDir, archiveOf: attempt.run, schedule: run.schedule), attempt.ended != nil
            {
                reader = archive
            } else {
                wanted = lines(query, in: reader.slots(of: [LogTarget(instance: owner)]))
                wanted.run = .id(attempt.run)
                guard !wanted.slots.isEmpty, reader.findsRun(wanted) else { continue }
            }
            isThere = true
            found = reader.records(wanted) + found
            if wanted.isStopped() { throw LogsSlow() }
            if found.count(where: \.isLine) > query.limit + query.skipped { break }
        }
        return isThere ? page(found, query, mask) : nil
    }

    private func lines(_ query: LogHistoryQuery, in slots: [SlotID]) -> LogQuery {
        let deadline = ContinuousClock.now + Self.timeMax
        var wanted = LogQuery(slots: slots, since: query.since, until: query.until)
        if let stream = query.stream.flatMap(LogLine.Stream.init) { wanted.streams = [stream] }
        wanted.level = query.level.flatMap { LogLevel(name: $0) }
        wanted.namesLevels = true
        wanted.patterns = query.text.map { [LogPattern($0)] } ?? []
        wanted.last = query.limit + query.skipped + 1
        wanted.isStopped = { ContinuousClock.now > deadline }
        return wanted
    }

    private func page(_ all: [LogRecord], _ query: LogHistoryQuery, _ mask: SecretMask) -> LogHistoryPage {
        var records = all
        // What an earlier page has shown of the nanosecond at which it ended.
        for _ in 0..<query.skipped {
            guard let last = records.lastIndex(where: \.isLine) else { break }
            records.remove(at: last)
        }
        var (first, lines, bytes) = (records.endIndex, 0, 0)
        while first > 0 {
            let record = records[first - 1]
            if case .line(let line) = record {
                bytes += line.bytes.count
                if line.offset == 0 { lines += 1 }
            }
            if lines > query.limit || bytes > Self.pageBytesMax && lines > 1 { break }
            first -= 1
        }
        let shown = records[first...].drop { !$0.isLine && first > 0 }
        let oldest = shown.first { $0.isLine }?.time
        let again = shown.count { $0.isLine && $0.time == oldest }
        let behind = query.until.map { $0.nanoseconds &- 1 } == oldest?.nanoseconds ? query.skipped : 0
        let items = shown.compactMap { LogRecordDocument($0, mask, holding: query.text) }
        let isMore = first > 0 && items.contains { $0.kind == LogRecordDocument.line }
        return LogHistoryPage(
            records: items,
            older: oldest.flatMap { time in
                isMore ? (WallTime(nanoseconds: time.nanoseconds + 1), again + behind) : nil
            })
    }
}

/// There is more than can be looked through in time.
struct LogsSlow: Error, CustomStringConvertible {
    var description: String {
        "looking through these logs takes too long: narrow it with since, until, replica or run"
    }
}

extension LogRecord {
    fileprivate var isLine: Bool {
        if case .line = self { true } else { false }
    }
}

extension LogRecordDocument {
    fileprivate static let line = "line"

    /// nil: as it is shown it does not hold what was looked for.
    fileprivate init?(_ record: LogRecord, _ mask: SecretMask, holding wanted: String?) {
        func make(_ kind: String, _ stream: LogLine.Stream) -> LogRecordDocument {
            LogRecordDocument(
                kind: kind, time: record.time, replica: record.slot.replica.description,
                stream: stream.rawValue,
                runId: record.run?.id?.text)
        }
        switch record {
        case .line(let line):
            self = make(Self.line, line.stream)
            let shown = mask.masked(
                line.text, startsInside: line.offset > 0, endsInside: !line.isComplete)
            if let wanted, !shown.contains(wanted) { return nil }
            text = shown
            level = line.level?.name
            complete = line.isComplete
            offset = line.offset > 0 ? line.offset : nil
        case .gap(let gap):
            self = make("gap", gap.stream)
            lostBytes = gap.lostBytes
            since = gap.since.map(Timestamp.init)
            reason = gap.reason
        case .runStarted(let mark): self = make("runStarted", mark.stream)
        case .runEnded(let mark, let end):
            self = make("runEnded", mark.stream)
            how = end.text
        }
    }
}
