/// When a Schedule fires.
package enum ScheduleTrigger: Sendable, Hashable, Codable {
    case cron(CronExpression)
    case calendar(CalendarExpression)
    /// Every so often, counted from `anchor` (seconds since 1970-01-01T00:00:00Z), so that every host and
    /// every life of the agent counts the same.
    case interval(Duration, anchor: Int64)
    case event(EventTrigger)
    case path(PathTrigger)
    /// By `runNonce` alone.
    case manual

    /// The nominal times follow from the calendar alone.
    package var isByClock: Bool {
        switch self {
        case .cron, .calendar, .interval: true
        case .event, .path, .manual: false
        }
    }
}

/// What happens to something else that is declared.
package enum EventTrigger: Sendable, Hashable, Codable {
    case instance(String, phase: InstancePhase)
    case schedule(String, outcome: RunOutcome)

    package enum InstancePhase: String, Sendable, Hashable, Codable, CaseIterable {
        /// All of its replicas are ready, and were not before.
        case ready
        /// A replica's run ended badly.
        case crashed
        /// A replica gave up, or the rollout of its spec failed.
        case failed
        /// A oneshot did what it is for.
        case succeeded
        /// The last of its runs on this host ended as wanted.
        case stopped
    }

    package enum RunOutcome: String, Sendable, Hashable, Codable, CaseIterable {
        case succeeded, failed, ended
    }
}

/// Files that come or change.
package struct PathTrigger: Sendable, Hashable, Codable {
    /// Absolute; `*`, `?` and `[…]` within its components.
    package var glob: String
    /// What comes within this time of the first change is one firing.
    package var debounce: Duration
    /// A file counts once it has not changed for so long.
    package var settle: Duration

    package init(glob: String, debounce: Duration = .seconds(1), settle: Duration = .seconds(1)) {
        self.glob = glob
        self.debounce = debounce
        self.settle = settle
    }
}
