package import Manifests

/// A Schedule as it concerns one node, with everything that its runs need.
package struct DesiredSchedule: Sendable, Hashable, Codable {
    package var name: String
    package var labels: [String: String]
    package var place: Location
    /// Whether `nodes` picks this node.
    package var assigned: Bool
    package var trigger: ScheduleTrigger
    package var timezone: String
    package var dst: ClockChangePolicy
    package var startingDeadline: Duration?
    package var catchUp: CatchUpPolicy
    package var jitter: Duration
    package var concurrency: ConcurrencyPolicy
    package var window: RunWindow?
    package var suspend: Bool
    package var runNonce: String
    package var action: Action
    package var timeout: Duration?
    package var retries: RetryPolicy
    package var successExitCodes: [Int32]
    package var history: RunHistoryPolicy
    package var dependsOn: [Dependency]
    /// What its hash is made of, sorted by path, with places; a field that has its default is left out.
    package var fields: [SpecField]
    /// Of `fields`: whether anything of the Schedule that acts is another than before.
    package var hash: SpecHash

    package init(
        name: String, place: Location, trigger: ScheduleTrigger, action: Action, fields: [SpecField] = [],
        hash: SpecHash
    ) {
        self.name = name
        labels = [:]
        self.place = place
        assigned = true
        self.trigger = trigger
        timezone = "UTC"
        dst = ClockChangePolicy()
        catchUp = CatchUpPolicy()
        jitter = .zero
        concurrency = ConcurrencyPolicy()
        suspend = false
        runNonce = ""
        self.action = action
        retries = RetryPolicy()
        successExitCodes = []
        history = RunHistoryPolicy()
        dependsOn = []
        self.fields = fields
        self.hash = hash
    }

    package enum Action: Sendable, Hashable, Codable {
        /// `spec.name` is `DesiredSchedule.owner(of:)`; `reference` is `report@^1` as written.
        case run(spec: Boxed<InstanceSpec>, reference: String)
        case signal(instance: String, signal: Signal)
        case restart(instance: String)
    }

    /// What stands for an Instance's name in slots, directories and control groups of a Schedule's runs. No
    /// Instance can have it: a name has no dot.
    package static func owner(of schedule: String) -> String { schedule + ownerSuffix }
    /// The Schedule whose runs are in slots of this owner; nil: an Instance's.
    package static func schedule(ofOwner owner: String) -> String? {
        owner.hasSuffix(ownerSuffix) ? String(owner.dropLast(ownerSuffix.count)) : nil
    }
    private static let ownerSuffix = ".schedule"
}
