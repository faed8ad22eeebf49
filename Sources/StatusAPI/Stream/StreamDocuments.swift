import Reconciler

/// `hello`: always the first.
package struct HelloDocument: Codable, Sendable, Hashable {
    package var epoch: String
    package var node: String
    package var version: String
    package var time: Timestamp
    package var startedAt: Timestamp
    package var heartbeatSeconds: Int
    package var revision: RevisionDocument?
    package var topics: [String]
    /// What was missed since the Last-Event-ID follows, and no `reset`.
    package var replays: Bool
}

/// `reset`: what is known is to be forgotten; everything follows.
package struct ResetDocument: Codable, Sendable, Hashable {
    package enum Reason: String, Codable, Sendable { case start, epoch, tooOld, badId, slow }
    package var reason: Reason
}

package struct RemovedDocument: Codable, Sendable, Hashable {
    package var name: String
}

/// `complete`: the picture that began with `reset` is whole.
package struct CompleteDocument: Codable, Sendable, Hashable {
    package var instances: Int
    package var schedules: Int?
}

/// `missed`: what a client will not get here any more.
package struct MissedDocument: Codable, Sendable, Hashable {
    package var topic: String
    package var count: UInt64
    package var reason: String
    /// Where it can be read.
    package var read: String?
}

package struct ByeDocument: Codable, Sendable, Hashable {
    package var reason: String
}

package struct UsageSampleDocument: Codable, Sendable, Hashable {
    package var replica: String
    package var instance: String
    package var runId: String
    package var cpuCores: Double?
    package var memoryBytes: UInt64?
    package var tasks: UInt64?
    package var descriptors: UInt64?

    init(replica: String, instance: String, run: RunID, _ usage: RunUsage) {
        let known = UsageDocument(usage)
        self.replica = replica
        self.instance = instance
        runId = run.text
        cpuCores = known.cpuCores
        memoryBytes = known.memoryBytes
        tasks = known.tasks
        descriptors = known.descriptors
    }
}

/// `usage`
package struct UsageSamplesDocument: Codable, Sendable, Hashable {
    package var time: Timestamp
    package var intervalSeconds: Int
    package var samples: [UsageSampleDocument]
}

/// `log`, `gap` and `run`: what a log tells. What does not apply is left out.
package struct TailDocument: Codable, Sendable, Hashable {
    package var instance: String
    package var replica: String
    package var stream: String
    package var time: Timestamp?
    package var runId: String?
    package var line: String?
    package var level: String?
    package var complete: Bool?
    package var offset: Int?
    package var since: Timestamp?
    package var until: Timestamp?
    package var lostBytes: UInt64?
    package var reason: String?
    package var what: String?
    package var how: String?

    /// The name of the event that carries it.
    static func event(of record: TailRecord) -> String {
        switch record.what {
        case .line: "log"
        case .gap: "gap"
        case .started, .ended: "run"
        }
    }

    init(_ record: TailRecord) {
        instance = record.replica.instance
        replica = record.replica.description
        stream = record.stream.rawValue
        runId = record.run?.text
        switch record.what {
        case .line(let text, let level, let isComplete, let offset):
            time = Timestamp(record.time)
            (line, self.level, complete) = (text, level, isComplete)
            if offset > 0 { self.offset = offset }
        case .gap(let since, let lostBytes, let reason):
            self.since = since.map(Timestamp.init)
            until = Timestamp(record.time)
            (self.lostBytes, self.reason) = (lostBytes, reason)
        case .started: (time, what) = (Timestamp(record.time), "started")
        case .ended(let how): (time, what, self.how) = (Timestamp(record.time), "ended", how)
        }
    }
}
