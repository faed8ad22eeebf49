import Reconciler
import StatusAPI
import Supervisor

extension RunOutput {
    /// What the runs of an Instance write, from the files and at the reader's own pace.
    func tail(_ query: TailQuery) -> AsyncStream<[TailRecord]> {
        let reader = LogReader(stateDir: stateDir)
        let targets = [LogTarget(instance: query.instance, index: query.index)]
        var wanted = LogQuery(slots: reader.slots(of: targets), last: query.last, since: query.since)
        wanted.streams = Set(query.streams.map { $0 == .stdout ? .stdout : .stderr })
        wanted.level = query.level.flatMap { LogLevel(name: $0) }
        wanted.namesLevels = true
        let records = reader.follow(wanted, targets: targets)
        return AsyncStream(unfolding: {
            var records = records.makeAsyncIterator()
            return await records.next()?.map(TailRecord.init)
        })
    }
}

extension TailRecord {
    fileprivate init(_ record: LogRecord) {
        let (stream, what): (LogLine.Stream, What) =
            switch record {
            case .line(let line):
                (
                    line.stream,
                    .line(
                        line.text, level: line.level?.name, isComplete: line.isComplete, offset: line.offset)
                )
            case .gap(let gap):
                (gap.stream, .gap(since: gap.since, lostBytes: gap.lostBytes, reason: gap.reason))
            case .runStarted(let mark): (mark.stream, .started)
            case .runEnded(let mark, let how): (mark.stream, .ended(how: how.text))
            }
        self.init(
            replica: record.slot.replica, stream: stream == .stdout ? .stdout : .stderr, time: record.time,
            run: record.run?.id, what: what)
    }
}
