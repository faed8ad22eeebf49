package import Reconciler

/// A bounded part of what a query finds, and from where it goes on.
package struct LogPage: Sendable {
    package var records: [LogRecord]
    /// Continues behind what is here; what is still to be written is behind it, too.
    package var cursor: LogPosition
    /// Whether more is there already.
    package var hasMore: Bool
}

/// A place among the records of a query: so many of those with this very time are passed.
package struct LogPosition: Sendable, Hashable {
    package var time: WallTime
    package var passed: Int

    package init(time: WallTime, passed: Int) {
        self.time = time
        self.passed = passed
    }

    /// `1795252323045999999-2`.
    package var text: String { "\(time.nanoseconds)-\(passed)" }

    package init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let time = Int64(parts[0]), time >= 0, let passed = Int(parts[1]), passed >= 0
        else { return nil }
        self.init(time: WallTime(nanoseconds: time), passed: passed)
    }
}

extension LogReader {
    /// Of all pages together no more is read at once than this; the next page goes on.
    static let pageReadBytesMax = 32 << 20
    static let pageBytesMax = 4 << 20

    /// With a position or `since`: the first records from there on. Else the newest. A line without an end is
    /// left for a later page while its run may go on with it.
    package func page(_ query: LogQuery, after position: LogPosition?, limit: Int) -> LogPage {
        var query = query
        if position == nil, query.since == nil { return newest(query, limit) }
        if let position { query.since = max(position.time, query.since ?? position.time) }
        let selections = selections(query)
        for selection in selections { selection.budget = Self.pageReadBytesMax / max(selections.count, 1) }
        let merge = LogMerge(selections)
        let begin = LogPosition(time: query.since ?? WallTime(nanoseconds: 0), passed: 0)
        var page = LogPage(records: [], cursor: position ?? begin, hasMore: false)
        var toPass = position.map { $0.time == query.since ? $0.passed : 0 } ?? 0
        var bytes = 0
        while let record = next(merge) {
            if toPass > 0, record.time == query.since {
                toPass -= 1
                continue
            }
            if page.records.count >= limit || bytes > Self.pageBytesMax {
                page.hasMore = true
                return page
            }
            if case .line(let line) = record { bytes += line.bytes.count }
            page.append(record)
        }
        if let scanned = merge.scannedUpTo {
            page.hasMore = true
            if scanned > page.cursor.time { page.cursor = LogPosition(time: scanned, passed: 0) }
        }
        return page
    }

    private func newest(_ query: LogQuery, _ limit: Int) -> LogPage {
        var page = LogPage(
            records: [], cursor: LogPosition(time: WallTime(nanoseconds: 0), passed: 0), hasMore: false)
        for record in tail(limit, query, flushing: isOver).records { page.append(record) }
        return page
    }

    private func next(_ merge: LogMerge) -> LogRecord? {
        if let record = merge.next() { return record }
        merge.flush(where: isOver)
        return merge.next()
    }

    private var isOver: (SlotID) -> Bool {
        { slot in (try? Slot(slot, layout).lockState()) == .free }
    }
}

extension LogPage {
    fileprivate mutating func append(_ record: LogRecord) {
        records.append(record)
        let time = record.time
        cursor = LogPosition(time: time, passed: time == cursor.time ? cursor.passed + 1 : 1)
    }
}
