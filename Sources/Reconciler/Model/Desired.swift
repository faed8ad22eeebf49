package import Manifests

/// The host as declarations speak of it.
package struct Node: Sendable, Hashable, Codable {
    package var name: String
    package var labels: [String: String]

    package init(name: String, labels: [String: String] = [:]) {
        self.name = name
        self.labels = labels
    }
}

/// A snapshot as it concerns one node: every Instance resolved to what it would run.
package struct Desired: Sendable, Codable {
    package var revision: Revision
    package var node: Node
    package var instances: [String: DesiredInstance]
    /// Instance → field of its configuration → where its value comes from. For status; nothing is decided by
    /// it. Optional, like all that came later.
    package var origins: [String: [String: ConfigOrigin]]?
    /// Plugins, sorted by name; nil: none.
    package var reserved: [DeclaredThing]?
    /// nil: none. Optional, like all that came later.
    package var schedules: [String: DesiredSchedule]?

    package init(revision: Revision, node: Node, instances: [String: DesiredInstance]) {
        self.revision = revision
        self.node = node
        self.instances = instances
    }
}

/// Which layer of a configuration a value is written in last.
package enum ConfigOrigin: String, Sendable, Hashable, Codable {
    /// A default of the Unit.
    case unit
    case configFrom
    case instance
}

/// A declaration of a kind that this version does not act on.
package struct DeclaredThing: Sendable, Hashable, Codable {
    package var kind: Kind
    package var name: String
    package var labels: [String: String]
    package var place: Location

    package init(_ declaration: ReservedDeclaration) {
        kind = declaration.kind
        name = declaration.metadata.name
        labels = declaration.metadata.labels
        place = declaration.source.location
    }
}

package struct DesiredInstance: Sendable, Hashable, Codable {
    @Boxed package var spec: InstanceSpec
    /// As declared; what runs here is `target`.
    package var replicas: Int
    package var state: DesiredState
    /// Whether `nodes` picks this node.
    package var assigned: Bool
    package var suspend: Bool
    package var nonce: String
    package var dependsOn: [Dependency]
    package var labels: [String: String]
    /// Field path → where it is written, for the fields that are in no hash (replicas, desired, nodes, …).
    package var places: [String: Location]
    /// `web@^1.4`, as written.
    package var reference: String
    /// Where the Unit's version stands; named as the cause when another file's Unit moved the reference.
    package var unitPlace: Location
    /// nil: `allow`. Optional, so that what was stored before is read.
    package var prune: PrunePolicy?
    /// nil: none. Optional, so that what was stored before is read.
    package var annotations: [String: String]?
    /// Labels of the Unit's endpoints, as `http: zone=a`; nil: none.
    package var endpointLabels: [String: String]?

    package init(
        spec: InstanceSpec, replicas: Int, state: DesiredState, assigned: Bool, suspend: Bool, nonce: String,
        dependsOn: [Dependency], labels: [String: String], places: [String: Location], reference: String,
        unitPlace: Location, prune: PrunePolicy? = nil
    ) {
        self.spec = spec
        self.replicas = replicas
        self.state = state
        self.assigned = assigned
        self.suspend = suspend
        self.nonce = nonce
        self.dependsOn = dependsOn
        self.labels = labels
        self.places = places
        self.reference = reference
        self.unitPlace = unitPlace
        self.prune = prune
    }

    package var name: String { spec.name }
    /// Replicas that are to run on this node.
    package var target: Int { assigned && state == .running ? replicas : 0 }
    package var place: Location { places["metadata.name"] ?? unitPlace }
    package var key: RunKey { RunKey(start: spec.startHash, nonce: nonce) }
}

/// What decides whether a run is the one that is wanted: a difference is a restart.
package struct RunKey: Sendable, Hashable, Codable {
    package var start: StartHash
    package var nonce: String

    package init(start: StartHash, nonce: String) {
        self.start = start
        self.nonce = nonce
    }
}
