import Reconciler

/// What several routes take.
extension Parameter {
    static func limit(_ usual: Int, max: Int) -> Parameter {
        Parameter(
            "limit", .number(1...Int64(max), usual: Int64(usual)), "How many at most on one page.",
            example: "20")
    }

    static let cursor = Parameter(
        "cursor", .cursor, "`next` of the page before; with the same filters as that.")
    static let label = Parameter(
        "label", .selector, "Only what has such labels, as `kubectl -l` takes them.",
        example: "tier=front,stage!=test")
    static let phase = Parameter(
        "phase", .words(Phase.allCases.map(\.rawValue)), "Only where a replica is in one of these phases.",
        example: "Crashed,Failed")
    static let health = Parameter(
        "health", .words(HealthStatus.allCases.map(\.rawValue)), "Only of one of these healths.",
        example: "unhealthy,failed")
    static let sync = Parameter(
        "sync", .word(["Synced", "OutOfSync"]), "Only what is, or is not, what git says.",
        example: "OutOfSync")
    static let node = Parameter(
        "node", .text(), "Only on this node. An agent knows of its own alone.", example: "edge-1")
    static let instance = Parameter("instance", .text(), "Only of this Instance.", example: "web")
    static let schedule = Parameter("schedule", .text(), "Only of this Schedule.", example: "nightly")
    static let since = Parameter(
        "since", .time, "Only from then on.", example: "2026-11-21T09:30:00Z")
    static let after = Parameter(
        "after", .number(0...Int64.max),
        "Only events with a greater id, in the order in which they happened: `cursor` of an earlier answer.",
        example: "0")

    static let instanceName = Parameter.path("name", .text(), "An Instance's name.", example: "web")
}

/// The filters of things that belong to an Instance.
struct InstanceFilter: Sendable {
    var labels: LabelSelector?
    var phases: Set<String>?
    var healths: Set<String>?
    var sync: String?
    var node: String?
    var instance: String?
    var since: WallTime?

    init(_ query: QueryParameters) {
        labels = query.selector("label")
        phases = query.words("phase")
        healths = query.words("health")
        sync = query["sync"]
        node = query["node"]
        instance = query["instance"]
        since = query.time("since")
    }

    /// Whether this agent's node is wanted.
    func takes(_ node: Node) -> Bool { self.node == nil || self.node == node.name }

    func takes(_ status: InstanceStatus) -> Bool {
        (labels?.matches(status.desired?.labels ?? [:]) ?? true)
            && (phases?.isDisjoint(with: status.replicas.map(\.phase.rawValue)) ?? false) == false
            && (healths?.contains(status.health.rawValue) ?? true)
            && (sync.map { $0 == (status.synced ? "Synced" : "OutOfSync") } ?? true)
    }

    func takes(_ replica: ReplicaStatus, of status: InstanceStatus, in state: AgentState) -> Bool {
        guard instance == nil || instance == status.name,
            labels?.matches(status.desired?.labels ?? [:]) ?? true,
            phases?.contains(replica.phase.rawValue) ?? true,
            healths?.contains(replica.health.rawValue) ?? true
        else { return false }
        guard let since else { return true }
        return replica.run?.identity.map { state.startedWall(of: $0) >= since } ?? false
    }

    /// The Instances that history is asked of; nil: it does not matter of which.
    func instances(in state: AgentState) -> Set<String>? {
        guard takes(state.node) else { return [] }
        guard let labels else { return instance.map { [$0] } }
        let fitting = (state.desired?.instances.values).map { $0.filter { labels.matches($0.labels) } } ?? []
        let names = Set(fitting.map(\.name))
        return instance.map { names.intersection([$0]) } ?? names
    }
}
