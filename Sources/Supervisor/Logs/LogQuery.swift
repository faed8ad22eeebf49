package import Reconciler

/// Which records are wanted. All that is given has to fit.
package struct LogQuery: Sendable {
    package var slots: [SlotID]
    package var streams: Set<LogLine.Stream>
    /// Only the newest lines, over all slots and streams.
    package var last: Int?
    package var since: WallTime?
    /// Only what is older.
    package var until: WallTime?
    package var run: LogRunChoice?
    /// The least level that is wanted.
    package var level: LogLevel?
    /// What a line must hold, all of it.
    package var patterns: [LogPattern]
    /// Whether lines get their level although nothing is left out by it.
    package var namesLevels = false
    /// Asked now and then: true ends the reading as if nothing more were there. Whoever gives it knows why.
    package var isStopped: @Sendable () -> Bool = { false }

    package init(
        slots: [SlotID], streams: Set<LogLine.Stream> = Set(LogLine.Stream.allCases), last: Int? = nil,
        since: WallTime? = nil, until: WallTime? = nil, run: LogRunChoice? = nil, level: LogLevel? = nil,
        patterns: [LogPattern] = []
    ) {
        self.slots = slots
        self.streams = streams
        self.last = last
        self.since = since
        self.until = until
        self.run = run
        self.level = level
        self.patterns = patterns
    }

    /// Whether every line of the places that are read is wanted, so that lines can be counted by their ends.
    var takesAll: Bool { since == nil && until == nil && run == nil && level == nil && patterns.isEmpty }
}

/// `--run`.
package enum LogRunChoice: Sendable, Hashable {
    case id(RunID)
    /// The newest of each replica, and the one before it that wrote anything.
    case current
    case previous
}

/// What an operator names: an Instance, or one replica of it.
package struct LogTarget: Sendable, Hashable {
    package var instance: String
    package var index: Int?

    package init(instance: String, index: Int? = nil) {
        self.instance = instance
        self.index = index
    }

    func covers(_ slot: SlotID) -> Bool {
        slot.instance == instance && (index == nil || slot.replica.index == index)
    }
}
