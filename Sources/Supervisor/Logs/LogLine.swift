package import Reconciler

/// One line that a run has written.
package struct LogLine: Sendable, Hashable {
    package enum Stream: String, Sendable, Hashable, CaseIterable { case stdout, stderr }

    package var slot: SlotID
    package var stream: Stream
    /// When the first byte of the line was read from the run.
    package var time: WallTime
    /// The `startedWall` of the run that wrote it; nil where that run's begin has been rotated away.
    package var runStarted: WallTime?
    /// Without the newline. Bytes that are not UTF-8 are replaced.
    package var text: String
    /// False: no newline has come yet, or the line is longer than what is shown at once.
    package var isComplete: Bool
    /// Bytes of the stream that could not be kept just before this line.
    package var lostBytesBefore: UInt64
}

/// Which lines are wanted.
package struct LogQuery: Sendable {
    package var slots: [SlotID]
    package var streams: Set<LogLine.Stream>
    /// Only the newest lines, over all slots and streams.
    package var last: Int?
    package var since: WallTime?
    /// Only those of one run.
    package var run: RunID?
    /// That run's `startedWall`, if the caller knows it; without it the begin of a run is found by the time
    /// of its claim, which is in its id.
    package var runStarted: WallTime?

    package init(
        slots: [SlotID], streams: Set<LogLine.Stream> = Set(LogLine.Stream.allCases), last: Int? = nil,
        since: WallTime? = nil, run: RunID? = nil, runStarted: WallTime? = nil
    ) {
        self.slots = slots
        self.streams = streams
        self.last = last
        self.since = since
        self.run = run
        self.runStarted = runStarted
    }
}
