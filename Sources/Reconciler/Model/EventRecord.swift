/// One line of the history that operators read: what happened, to what, and why.
package struct EventRecord: Sendable, Hashable, Codable {
    package enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
        case revisionAccepted, revisionInvalid, revisionUnchanged, sourceStale, sourceReadable
        case starting, started, ready, unready, stopping, exited, backoff, gaveUp, succeeded
        case updated, reloaded, startRefused, hostRecovered, unknown, found, adopted, keeperLost
        case stopStepFailed
        case agentStarted, agentStopped, storeRebuilt, probeFailing
        case rolloutStarted, rolloutDone, rolloutFailed, rolledBack, quarantineLifted
        case held, holdLifted, approved, approvalRefused, suspended, resumed
        case revisionRejected
        case sourceRewound, rewindApproved
        case packagesRemoved
        case scheduleFired, scheduleMissed, scheduleSucceeded, scheduleFailed, scheduleLost
        /// It was ended by Plumb: by a newer firing, or together with the agent.
        case scheduleEnded
    }
    package var kind: Kind
    package var time: WallTime
    package var instance: String?
    package var replica: ReplicaID?
    package var run: RunID?
    package var revision: Revision?
    package var cause: Cause?
    /// The Schedule that it is of. Optional, like all that came later.
    package var schedule: String?
    /// Who asked for it on this host; nil where nobody did. Optional, like all that came later.
    package var caller: Caller?
    /// One sentence in plain words.
    package var message: String

    package init(
        kind: Kind, time: WallTime, instance: String? = nil, replica: ReplicaID? = nil, run: RunID? = nil,
        revision: Revision? = nil, cause: Cause? = nil, caller: Caller? = nil, message: String
    ) {
        self.kind = kind
        self.time = time
        self.instance = instance ?? replica?.instance
        self.replica = replica
        self.run = run
        self.revision = revision
        self.cause = cause
        self.caller = caller
        self.message = message
    }
}
