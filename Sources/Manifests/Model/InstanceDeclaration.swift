/// A Unit meant to run here: config, replicas, desired state, update policy.
///
/// A value that is copied by one reference: a snapshot holds thousands of these, and every commit makes
/// a snapshot.
package struct InstanceDeclaration: Sendable {
    private var storage: Storage

    package init(
        metadata: Metadata, unit: UnitReference, desired: DesiredState = .running, replicas: Int = 1,
        nodes: NodeSelection = NodeSelection(), config: [String: ConfigValue] = [:],
        configFrom: [String] = [],
        secrets: [String: String] = [:], dependsOn: [Dependency] = [], update: UpdatePolicy = UpdatePolicy(),
        suspend: Bool = false, restartNonce: String = "", drift: DriftPolicy = .report,
        prune: PrunePolicy = .allow, overrides: PolicyBlocks = PolicyBlocks(), source: DeclarationSource
    ) {
        storage = Storage(
            Fields(
                metadata: metadata, unit: unit, desired: desired, replicas: replicas, nodes: nodes,
                config: config, configFrom: configFrom, secrets: secrets, dependsOn: dependsOn,
                update: update,
                suspend: suspend, restartNonce: restartNonce, drift: drift, prune: prune,
                overrides: overrides, source: source))
    }

    package var metadata: Metadata {
        get { storage.fields.metadata }
        set { change { $0.metadata = newValue } }
    }
    package var unit: UnitReference {
        get { storage.fields.unit }
        set { change { $0.unit = newValue } }
    }
    package var desired: DesiredState {
        get { storage.fields.desired }
        set { change { $0.desired = newValue } }
    }
    package var replicas: Int {
        get { storage.fields.replicas }
        set { change { $0.replicas = newValue } }
    }
    package var nodes: NodeSelection {
        get { storage.fields.nodes }
        set { change { $0.nodes = newValue } }
    }
    package var config: [String: ConfigValue] {
        get { storage.fields.config }
        set { change { $0.config = newValue } }
    }
    /// Relative to the source path, in the order in which they are merged.
    package var configFrom: [String] {
        get { storage.fields.configFrom }
        set { change { $0.configFrom = newValue } }
    }
    /// Variable → file in the host's secret directory.
    package var secrets: [String: String] {
        get { storage.fields.secrets }
        set { change { $0.secrets = newValue } }
    }
    package var dependsOn: [Dependency] {
        get { storage.fields.dependsOn }
        set { change { $0.dependsOn = newValue } }
    }
    package var update: UpdatePolicy {
        get { storage.fields.update }
        set { change { $0.update = newValue } }
    }
    package var suspend: Bool {
        get { storage.fields.suspend }
        set { change { $0.suspend = newValue } }
    }
    package var restartNonce: String {
        get { storage.fields.restartNonce }
        set { change { $0.restartNonce = newValue } }
    }
    package var drift: DriftPolicy {
        get { storage.fields.drift }
        set { change { $0.drift = newValue } }
    }
    package var prune: PrunePolicy {
        get { storage.fields.prune }
        set { change { $0.prune = newValue } }
    }
    /// The Unit's blocks that this Instance replaces.
    package var overrides: PolicyBlocks {
        get { storage.fields.overrides }
        set { change { $0.overrides = newValue } }
    }
    package var source: DeclarationSource {
        get { storage.fields.source }
        set { change { $0.source = newValue } }
    }

    /// One of them is a copy of the other: they say the same, in the same place.
    package func isCopy(of other: InstanceDeclaration) -> Bool { storage === other.storage }

    private mutating func change(_ body: (inout Fields) -> Void) {
        var fields = storage.fields
        body(&fields)
        storage = Storage(fields)
    }

    private struct Fields: Sendable {
        var metadata: Metadata
        var unit: UnitReference
        var desired: DesiredState
        var replicas: Int
        var nodes: NodeSelection
        var config: [String: ConfigValue]
        var configFrom: [String]
        var secrets: [String: String]
        var dependsOn: [Dependency]
        var update: UpdatePolicy
        var suspend: Bool
        var restartNonce: String
        var drift: DriftPolicy
        var prune: PrunePolicy
        var overrides: PolicyBlocks
        var source: DeclarationSource
    }

    /// Never changes: a change makes a new one.
    private final class Storage: Sendable {
        let fields: Fields

        init(_ fields: Fields) { self.fields = fields }
    }
}

/// `web@^1.4` as it is written.
package struct UnitReference: Sendable, Hashable {
    package var name: String
    package var range: VersionRange
    /// The text after `@`, for messages; "*" if there is none.
    package var text: String

    package init(name: String, range: VersionRange, text: String) {
        self.name = name
        self.range = range
        self.text = text
    }
}

package enum DesiredState: String, Sendable, Hashable, Codable, CaseIterable {
    case running, stopped
}

/// Where an Instance runs. Empty: on every node that reads the source.
package struct NodeSelection: Sendable, Hashable {
    package var names: [String]
    package var selector: [String: String]

    package init(names: [String] = [], selector: [String: String] = [:]) {
        self.names = names
        self.selector = selector
    }

    /// Both must fit where both are given: a name of the list, and every label of the selector.
    package func matches(node: String, labels: [String: String]) -> Bool {
        (names.isEmpty || names.contains(node)) && selector.allSatisfy { labels[$0.key] == $0.value }
    }
}

package struct Dependency: Sendable, Hashable, Codable {
    package enum Condition: String, Sendable, Hashable, Codable, CaseIterable {
        case started, ready, completed
    }
    package var instance: String
    package var condition: Condition
    /// A dependency that is not required orders starts, and is not waited for when it does not run on this
    /// node.
    package var required: Bool

    package init(instance: String, condition: Condition = .ready, required: Bool = true) {
        self.instance = instance
        self.condition = condition
        self.required = required
    }
}

package struct UpdatePolicy: Sendable, Hashable, Codable {
    package enum Strategy: String, Sendable, Hashable, Codable, CaseIterable { case recreate, rolling }
    package var strategy: Strategy
    package var maxUnavailable: Int
    package var minHealthyTime: Duration
    package var healthyDeadline: Duration
    package var progressDeadline: Duration
    /// Whether a rollout that failed goes back to the last known good spec by itself; nil: it does. Optional,
    /// like all that came later, so that what was stored before is read.
    private var automaticRollback: Bool?
    /// Set where the strategy is `canary`: `strategy` is `rolling` then, so that an earlier version
    /// reads what was stored.
    package var canary: Canary?
    /// nil: 0.
    private var surge: Int?
    /// Set where the strategy is `blueGreen`: `strategy` is `rolling` then, as with `canary`.
    private var blueGreen: Bool?

    /// So many replicas first; the rest once these were healthy for so long.
    package struct Canary: Sendable, Hashable, Codable {
        package var replicas: Int
        package var hold: Duration

        package init(replicas: Int = 1, hold: Duration = .seconds(600)) {
            self.replicas = replicas
            self.hold = hold
        }
    }

    /// As a declaration names it.
    package var strategyName: String {
        if isBlueGreen { return Self.blueGreenName }
        return canary == nil ? strategy.rawValue : Self.canaryName
    }
    package static let canaryName = "canary"
    package static let blueGreenName = "blueGreen"

    /// The whole new set is healthy before the old one is stopped.
    package var isBlueGreen: Bool { blueGreen ?? false }
    /// How many runs there may be beyond the replicas while they are replaced.
    package var maxSurge: Int { surge ?? 0 }
    /// The next run of a replica may begin before the last one has ended.
    package var overlaps: Bool { isBlueGreen || maxSurge > 0 }
    /// Runs that there may be at once of so many replicas.
    package func runsMax(_ replicas: Int) -> Int { isBlueGreen ? 2 * replicas : replicas + maxSurge }

    package init(
        strategy: Strategy = .rolling, maxUnavailable: Int = 1, minHealthyTime: Duration = .seconds(5),
        healthyDeadline: Duration = .seconds(60), progressDeadline: Duration = .seconds(300),
        isRollbackAutomatic: Bool = true, canary: Canary? = nil, maxSurge: Int = 0, isBlueGreen: Bool = false
    ) {
        surge = maxSurge > 0 ? maxSurge : nil
        blueGreen = isBlueGreen ? true : nil
        self.canary = canary
        self.strategy = strategy
        self.maxUnavailable = maxUnavailable
        self.minHealthyTime = minHealthyTime
        self.healthyDeadline = healthyDeadline
        self.progressDeadline = progressDeadline
        automaticRollback = isRollbackAutomatic ? nil : false
    }

    package var isRollbackAutomatic: Bool { automaticRollback ?? true }
}
