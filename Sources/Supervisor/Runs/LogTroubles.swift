import Glibc
import KeeperProtocol
import Reconciler
import Synchronization

/// What keepers tell of output that could not be kept.
extension Supervisor {
    /// `loss` nil: the stream is written again.
    func logTrouble(_ run: RunID, _ stream: LogStream, _ loss: LogLoss?, since: UInt64) {
        let troubles = table.withLock { table in
            table[run]?.logTroubles[stream] = loss.map {
                LogTrouble(loss: $0, since: WallTime(nanoseconds: Int64(clamping: since)))
            }
            return table[run]?.logTroubles
        }
        guard let troubles else { return }
        tell(.found(run, RunFinding(logTroubles: troubles)))
    }
}

/// Why a stream's bytes are being lost.
struct LogTrouble: Sendable {
    var loss: LogLoss
    var since: WallTime
}

extension RunFinding {
    fileprivate init(logTroubles troubles: [LogStream: LogTrouble]) {
        guard let first = troubles.values.min(by: { $0.since < $1.since }) else {
            self.init(kind: .logsLost, reason: "", message: "")
            return
        }
        let streams = troubles.keys.sorted { $0.rawValue < $1.rawValue }
        let names = streams.map { $0 == .stdout ? "standard output" : "standard error" }
        self.init(
            kind: .logsLost, reason: first.loss.reason,
            message: "its \(names.joined(separator: " and ")) is lost, not logged: \(first.loss.text)")
    }
}

extension LogLoss {
    /// One word for machines.
    var reason: String {
        switch self {
        case .refused: "WriteRefused"
        case .removed: "FileRemoved"
        case .truncated: "FileTruncated"
        case .notAFile: "NotAFile"
        case .unknown: "Unknown"
        }
    }

    /// `No space left on device`.
    var text: String {
        switch self {
        case .refused(let number) where number == ELOOP: "a symbolic link stands where the log should be"
        case .refused(let number): SystemError.text(number)
        case .removed: "the file was removed"
        case .truncated: "the file was made shorter"
        case .notAFile: "something that is not a file stands where the log should be"
        case .unknown: "the keeper gave a reason that this version does not know"
        }
    }
}
