import CLinux
import Glibc

/// Descriptors of the run's making that nobody wants. The last close of one may take as long as its file
/// system, or a lingering socket, likes; so a child that shares the table of descriptors does it, one child
/// at a time, and the keeper never waits.
struct Discards {
    private var waiting: [Int32] = []
    private var failedAt: UInt64?
    /// The child that closes; 0 where there is none.
    private(set) var closer: pid_t = 0

    /// With more than this the run's messages wait in their socket.
    var hasRoom: Bool { waiting.count < KeeperBounds.discardsMax }

    mutating func take(_ descriptors: some Sequence<Int32>) { waiting.append(contentsOf: descriptors) }

    /// When to try again what could not be forked.
    var deadline: UInt64? { failedAt.map { $0 + KeeperBounds.discardRetryPause } }

    mutating func start() {
        guard closer == 0, !waiting.isEmpty else { return }
        let pid = clinux_close_aside(waiting, waiting.count)
        failedAt = pid < 0 ? clinux_boottime_ns() : nil
        guard pid > 0 else { return }
        closer = pid
        waiting = []
    }

    mutating func reaped(_ pid: pid_t) {
        if pid == closer { closer = 0 }
    }
}
