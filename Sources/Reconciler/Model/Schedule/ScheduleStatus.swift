/// How a Schedule stands, for whoever shows it.
package struct ScheduleStatus: Sendable {
    package var schedule: DesiredSchedule
    package var state: State
    /// One sentence: why it does not fire, or what is unusual; nil: nothing is.
    package var message: String?
    /// The next time by the clock; nil: none, or not by the clock.
    package var next: Firing?
    /// What was over last; nil: nothing yet, or it is kept no longer.
    package var last: ScheduledRun?
    /// What is not over: queued, waiting, starting, running, stopping.
    package var active: [ScheduledRun]
    /// The end of the last run that succeeded, whatever the history keeps; nil: none has.
    package var lastSuccess: WallTime?
    /// Runs that failed, one after another; 0 after one that succeeded.
    package var failures: Int

    package enum State: String, Sendable, Hashable, Codable, CaseIterable {
        case active, suspended, hostSuspended, elsewhere, failing
        /// The host does not know its time zone, or cannot watch its path.
        case broken
    }

    package init(
        schedule: DesiredSchedule, state: State, message: String? = nil, next: Firing? = nil,
        last: ScheduledRun? = nil, active: [ScheduledRun] = [], lastSuccess: WallTime? = nil,
        failures: Int = 0
    ) {
        self.schedule = schedule
        self.state = state
        self.message = message
        self.next = next
        self.last = last
        self.active = active
        self.lastSuccess = lastSuccess
        self.failures = failures
    }
}
