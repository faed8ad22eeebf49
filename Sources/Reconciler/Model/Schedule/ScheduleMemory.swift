/// What must be remembered of one Schedule beyond the life of the agent. Stored in two parts, because one of
/// them changes with commits alone and the other with every firing.
package struct ScheduleMemory: Sendable {
    /// What was accepted last; nil: nothing yet, and a run of it was found.
    @BoxedIfAny package var declared: Declared?
    package var state: ScheduleState

    package struct Declared: Sendable, Codable {
        package var schedule: DesiredSchedule
        /// The revision that brought its hash.
        package var revision: Revision

        package init(schedule: DesiredSchedule, revision: Revision) {
            self.schedule = schedule
            self.revision = revision
        }
    }

    package init(declared: Declared? = nil, state: ScheduleState) {
        self.state = state
        self.declared = declared
    }

    /// It is declared, and for this node.
    package var isAssigned: Bool { state.withdrawnAt == nil && declared?.schedule.assigned == true }
}

/// The part that changes with every firing.
package struct ScheduleState: Sendable, Hashable, Codable {
    /// Nominal times up to this one, itself among them, are not looked at any more.
    package var cursor: WallTime
    package var decided = DecidedTimes()
    /// `runNonce` as it was seen last.
    package var nonce: String
    /// What is not over, and what is over and whose files are not put away, the oldest first.
    package var active: [ActiveRun] = []
    /// Slots of ended attempts whose files are still in them.
    package var closing: [ClosingSlot] = []
    /// Asked for by something else than the clock, and not decided on yet; at most one of each.
    package var asked: [AskedFiring] = []
    /// When it last fired for something else than the clock.
    package var askedLast: WallTime?
    /// The last line of what was not started, as long as another one may become a part of it.
    package var line: ScheduledRun?
    /// What was over last.
    package var last: ScheduledRun?
    package var lastSuccess: WallTime?
    /// Runs that failed one after another; 0 after a success.
    package var failures = 0
    /// When it was found to be declared no longer.
    package var withdrawnAt: WallTime?

    package init(cursor: WallTime, nonce: String) {
        self.cursor = cursor
        self.nonce = nonce
    }
}

/// One firing from its claim to when its files are put away.
package struct ActiveRun: Sendable, Hashable, Codable {
    package enum Ending: String, Sendable, Hashable, Codable { case timedOut, replaced, stopped }

    package var record: ScheduledRun
    /// The process of its present attempt; nil: there is none.
    package var process: Process?
    /// Why its process was asked to end.
    package var ending: Ending?
    /// It is not started before this; means nothing in another boot.
    package var notBefore: Instant?
    /// Since when it could start, but for what it waits for.
    package var waitingSince: WallTime?
    /// Starts that the host refused, of the present attempt.
    package var refusals: Int?

    package struct Process: Sendable, Hashable, Codable {
        package var run: RunID
        package var slot: SlotID
        /// nil: it is not known to execute.
        package var startedAt: Instant?
        /// It cannot be proven what its process is; nil: it can.
        package var isUnproven: Bool?
    }

    package init(record: ScheduledRun) { self.record = record }
}

/// A slot whose run is over, and whose files are to be put away before the next run has it.
package struct ClosingSlot: Sendable, Hashable, Codable {
    package var run: RunID
    package var slot: SlotID
    package var record: RunID
}

/// What asked for a run beside the clock.
package struct AskedFiring: Sendable, Hashable, Codable {
    package var trigger: ScheduledRun.Trigger
    package var at: WallTime
    /// What it was, in plain words.
    package var detail: String?
}
