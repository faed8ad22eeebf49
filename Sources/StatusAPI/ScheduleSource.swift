package import Reconciler

/// What is known of Schedules and their runs: a part of a `StatusSource`. Nothing here can change anything.
package protocol ScheduleSource: Sendable {
    /// How each Schedule stands at the moment of a state, sorted by name; nil: this agent runs none.
    func schedules(in state: AgentState) -> [ScheduleStatus]?
    func scheduledRuns(_ query: ScheduledRunQuery) async throws -> ScheduledRunPage
    /// The next times by the clock; empty for a Schedule that is not by the clock, or whose zone is unknown.
    func upcoming(_ schedule: DesiredSchedule, in range: Range<WallTime>, limit: Int) -> [Firing]
    /// Seconds that a time zone is ahead of UTC at a moment; nil: this host does not know the zone.
    func utcOffset(of zone: String, at time: WallTime) -> Int?
    /// What a run of a Schedule has written, the oldest first; nil: its files are gone.
    func logs(of run: ScheduledRun, _ query: LogHistoryQuery) async throws -> LogHistoryPage?
}

extension ScheduleSource {
    package func schedules(in state: AgentState) -> [ScheduleStatus]? { nil }
    package func scheduledRuns(_ query: ScheduledRunQuery) async throws -> ScheduledRunPage {
        ScheduledRunPage()
    }
    package func upcoming(_ schedule: DesiredSchedule, in range: Range<WallTime>, limit: Int) -> [Firing] {
        []
    }
    package func utcOffset(of zone: String, at time: WallTime) -> Int? { zone == "UTC" ? 0 : nil }
    package func logs(of run: ScheduledRun, _ query: LogHistoryQuery) async throws -> LogHistoryPage? {
        nil
    }
}
