/// How every Schedule of this host stands, sorted by name.
package func scheduleStatuses(of state: AgentState) -> [ScheduleStatus] {
    guard let schedules = state.schedules else { return [] }
    return schedules.memory.sorted { $0.key < $1.key }.compactMap { name, memory in
        guard let schedule = memory.declared?.schedule, memory.state.withdrawnAt == nil else { return nil }
        return schedules.status(name, schedule, memory.state)
    }
}

extension Schedules {
    fileprivate func status(
        _ name: String, _ schedule: DesiredSchedule, _ state: ScheduleState
    ) -> ScheduleStatus {
        let (word, message) = standing(name, schedule, state)
        return ScheduleStatus(
            schedule: schedule, state: word, message: message, next: next[name], last: state.last,
            active: state.active.map(\.record).filter { !$0.state.isOver },
            lastSuccess: state.lastSuccess, failures: state.failures)
    }

    private func standing(
        _ name: String, _ schedule: DesiredSchedule, _ state: ScheduleState
    ) -> (ScheduleStatus.State, String?) {
        if !schedule.assigned { return (.elsewhere, "spec.nodes does not pick this node") }
        if let trouble = troubles[name] ?? unwatched[name] { return (.broken, trouble) }
        if schedule.suspend { return (.suspended, "spec.suspend is true") }
        if isHostSuspended { return (.hostSuspended, "the host is suspended: nothing new is started") }
        if let bar = bars[name] { return (.active, "it waits: \(bar.message)") }
        guard state.failures > 0 else { return (.active, nil) }
        let runs = state.failures == 1 ? "its last run" : "its last \(state.failures) runs"
        return (.failing, "\(runs) failed")
    }
}
