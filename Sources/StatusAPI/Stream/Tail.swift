package import Reconciler

package enum TailStream: String, Sendable, Hashable, CaseIterable { case stdout, stderr }

/// Which lines are followed.
package struct TailQuery: Sendable, Hashable {
    package var instance: String
    /// nil: every replica, those that come later too.
    package var index: Int?
    package var streams = Set(TailStream.allCases)
    /// So many of the newest lines come first; nil: all since `since`.
    package var last: Int?
    package var since: WallTime?
    /// The least level, one of `levels`.
    package var level: String?

    static let levels = ["debug", "info", "warn", "error"]

    package init(instance: String, index: Int? = nil) {
        self.instance = instance
        self.index = index
    }
}

/// What a log tells, one thing after the other.
package struct TailRecord: Sendable, Hashable {
    package enum What: Sendable, Hashable {
        /// A piece of a line. `offset`: bytes of the same line that came before it.
        case line(String, level: String?, isComplete: Bool, offset: Int)
        /// Bytes that are in no log.
        case gap(since: WallTime?, lostBytes: UInt64, reason: String)
        case started
        case ended(how: String)
    }

    package var replica: ReplicaID
    package var stream: TailStream
    package var time: WallTime
    package var run: RunID?
    package var what: What

    package init(replica: ReplicaID, stream: TailStream, time: WallTime, run: RunID?, what: What) {
        self.replica = replica
        self.stream = stream
        self.time = time
        self.run = run
        self.what = what
    }
}
