import Manifests
import Reconciler
import StatusAPI
import Store

/// How Schedules stand, and what their runs did.
extension StatusAdapter {
    func schedules(in state: AgentState) -> [ScheduleStatus]? {
        state.schedules == nil ? nil : scheduleStatuses(of: state)
    }

    func scheduledRuns(_ query: ScheduledRunQuery) async throws -> ScheduledRunPage {
        try await store.scheduledRuns(query)
    }

    func upcoming(_ schedule: DesiredSchedule, in range: Range<WallTime>, limit: Int) -> [Firing] {
        guard let zone = SystemZones.shared.rules(schedule.timezone),
            let calendar = ScheduleCalendar(schedule, zone: zone)
        else { return [] }
        return calendar.firings(in: range, limit: limit)
    }

    func utcOffset(of zone: String, at time: WallTime) -> Int? {
        let seconds = time.nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        let whole = seconds.remainder < 0 ? seconds.quotient - 1 : seconds.quotient
        return SystemZones.shared.rules(zone).map { Int($0.offset(at: whole)) }
    }

    func logs(of run: ScheduledRun, _ query: LogHistoryQuery) async throws -> LogHistoryPage? {
        try await logPages.page(of: run, query, await secrets())
    }
}
