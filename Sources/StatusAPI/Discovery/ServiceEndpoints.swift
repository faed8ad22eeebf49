import Manifests
import Reconciler

/// Where services can be reached: the declared endpoints of the replicas that are ready now.
struct ServiceEndpoints: Sendable {
    /// Sorted by service, replica and endpoint.
    private(set) var ready: [EndpointDocument] = []
    /// Every service that is declared, ready or not, with what is in its way.
    private(set) var declared: [String: String] = [:]

    /// An Instance's label that gives it another service name, so that several Instances are one service.
    static let nameLabel = "plumb.dev/service"
    /// Where nobody said how others reach this host.
    static let localAddress = "127.0.0.1"

    init(_ state: AgentState) {
        for status in state.instanceStatuses() {
            guard let desired = status.desired else { continue }
            let service = desired.labels[Self.nameLabel].flatMap { $0.isEmpty ? nil : $0 } ?? status.name
            let endpoints =
                desired.spec.process.endpoints
                + status.replicas.flatMap {
                    $0.run?.spec.process.endpoints ?? []
                }
            guard !endpoints.isEmpty else { continue }
            let why = "\(status.name) has \(status.readyCount) of \(desired.target) ready"
            declared[service] =
                (declared[service].map { $0 + ", " } ?? "")
                + (status.reason.isEmpty ? why : "\(why): \(status.reason)")
            for replica in status.replicas {
                ready += Self.endpoints(of: replica, desired, service: service, in: state)
            }
        }
        ready.sort { a, b in
            if a.serviceName != b.serviceName { return a.serviceName < b.serviceName }
            if a.instanceId != b.instanceId { return ReplicaID.precedes(a.instanceId, b.instanceId) }
            return a.endpoint < b.endpoint
        }
    }

    private static func endpoints(
        of replica: ReplicaStatus, _ desired: DesiredInstance, service: String, in state: AgentState
    ) -> [EndpointDocument] {
        guard let run = replica.run, run.isServing else { return [] }
        let version =
            run.spec.unit.split(separator: "@", maxSplits: 1).dropFirst().first.map(String.init) ?? ""
        return run.spec.process.endpoints.compactMap { endpoint in
            guard let port = endpoint.port(index: replica.replica.index) else { return nil }
            // One that Plumb holds on one address alone is there alone.
            let own = endpoint.address.flatMap { ["0.0.0.0", "::"].contains($0) ? nil : $0 }
            return EndpointDocument(
                serviceName: service, instanceId: replica.replica.description, nodeId: state.node.name,
                ip: own ?? state.address ?? localAddress, port: port, protocol: endpoint.protocolName,
                version: version,
                labels: desired.labels.merging(desired.labels(ofEndpoint: endpoint.name)) { _, own in own },
                healthy: replica.health == .healthy, lastSeen: Timestamp(state.nowWall),
                endpoint: endpoint.name)
        }
    }
}

/// What `service=`, `version=` and `protocol=` ask for.
struct ServiceFilter: Sendable {
    var service: String?
    var versions: VersionRange?
    var protocolName: String?

    init(_ query: QueryParameters) {
        service = query["service"]
        versions = query["version"].flatMap { VersionRange($0) }
        protocolName = query["protocol"]
    }

    func takes(_ endpoint: EndpointDocument) -> Bool {
        (service.map { $0 == endpoint.serviceName } ?? true)
            && (protocolName.map { $0 == endpoint.protocol } ?? true)
            && (versions.map { range in
                SemanticVersion(endpoint.version).map(range.contains) ?? false
            } ?? true)
    }
}
