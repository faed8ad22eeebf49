/// One line of a Schedule's history: a run, or why there was none.
package struct ScheduledRun: Sendable, Hashable, Codable {
    /// Of the first attempt's process, and of the record where nothing was started.
    package var id: RunID
    package var schedule: String
    package var trigger: Trigger
    /// When it was to start; of what the clock did not trigger, when it was triggered.
    package var nominal: WallTime
    /// `nominal` with its jitter; nil: the same.
    package var due: WallTime?
    package var state: State
    /// One word, CamelCase: `Missed`, `Forbidden`, `WindowClosed`, `DeadlinePassed`, `TimedOut`, ….
    package var reason: String?
    /// One sentence in plain words; nil where there is nothing to add.
    package var message: String?
    /// 1 is the first.
    package var attempt: Int
    /// The process of each attempt so far, the newest last; bounded by `retries.max` + 1.
    package var attempts: [Attempt]
    package var recorded: WallTime
    package var revision: Revision
    package var specHash: SpecHash?
    /// Of the last attempt: at most 4 KiB, whole characters.
    package var errors: String?
    /// Files that it left in its output directory, by path; at most `outputMax` are named.
    package var output: [OutputFile]
    /// Of what was not started: how many nominal times this line stands for, and the last of them; nil: one.
    /// Both optional, like all that came later.
    package var count: Int?
    package var until: WallTime?

    package struct Attempt: Sendable, Hashable, Codable {
        package var run: RunID
        package var started: WallTime?
        package var ended: WallTime?
        package var exit: ExitReport?
    }

    package struct OutputFile: Sendable, Hashable, Codable {
        package var path: String
        package var bytes: UInt64

        package init(path: String, bytes: UInt64) {
            self.path = path
            self.bytes = bytes
        }
    }

    package static let errorsMax = 4_096
    package static let outputMax = 1_000

    package enum Trigger: String, Sendable, Hashable, Codable, CaseIterable {
        case time, catchUp, event, path, nonce
    }

    package enum State: String, Sendable, Hashable, Codable, CaseIterable {
        /// Not over: in the queue, waiting for a dependency or for its next attempt, on its way, under way.
        case queued, waiting, starting, running, stopping
        /// Over, and it ran.
        case succeeded, failed, timedOut, replaced, stopped, lost
        /// Over, and nothing was started.
        case missed, skipped, forbidden
    }

    package init(
        id: RunID, schedule: String, trigger: Trigger, nominal: WallTime, due: WallTime? = nil, state: State,
        reason: String? = nil, message: String? = nil, recorded: WallTime, revision: Revision,
        specHash: SpecHash? = nil
    ) {
        self.id = id
        self.schedule = schedule
        self.trigger = trigger
        self.nominal = nominal
        self.due = due
        self.state = state
        self.reason = reason
        self.message = message
        attempt = 1
        attempts = []
        self.recorded = recorded
        self.revision = revision
        self.specHash = specHash
        output = []
    }

    package var started: WallTime? { attempts.first?.started }
    package var ended: WallTime? { attempts.last?.ended }
}

extension ScheduledRun.State {
    package var isOver: Bool {
        switch self {
        case .queued, .waiting, .starting, .running, .stopping: false
        default: true
        }
    }

    /// Over, by how it is kept in the history.
    package static let ranWell: [Self] = [.succeeded, .replaced, .stopped]
    package static let ranBadly: [Self] = [.failed, .timedOut, .lost]
    package static let neverRan: [Self] = [.missed, .skipped, .forbidden]

    /// It ran, and not well.
    package var isFailure: Bool { self == .failed || self == .timedOut || self == .lost }
}

/// Which runs are asked for: by their ids, the newest first.
package struct ScheduledRunQuery: Sendable {
    /// nil: of every Schedule.
    package var schedule: String?
    /// Only of these; nil: whichever they are of.
    package var schedules: Set<String>?
    /// Empty: in every state.
    package var states: Set<ScheduledRun.State> = []
    /// Recorded or changed at this time or later.
    package var since: WallTime?
    /// Those with a smaller id, which need not be one that there is; nil: from the newest on.
    package var after: RunID?
    package var limit: Int

    package init(schedule: String? = nil, limit: Int) {
        self.schedule = schedule
        self.limit = limit
    }
}

package struct ScheduledRunPage: Sendable {
    package var runs: [ScheduledRun]
    /// Of all that fit, whatever `after` and `limit` are.
    package var total: Int
    package var hasMore: Bool

    package init(runs: [ScheduledRun] = [], total: Int = 0, hasMore: Bool = false) {
        self.runs = runs
        self.total = total
        self.hasMore = hasMore
    }
}
