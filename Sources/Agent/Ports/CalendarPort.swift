package import Reconciler

/// What the loop asks of whoever knows days and time zones.
package protocol CalendarPort: Sendable {
    /// Where the host stands between its maintenance windows at this time. An opening is always later.
    func windows(at: WallTime) -> WindowState
}

/// No windows are declared.
package struct AlwaysOpen: CalendarPort {
    package init() {}
    package func windows(at: WallTime) -> WindowState { .always }
}
