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
