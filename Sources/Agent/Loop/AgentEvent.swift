package import Reconciler

/// Everything that can happen to the agent: one closed set, handled in one place.
package enum AgentEvent: Sendable {
    /// The ref names this commit now.
    case revisionSeen(Revision)
    /// The repository cannot be read; what runs goes on.
    case sourceUnreadable(SourceFailure)
    case sourceReadable
    /// Whoever reads it says nothing for long; nil: that is over.
    case sourceSilent(SourceFailure?)
    /// Whether a revision that was seen may be believed.
    case revisionJudged(Revision, TrustVerdict)
    /// What says who is trusted is another than before.
    case trustChanged
    /// A repository elsewhere was fetched, or could not be; its mirror is read either way.
    case fetched(SourceFailure?)
    case revisionRead(RevisionReading)
    case run(RunEvent)
    /// What was found of package, user and secrets, and a keyed hash of what the spec takes from the host.
    case prepared(InstanceSpec, HostFailure?, inputs: String?)
    /// The end of what a run whose rollout failed has written to stderr.
    case errorsRead([String], of: RunID, instance: String)
    case startRefused(RunID, HostFailure)
    /// A live change is in force; what is waited for from then on is planned anew.
    case updated(RunID)
    case updateFailed(RunID, HostFailure)
    /// A forge cannot be told how commits stand; nil: it could be.
    case notifying(target: String, trouble: String?)
    /// What was found of packages that nothing needs.
    case packagesCollected(PackageSweep)
    case timerFired
    /// The wall clock was set, or the host woke up: what waits for a time of day is looked at anew.
    case wallClockSet
    case scheduleArchived(RunID, ArchivedFiles)
    /// A Schedule's signal was sent to so many runs; nil: its claim could not be stored, and it was not sent.
    case scheduleSignalled(schedule: String, record: RunID, count: Int?)
    /// Lines of the history whose files are gone.
    case scheduleHistoryExpired([RunID])
    /// Files that a path trigger waits for have come or changed, and have settled.
    case pathsChanged(schedule: String, detail: String)
    /// Why this host cannot watch the path of a Schedule; nil: it does.
    case pathUnwatched(schedule: String, reason: String?)
    /// What could not be stored is to be tried once more.
    case commitDue
    /// Somebody on this host asks for something. Answered once what it leads to is durable.
    case control(ControlRequest, from: Caller, ControlReply)
    /// The agent is to end; with `keepRuns` its runs go on.
    case stopRequested(keepRuns: Bool)
}
