package import Manifests

/// The times of one calendar, as the engine asks for them. None of the answers costs more for a long time
/// than for a short one.
package protocol NominalTimes: Sendable {
    /// Strictly later; nil: never again.
    func next(after: WallTime) -> Firing?
    func firings(in: Range<WallTime>, limit: Int) -> [Firing]
    func last(atOrBefore: WallTime, notBefore: WallTime) -> Firing?
    func count(in: Range<WallTime>, limit: Int) -> Int
}

extension ScheduleCalendar: NominalTimes {}

/// What decisions on Schedules look at beside their own memory.
package struct ScheduleSurroundings {
    /// The calendar of a Schedule; nil: the host does not know its time zone, or it is not by the clock.
    package var times: (DesiredSchedule) -> (any NominalTimes)?
    /// Where a Schedule stands in its window.
    package var window: (DesiredSchedule, WallTime) -> WindowState
    /// Why this host does not know a time zone.
    package var zoneTrouble: (String) -> String = { "this host does not know the time zone \($0)" }
    package var isHostSuspended: Bool
    package var preparations: [SpecHash: Preparation]
    /// The first dependency that is not met, in words.
    package var unmet: ([Dependency]) -> String?
    /// The ready runs of an Instance on this host.
    package var readyRuns: (String) -> [RunID]
    /// Whether the Instance has anything that could be restarted here.
    package var canRestart: (String) -> Bool
    package var newID: () -> RunID
    package var bootID: String

    package init(
        times: @escaping (DesiredSchedule) -> (any NominalTimes)?,
        window: @escaping (DesiredSchedule, WallTime) -> WindowState = { _, _ in .always },
        isHostSuspended: Bool = false, preparations: [SpecHash: Preparation] = [:],
        unmet: @escaping ([Dependency]) -> String? = { _ in nil },
        readyRuns: @escaping (String) -> [RunID] = { _ in [] },
        canRestart: @escaping (String) -> Bool = { _ in true },
        newID: @escaping () -> RunID, bootID: String
    ) {
        self.times = times
        self.window = window
        self.isHostSuspended = isHostSuspended
        self.preparations = preparations
        self.unmet = unmet
        self.readyRuns = readyRuns
        self.canRestart = canRestart
        self.newID = newID
        self.bootID = bootID
    }
}
