import Agent
import Reconciler

/// When Schedules fire, by the time zones of this host.
extension WindowCalendar {
    func times(of schedule: DesiredSchedule) -> (any NominalTimes)? {
        guard let zone = zones.rules(schedule.timezone) else { return nil }
        return ScheduleCalendar(
            schedule.trigger, zone: zone, dst: schedule.dst, jitter: schedule.jitter, name: schedule.name)
    }

    func window(of schedule: DesiredSchedule, at time: WallTime) -> WindowState {
        guard let window = schedule.window, let zone = zones.rules(schedule.timezone) else {
            return .always
        }
        return windowState(window, zone: zone, at: time)
    }

    func complaint(aboutZone name: String) -> String { zones.complaint(about: name) }

    func zonesHaveChanged() -> Bool { zones.haveChanged() }
}
