package import Reconciler

/// What the loop asks of whoever knows days and time zones.
package protocol CalendarPort: Sendable {
    /// Where the host stands between its maintenance windows at this time. An opening is always later.
    func windows(at: WallTime) -> WindowState
    /// When a Schedule fires; nil: it is not by the clock, or this host does not know its time zone.
    func times(of schedule: DesiredSchedule) -> (any NominalTimes)?
    /// Where a Schedule stands in its own window.
    func window(of schedule: DesiredSchedule, at: WallTime) -> WindowState
    /// Why this host does not know a time zone, and what to do about it.
    func complaint(aboutZone: String) -> String
    /// A time zone is another than when it was last asked for.
    func zonesHaveChanged() -> Bool
}

/// No windows are declared.
package struct AlwaysOpen: CalendarPort {
    package init() {}
    package func windows(at: WallTime) -> WindowState { .always }
    package func times(of schedule: DesiredSchedule) -> (any NominalTimes)? { nil }
    package func window(of schedule: DesiredSchedule, at: WallTime) -> WindowState { .always }
    package func complaint(aboutZone name: String) -> String {
        "this host does not know the time zone \(name)"
    }
    package func zonesHaveChanged() -> Bool { false }
}
