import Manifests

/// The words by which findings of the kinds `stale` and `drifted` say what differs.
extension RunFinding {
    /// The program's file is another one, or was changed, since the process began.
    package static let executableReplaced = "ExecutableReplaced"
    /// The program's file is gone.
    package static let executableMissing = "ExecutableMissing"
    /// The main process left its control group.
    package static let movedOutOfGroup = "MovedOutOfGroup"
    /// The main process has rights that were not declared.
    package static let userChanged = "UserChanged"
    /// Somebody wrote other limits into its control group.
    package static let limitsChanged = "LimitsChanged"
    /// It was found, after the agent's return, with other arguments or variables than before.
    package static let argumentsChanged = "ArgumentsChanged"
    package static let environmentChanged = "EnvironmentChanged"

    /// What `drift: heal` does about it.
    package enum Cure: Sendable, Hashable {
        /// The limits are written once more; the process is not touched.
        case writeLimits
        case restart
    }

    /// nil: it is only said. Arguments and variables are memory of the process, which it may write to.
    package var cure: Cure? {
        switch (kind, reason) {
        case (.stale, _), (.drifted, Self.movedOutOfGroup), (.drifted, Self.userChanged): .restart
        case (.drifted, Self.limitsChanged): .writeLimits
        default: nil
        }
    }
}

/// How often one replica was put right in a row.
package struct HealState: Sendable, Hashable, Codable {
    package var count: Int
    /// When it was done last.
    package var at: Instant

    package init(count: Int, at: Instant) {
        self.count = count
        self.at = at
    }
}

/// Since when a run's probes let it pass, remembered for an agent that comes after this one.
package struct ReadyState: Sendable, Hashable, Codable {
    package var run: RunID
    /// nil: it was not ready when this was written.
    package var since: Instant?
    /// The longest stretch before.
    package var longest: Duration

    package init(run: RunID, since: Instant?, longest: Duration) {
        self.run = run
        self.since = since
        self.longest = longest
    }
}
