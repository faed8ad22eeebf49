import CLinux
import Glibc
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

extension WallTime {
    /// `2026-01-01T03:00:00Z`, with milliseconds where there are some.
    var timestamp: String {
        var seconds = time_t(nanoseconds / 1_000_000_000)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        var text = [CChar](repeating: 0, count: 32)
        let length = strftime(&text, text.count, "%Y-%m-%dT%H:%M:%S", &parts)
        let whole = String(decoding: text.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let milliseconds = max(nanoseconds % 1_000_000_000, 0) / 1_000_000
        return milliseconds == 0 ? "\(whole)Z" : "\(whole).\(String(1_000 + milliseconds).dropFirst())Z"
    }
}

/// Sleeps, whether the task is cancelled or not: what has been begun on the host is brought to its end.
func doze(for time: Duration) async {
    await Task.detached(priority: Task.currentPriority) { try? await Task.sleep(for: time) }.value
}
