/// Every bound of the engine of Schedules, in one place.
package enum SchedulingBounds {
    /// A firing that the agent comes to later than this, though it was there, counts as missed: the host
    /// slept, or hung.
    package static let lateMax = Duration.seconds(30)
    /// The wall clock is taken for set once it leaves the boot's own by so much between two looks.
    package static let clockSlack = Duration.seconds(2)
    /// Times that are looked at one by one in one look; more are taken in the next one.
    package static let nearMax = 1_000
    /// Missed times are counted up to here.
    package static let countMax = 10_000
    /// Firings of one Schedule that are caught up, whatever it declares.
    package static let catchUpMax = 1_000
    /// How long a run waits for its host or its dependencies where no `startingDeadline` says it.
    package static let waitMax = Duration.seconds(3_600)
    /// What asks for runs beside the clock is one firing within this time.
    package static let askedGap = Duration.seconds(1)
    /// How long before its time the host is looked at once more, where it could not start a run.
    package static let prepareAhead = Duration.seconds(30)
    /// Schedules that are remembered only so that nothing of theirs is run twice.
    package static let withdrawnMax = 1_000
    /// Passes over chains of Schedules that fire for one another, in one look.
    package static let chainMax = 4
}
