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

/// What one Instance is meant to be here. Behind one pointer: there may be ten thousand of them, which are
/// looked at in each turn of the loop, and of which a commit changes one. Encoded as its fields.
package struct DesiredInstance: Sendable {
    private var storage: Boxed<Fields>

    package init(
        spec: InstanceSpec, replicas: Int, state: DesiredState, assigned: Bool, suspend: Bool, nonce: String,
        dependsOn: [Dependency], labels: [String: String], places: [String: Location], reference: String,
        unitPlace: Location, prune: PrunePolicy? = nil
    ) {
        storage = Boxed(
            wrappedValue: Fields(
                spec: spec, replicas: replicas, state: state, assigned: assigned, suspend: suspend,
                nonce: nonce, dependsOn: dependsOn, labels: labels, places: places, reference: reference,
                unitPlace: unitPlace, prune: prune))
    }

    package var spec: InstanceSpec {
        get { storage.wrappedValue.spec }
        set { storage.wrappedValue.spec = newValue }
    }
    /// As declared; what runs here is `target`.
    package var replicas: Int {
        get { storage.wrappedValue.replicas }
        set { storage.wrappedValue.replicas = newValue }
    }
    package var state: DesiredState {
        get { storage.wrappedValue.state }
        set { storage.wrappedValue.state = newValue }
    }
    /// Whether `nodes` picks this node.
    package var assigned: Bool {
        get { storage.wrappedValue.assigned }
        set { storage.wrappedValue.assigned = newValue }
    }
    package var suspend: Bool {
        get { storage.wrappedValue.suspend }
        set { storage.wrappedValue.suspend = newValue }
    }
    package var nonce: String {
        get { storage.wrappedValue.nonce }
        set { storage.wrappedValue.nonce = newValue }
    }
    package var dependsOn: [Dependency] {
        get { storage.wrappedValue.dependsOn }
        set { storage.wrappedValue.dependsOn = newValue }
    }
    package var labels: [String: String] {
        get { storage.wrappedValue.labels }
        set { storage.wrappedValue.labels = newValue }
    }
    /// Field path → where it is written, for the fields that are in no hash (replicas, desired, nodes, …).
    package var places: [String: Location] {
        get { storage.wrappedValue.places }
        set { storage.wrappedValue.places = newValue }
    }
    /// `web@^1.4`, as written.
    package var reference: String {
        get { storage.wrappedValue.reference }
        set { storage.wrappedValue.reference = newValue }
    }
    /// Where the Unit's version stands; named as the cause when another file's Unit moved the reference.
    package var unitPlace: Location {
        get { storage.wrappedValue.unitPlace }
        set { storage.wrappedValue.unitPlace = newValue }
    }
    /// nil: `allow`.
    package var prune: PrunePolicy? {
        get { storage.wrappedValue.prune }
        set { storage.wrappedValue.prune = newValue }
    }
    /// nil: none.
    package var annotations: [String: String]? {
        get { storage.wrappedValue.annotations }
        set { storage.wrappedValue.annotations = newValue }
    }
    /// Labels of the Unit's endpoints, as `http: zone=a`; nil: none.
    package var endpointLabels: [String: String]? {
        get { storage.wrappedValue.endpointLabels }
        set { storage.wrappedValue.endpointLabels = newValue }
    }

    package var name: String { spec.name }
    /// Replicas that are to run on this node.
    package var target: Int { storage.wrappedValue.target }
    package var place: Location { places["metadata.name"] ?? unitPlace }
    package var key: RunKey { RunKey(start: spec.startHash, nonce: nonce) }

    /// What later versions add is optional, so that what was stored before is read.
    private struct Fields: Sendable, Hashable, Codable {
        @Boxed var spec: InstanceSpec
        var replicas: Int
        var state: DesiredState
        var assigned: Bool
        var suspend: Bool
        var nonce: String
        var dependsOn: [Dependency]
        var labels: [String: String]
        var places: [String: Location]
        var reference: String
        var unitPlace: Location
        var prune: PrunePolicy?
        var annotations: [String: String]?
        var endpointLabels: [String: String]?

        var target: Int { assigned && state == .running ? replicas : 0 }
    }
}

extension DesiredInstance: Hashable, Codable {
    package init(from decoder: any Decoder) throws { storage = try Boxed(from: decoder) }

    package func encode(to encoder: any Encoder) throws { try storage.encode(to: encoder) }
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
