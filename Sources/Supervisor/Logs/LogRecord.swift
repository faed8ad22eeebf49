import Glibc
package import KeeperProtocol
package import Reconciler

/// One thing that a log tells: a line, or what happened between two lines.
package enum LogRecord: Sendable, Hashable {
    case line(LogLine)
    case gap(LogGap)
    case runStarted(LogRunMark)
    case runEnded(LogRunMark, how: LogRunEnd)

    package var time: WallTime {
        switch self {
        case .line(let line): line.time
        case .gap(let gap): gap.until
        case .runStarted(let mark), .runEnded(let mark, _): mark.time
        }
    }

    /// Whether this is a line, or the first piece of one.
    var beginsLine: Bool {
        if case .line(let line) = self { line.offset == 0 } else { false }
    }

    package var slot: SlotID {
        switch self {
        case .line(let line): line.slot
        case .gap(let gap): gap.slot
        case .runStarted(let mark), .runEnded(let mark, _): mark.slot
        }
    }

    package var run: LogRunKey? {
        switch self {
        case .line(let line): line.run
        case .gap(let gap): gap.run
        case .runStarted(let mark), .runEnded(let mark, _): mark.run
        }
    }
}

/// One line that a run has written.
package struct LogLine: Sendable, Hashable {
    package enum Stream: String, Sendable, Hashable, CaseIterable { case stdout, stderr }

    package var slot: SlotID
    package var stream: Stream
    /// When the first byte of the line was read from the run.
    package var time: WallTime
    /// The run that wrote it; nil where its begin has been rotated away.
    package var run: LogRunKey?
    /// As they were written, without the newline.
    package var bytes: [UInt8]
    /// False: no newline has come yet, or the line is longer than what is shown at once.
    package var isComplete: Bool
    /// Bytes of the same line that came before these, in pieces of their own.
    package var offset = 0
    /// Its own, or that of the line which it belongs to; set only where somebody asked for levels.
    package var level: LogLevel?

    /// Bytes that are not UTF-8 are replaced, and the CR of a CR LF is left out.
    package var text: String {
        let shown = isComplete && bytes.last == UInt8(ascii: "\r") ? bytes.dropLast() : bytes[...]
        return String(decoding: shown, as: UTF8.self)
    }
}

/// Which run wrote something: by the begin that its log has, and by its id where the log has that too.
package struct LogRunKey: Sendable, Hashable {
    package var startedAt: WallTime
    package var id: RunID?

    package init(startedAt: WallTime, id: RunID?) {
        self.startedAt = startedAt
        self.id = id
    }

    /// Whether both speak of one run, as far as it can be told.
    func isSame(as other: LogRunKey) -> Bool {
        if let id, let otherID = other.id { return id == otherID }
        return startedAt == other.startedAt
    }
}

/// Bytes that a run wrote and that are in no log.
package struct LogGap: Sendable, Hashable {
    package var slot: SlotID
    package var stream: LogLine.Stream
    package var run: LogRunKey?
    /// nil: an older keeper did not say.
    package var since: WallTime?
    package var until: WallTime
    package var lostBytes: UInt64
    package var loss: LogLoss?
    /// The bytes were in the log, and their file was removed before it could be read: how many there were, if
    /// any, is not known.
    package var isLeftOut = false

    /// `No space left on device`; "" where it is not known.
    package var reason: String {
        isLeftOut ? "files were removed while they were read" : loss?.text ?? ""
    }
}

/// A run began or ended here.
package struct LogRunMark: Sendable, Hashable {
    package var slot: SlotID
    package var stream: LogLine.Stream
    package var run: LogRunKey
    package var time: WallTime
}

extension LogRunEnd {
    /// `exit code 1`.
    package var text: String {
        switch self {
        case .exited(let code): "exit code \(code)"
        case .signaled(let number, let oomKilled):
            "killed by \(signalName(number))" + (oomKilled ? " (out of memory)" : "")
        case .notStarted: "its program could not be executed"
        case .unknown: "how is not known"
        }
    }
}

extension LogRunID {
    var run: RunID { RunID(text: text) }
}

extension WallTime {
    init(log nanoseconds: UInt64) { self.init(nanoseconds: Int64(clamping: nanoseconds)) }

    var logNanoseconds: UInt64 { UInt64(max(nanoseconds, 0)) }
}
