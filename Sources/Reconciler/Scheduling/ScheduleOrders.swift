package import Manifests

/// What is to be done for Schedules once what was decided is durable. Performing it makes no choices.
package struct ScheduleOrders: Sendable {
    package var prepares: [InstanceSpec] = []
    package var starts: [ScheduledStart] = []
    package var stops: [ScheduledStop] = []
    package var signals: [ScheduledSignal] = []
    package var restarts: [ScheduledRestart] = []
    /// Files of ended attempts, from their slots to their own directories.
    package var archives: [ArchiveOrder] = []

    package init() {}
}

package struct ScheduledStart: Sendable {
    package var run: RunID
    package var slot: SlotID
    package var spec: InstanceSpec
    package var revision: Revision
    package var record: ScheduledRun
    /// How late it is, by the time at which it was due.
    package var lateness: Duration
}

package struct ScheduledStop: Sendable, Hashable {
    package var run: RunID
    package var policy: StopPolicy
}

package struct ScheduledSignal: Sendable, Hashable {
    package var schedule: String
    package var record: RunID
    package var runs: [RunID]
    package var signal: Signal
}

package struct ScheduledRestart: Sendable, Hashable {
    package var schedule: String
    package var record: RunID
    package var instance: String
    package var place: Location
    package var revision: Revision
}

package struct ArchiveOrder: Sendable, Hashable {
    package var schedule: String
    package var run: RunID
    package var slot: SlotID
    /// Its record is over with this attempt: what is in the output directory is listed.
    package var isLast: Bool
}

/// Something that was seen, for those who draw curves of it.
package enum ScheduleObservation: Sendable, Hashable {
    case started(schedule: String, lateness: Duration)
    case retried(schedule: String)
    /// `count`: nominal times that the line stands for.
    case over(schedule: String, ScheduledRun.State, count: Int)
}
