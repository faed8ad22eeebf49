package import Reconciler

/// Time that moves only when it is told to, on both clocks.
package struct ManualClock: Sendable {
    package private(set) var now: Instant
    package private(set) var wall: WallTime

    /// 2026-01-01T00:00:00Z, an hour after boot.
    package init(
        now: Instant = Instant(nanoseconds: 3_600_000_000_000),
        wall: WallTime = WallTime(nanoseconds: 1_767_225_600_000_000_000)
    ) {
        self.now = now
        self.wall = wall
    }

    package var moment: Moment { Moment(instant: now, wall: wall) }

    package mutating func advance(by duration: Duration) {
        now = now + duration
        wall = WallTime(nanoseconds: wall.nanoseconds + duration.nanoseconds)
    }

    /// To an instant that is ahead; nothing happens for one that has passed.
    package mutating func advance(to instant: Instant) {
        if instant > now { advance(by: instant - now) }
    }

    /// The wall clock alone is set.
    package mutating func setWall(by duration: Duration) {
        wall = WallTime(nanoseconds: wall.nanoseconds + duration.nanoseconds)
    }

    /// The host begins anew: the clock that counts from boot starts at a few seconds.
    package mutating func reboot() {
        now = Instant(nanoseconds: 5_000_000_000)
        wall = WallTime(nanoseconds: wall.nanoseconds + 30_000_000_000)
    }
}
