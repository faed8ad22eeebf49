import CLinux
package import Reconciler

extension Instant {
    /// Now.
    package static var current: Instant {
        Instant(nanoseconds: Int64(clamping: clinux_boottime_ns()))
    }
}

extension WallTime {
    /// Now.
    package static var current: WallTime {
        WallTime(nanoseconds: Int64(clamping: clinux_realtime_ns()))
    }
}

/// Sleeps, whether the task is cancelled or not: what has been begun on the host is brought to its end.
func doze(for time: Duration) async {
    await Task.detached(priority: Task.currentPriority) { try? await Task.sleep(for: time) }.value
}
