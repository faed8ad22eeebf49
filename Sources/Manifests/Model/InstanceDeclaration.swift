/// A Unit meant to run here: config, replicas, desired state, update policy.
package struct InstanceDeclaration: Sendable {
    package var metadata: Metadata
    package var unit: UnitReference
    package var desired: DesiredState
    package var replicas: Int
    package var nodes: NodeSelection
    package var config: [String: ConfigValue]
    /// Relative to the source path, in the order in which they are merged.
    package var configFrom: [String]
    /// Variable → file in the host's secret directory.
    package var secrets: [String: String]
    package var dependsOn: [Dependency]
    package var update: UpdatePolicy
    package var suspend: Bool
    package var restartNonce: String
    /// The Unit's blocks that this Instance replaces.
    package var overrides: PolicyBlocks
    package var source: DeclarationSource

    package init(
        metadata: Metadata, unit: UnitReference, desired: DesiredState = .running, replicas: Int = 1,
        nodes: NodeSelection = NodeSelection(), config: [String: ConfigValue] = [:],
        configFrom: [String] = [],
        secrets: [String: String] = [:], dependsOn: [Dependency] = [], update: UpdatePolicy = UpdatePolicy(),
        suspend: Bool = false, restartNonce: String = "", overrides: PolicyBlocks = PolicyBlocks(),
        source: DeclarationSource
    ) {
        self.metadata = metadata
        self.unit = unit
        self.desired = desired
        self.replicas = replicas
        self.nodes = nodes
        self.config = config
        self.configFrom = configFrom
        self.secrets = secrets
        self.dependsOn = dependsOn
        self.update = update
        self.suspend = suspend
        self.restartNonce = restartNonce
        self.overrides = overrides
        self.source = source
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

    package init(
        strategy: Strategy = .rolling, maxUnavailable: Int = 1, minHealthyTime: Duration = .seconds(5),
        healthyDeadline: Duration = .seconds(60), progressDeadline: Duration = .seconds(300)
    ) {
        self.strategy = strategy
        self.maxUnavailable = maxUnavailable
        self.minHealthyTime = minHealthyTime
        self.healthyDeadline = healthyDeadline
        self.progressDeadline = progressDeadline
    }
}
