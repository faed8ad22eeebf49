import Agent
import Manifests
import Reconciler

/// When new revisions may be accepted: on these days, between two times of day of a zone.
struct MaintenanceWindow: Sendable, Hashable {
    var window: RunWindow
    /// That this host knows.
    var zone: String
}

/// Where the host stands between its windows.
struct WindowCalendar: CalendarPort {
    let windows: [MaintenanceWindow]
    var zones = SystemZones.shared

    func windows(at now: WallTime) -> WindowState {
        let windows = windows.compactMap { window in
            zones.rules(window.zone).map { WindowTimes.Window(window.window, zone: $0) }
        }
        // Settings name no other zones; if one is gone all the same, its window is closed.
        if windows.isEmpty, !self.windows.isEmpty { return .closed(opensAt: nil) }
        return WindowTimes.state(of: windows, at: now)
    }
}
