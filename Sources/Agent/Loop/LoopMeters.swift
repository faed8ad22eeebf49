package import Reconciler

/// How long things took, in buckets.
package struct DurationHistogram: Sendable, Hashable {
    /// Upper ends of the buckets, in seconds, ascending.
    package let bounds: [Double]
    /// One more than bounds: the last is of what is beyond them.
    package private(set) var counts: [UInt64]
    package private(set) var seconds = 0.0

    package init(_ bounds: [Double]) {
        self.bounds = bounds
        counts = Array(repeating: 0, count: bounds.count + 1)
    }

    package mutating func add(_ duration: Duration) {
        let value = max(0, duration / .seconds(1))
        counts[bounds.firstIndex { value <= $0 } ?? bounds.count] += 1
        seconds += value
    }
}

/// What the loop has done since it began, for those who draw curves of it.
package struct LoopMeters: Sendable {
    private static let short = [0.000_1, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5]
    private static let long = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800]

    package private(set) var plans = DurationHistogram(short)
    /// Whole turns: events applied, planned, made durable, handed out.
    package private(set) var turns = DurationHistogram(short)
    /// From when a commit was seen to its first process, and to all of it proven healthy.
    package private(set) var executing = DurationHistogram(long)
    package private(set) var healthy = DurationHistogram(long)
    package private(set) var events: [EventRecord.Kind: Int] = [:]
    /// By the Schedule's name.
    package private(set) var schedules: [String: ScheduleMeters] = [:]

    private let began: Instant
    private var executed: RevisionID?
    private var proven: RevisionID?

    init(began: Instant) { self.began = began }

    mutating func planned(in duration: Duration) { plans.add(duration) }
    mutating func turned(in duration: Duration) { turns.add(duration) }

    mutating func note(_ records: [EventRecord], _ traces: [RevisionTrace]) {
        for record in records { events[record.kind, default: 0] += 1 }
        for trace in traces {
            if executed != trace.revision.id, let duration = span(trace, to: .executing) {
                executed = trace.revision.id
                executing.add(duration)
            }
            if proven != trace.revision.id, let duration = span(trace, to: .healthy) {
                proven = trace.revision.id
                healthy.add(duration)
            }
        }
    }

    mutating func note(_ observations: [ScheduleObservation]) {
        for observation in observations {
            switch observation {
            case .started(let name, let lateness):
                schedules[name, default: ScheduleMeters()].lateness.add(lateness)
            case .retried(let name): schedules[name, default: ScheduleMeters()].retries += 1
            case .over(let name, let state, let count):
                schedules[name, default: ScheduleMeters()].runs[state, default: 0] += count
            }
        }
        // Names come and go.
        if schedules.count > Self.schedulesMax { schedules = [:] }
    }

    private static let schedulesMax = 20_000

    /// Only of what this life of the agent has seen begin.
    private func span(_ trace: RevisionTrace, to stage: RevisionTrace.Stage) -> Duration? {
        guard let first = trace.marks.map(\.instant).min(), first >= began,
            let end = trace.marks.first(where: { $0.stage == stage })
        else { return nil }
        return end.instant - first
    }
}

/// What one Schedule's runs came to since the loop began.
package struct ScheduleMeters: Sendable {
    /// By the state in which they were over.
    package var runs: [ScheduledRun.State: Int] = [:]
    /// From when a run was due to its start.
    package var lateness = DurationHistogram([
        0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30, 60, 600,
    ])
    package var retries = 0

    package init() {}
}
