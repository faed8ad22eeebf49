package import Manifests

/// The actions to take now, and what is being waited for. Performing it makes no choices.
package struct Plan: Sendable {
    package var actions: [Action]
    package var waiting: [Waiting]
    /// The next instant at which anything can change by itself.
    package var wakeAt: Instant?

    package init(actions: [Action] = [], waiting: [Waiting] = [], wakeAt: Instant? = nil) {
        self.actions = actions
        self.waiting = waiting
        self.wakeAt = wakeAt
    }
}

package enum Action: Sendable {
    /// Check package, user and secrets of a spec before anything that runs is touched for it.
    case prepare(InstanceSpec)
    case start(StartAction)
    case stop(StopAction)
    case update(UpdateAction)
}

package struct StartAction: Sendable {
    package var slot: SlotID
    package var spec: InstanceSpec
    package var nonce: String
    package var revision: Revision
    package var dependsOn: [Dependency]
    package var cause: Cause
}

package struct StopAction: Sendable {
    package var run: RunID
    package var slot: SlotID
    package var policy: StopPolicy
    package var cause: Cause
}

package struct UpdateAction: Sendable {
    package var run: RunID
    package var slot: SlotID
    package var spec: InstanceSpec
    /// The config file is written anew and the reload signal sent.
    package var reload: Bool
    package var cause: Cause
}

/// One thing that is not done yet, and why.
package struct Waiting: Sendable, Hashable, Codable {
    package enum Reason: Sendable, Hashable, Codable {
        case backoff(until: Instant, failures: Int)
        case dependency(on: String, condition: Dependency.Condition, detail: String)
        /// Others of the Instance must be healthy first.
        case rollout(detail: String)
        case host(HostFailure, retryAt: Instant)
        case preparing
        case suspended
        /// Declared no longer, and `prune: protect` keeps it.
        case protected
        /// Dependents are stopped first.
        case dependents([String])
        case gaveUp(GaveUp)
        /// Left alone, because its process cannot be proven.
        case unknown(reason: String)
        /// An earlier run of the slot is still ending.
        case stopping
        /// What runs is not what was started, and is to be put right; `held`: not again, because it did not
        /// help.
        case drift(detail: String, held: Bool)
    }
    package var replica: ReplicaID
    package var reason: Reason

    package init(replica: ReplicaID, reason: Reason) {
        self.replica = replica
        self.reason = reason
    }
}
