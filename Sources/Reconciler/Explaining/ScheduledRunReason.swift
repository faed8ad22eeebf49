/// Every word of `ScheduledRun.reason`, in plain words, and what to do about it. Status, command line and
/// console say what is said here, and nothing else.
package enum ScheduledRunReason: String, Sendable, Hashable, CaseIterable {
    // Nothing was started.
    case missed = "Missed"
    case catchUpBound = "CatchUpBound"
    case clockSetForward = "ClockSetForward"
    case deadlinePassed = "DeadlinePassed"
    case windowClosed = "WindowClosed"
    case forbidden = "Forbidden"
    case queueFull = "QueueFull"
    case tooManyRuns = "TooManyRuns"
    case suspended = "Suspended"
    case hostSuspended = "HostSuspended"
    case hostBusy = "HostBusy"
    case notReady = "NotReady"
    case notAssigned = "NotAssigned"
    case removed = "Removed"
    case dependencyNotReady = "DependencyNotReady"
    case noReplica = "NoReplica"
    case secretMissing = "SecretMissing"
    // It ran, or may have.
    case startFailed = "StartFailed"
    case exitCode = "ExitCode"
    case signaled = "Signaled"
    case outOfMemory = "OutOfMemory"
    case timedOut = "TimedOut"
    case replaced = "Replaced"
    case stopped = "Stopped"
    case keeperLost = "KeeperLost"
    case rebooted = "Rebooted"
    case claimUnproven = "ClaimUnproven"
    case neverStarted = "NeverStarted"

    /// A clause, for where the run itself has no message.
    package var text: String {
        switch self {
        case .missed: "its time passed while nothing could start it"
        case .catchUpBound: "its time passed while nothing could start it, and more were to be made up for"
        case .clockSetForward: "the host's clock was set past its time"
        case .deadlinePassed: "it could not begin before its startingDeadline"
        case .windowClosed: "its window was closed"
        case .forbidden: "an earlier run was still going on"
        case .queueFull: "as many runs were waiting as may"
        case .tooManyRuns: "as many runs were going on as may"
        case .suspended: "the Schedule was suspended"
        case .hostSuspended: "the host was suspended"
        case .hostBusy: "the host slept or hung"
        case .notReady: "the host does not have what it needs"
        case .notAssigned: "its nodes do not pick this host any more"
        case .removed: "it is declared no longer"
        case .dependencyNotReady: "what it depends on was not as it has to be"
        case .noReplica: "there was no ready replica for it"
        case .secretMissing: "a secret that it needs was not there"
        case .startFailed: "it could not be started"
        case .exitCode: "it ended with an exit code that is no success"
        case .signaled: "it was ended by a signal"
        case .outOfMemory: "it was killed for want of memory"
        case .timedOut: "it took longer than its timeout"
        case .replaced: "the next run took its place"
        case .stopped: "it was stopped"
        case .keeperLost: "its keeper was killed, and the rest of its tree was ended"
        case .rebooted: "the host was restarted"
        case .neverStarted: "the host was restarted before it could begin"
        case .claimUnproven: "the agent ended while it was being started, and whether it ran cannot be proven"
        }
    }

    /// What an operator can do; nil: nothing needs to be done.
    package var remedy: String? {
        switch self {
        case .missed, .hostBusy, .neverStarted, .rebooted:
            "a commit that changes spec.runNonce asks for one run now; catchUp decides what is made up for"
        case .catchUpBound: "raise spec.catchUp.max if all of them have to run"
        case .clockSetForward:
            "look at the host's clock; a commit that changes spec.runNonce asks for one run now"
        case .deadlinePassed: "find out what held it up, or allow more time with spec.startingDeadline"
        case .windowClosed: "widen spec.window, or let the trigger fire within it"
        case .forbidden:
            "let it fire less often or run shorter; concurrency queue keeps such firings, replace ends the "
                + "earlier run"
        case .queueFull, .tooManyRuns:
            "let it fire less often or run shorter, or raise spec.concurrency.max"
        case .suspended: "a commit that takes spec.suspend away"
        case .hostSuspended: "`plumb resume`"
        case .notReady: "mend what the message names; the next time it is tried again"
        case .notAssigned, .removed: nil
        case .dependencyNotReady: "`plumb status` says how the Instances of spec.dependsOn are"
        case .noReplica: "`plumb status` says how the Instance of spec.action is"
        case .secretMissing: "put the file into the host's secret directory"
        case .startFailed: "mend what the message names; a commit that changes spec.runNonce tries again now"
        case .exitCode, .signaled: "read what it wrote: `plumb runs logs ID`"
        case .outOfMemory: "raise spec.resources.memory, or let it use less"
        case .timedOut: "raise spec.timeout, or find out what it waits for: `plumb runs logs ID`"
        case .replaced: "let it fire less often, or run shorter, if it never comes to its end"
        case .stopped: nil
        case .keeperLost:
            "find out who killed it; a commit that changes spec.runNonce asks for one run now"
        case .claimUnproven:
            "look whether its work was done; a commit that changes spec.runNonce asks for one run now"
        }
    }
}
