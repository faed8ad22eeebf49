import Manifests
import Reconciler

/// An Instance that another one waits for.
package struct DependencyDocument: Codable, Sendable, Hashable {
    package var instance: String
    /// `started`, `ready` or `completed`.
    package var condition: String
    package var required: Bool

    init(_ dependency: Dependency) {
        instance = dependency.instance
        condition = dependency.condition.rawValue
        required = dependency.required
    }
}

/// An endpoint as its Unit declares it.
package struct DeclaredEndpointDocument: Codable, Sendable, Hashable {
    package var name: String
    /// `tcp`, `http`, …
    package var `protocol`: String
    /// Of each replica, by its index; one that all share stands once.
    package var ports: [UInt16]
    package var labels: [String: String]

    static func all(of desired: DesiredInstance) -> [DeclaredEndpointDocument] {
        desired.spec.process.endpoints.map { endpoint in
            let count = endpoint.indexed ? desired.replicas : 1
            return DeclaredEndpointDocument(
                name: endpoint.name, protocol: endpoint.protocolName,
                ports: (0..<count).compactMap { endpoint.port(index: $0) },
                labels: desired.labels(ofEndpoint: endpoint.name))
        }
    }
}

extension DesiredInstance {
    /// Labels are kept as `zone=a,tier=b`; neither keys nor values can hold a comma or an equals sign.
    func labels(ofEndpoint name: String) -> [String: String] {
        let pairs = (endpointLabels?[name] ?? "").split(separator: ",").map {
            $0.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        }
        return Dictionary(
            pairs.compactMap { $0.count == 2 ? ($0[0], $0[1]) : nil }, uniquingKeysWith: { first, _ in first }
        )
    }
}

/// A Schedule or a Plugin: what is declared. This version does not act on either.
package struct ReservedDocument: Codable, Sendable, Hashable {
    package var name: String
    /// `Schedule` or `Plugin`.
    package var kind: String
    package var labels: [String: String]
    /// `schedules/report.yaml:4`.
    package var declaredAt: String
    /// `declared`: nothing more is done with it by this version.
    package var state: String
    package var message: String

    init(_ declared: DeclaredThing) {
        name = declared.name
        kind = declared.kind.rawValue
        labels = declared.labels
        declaredAt = declared.place.short
        state = "declared"
        message =
            declared.kind == .schedule
            ? "declared; this version of Plumb does not run schedules yet"
            : "declared; this version of Plumb does not start plugins yet"
    }
}

/// `/v1/plugins/{name}`.
package struct ReservedDetailDocument: Codable, Sendable {
    package var apiVersion: String
    package var kind: String
    package var node: String
    package var plugin: ReservedDocument

    init(_ declared: ReservedDocument, node: String) {
        apiVersion = WireFormat.apiVersion
        kind = declared.kind
        self.node = node
        plugin = declared
    }
}

/// `/v1/units/{name}`: the newest version that Instances use, and all of them.
package struct UnitDetailDocument: Codable, Sendable {
    package var apiVersion: String
    package var kind: String
    package var unit: UnitDocument
    package var versions: [UnitDocument]

    /// nil without any.
    init?(_ versions: [UnitDocument]) {
        guard let newest = versions.max(by: Self.isOlder) else { return nil }
        apiVersion = WireFormat.apiVersion
        kind = "Unit"
        unit = newest
        self.versions = versions
    }

    private static func isOlder(_ a: UnitDocument, _ b: UnitDocument) -> Bool {
        guard let a = SemanticVersion(a.version), let b = SemanticVersion(b.version) else {
            return a.version < b.version
        }
        return a < b
    }
}

/// `/v1/replicas/{instance}/{index}`.
package struct ReplicaDetailDocument: Codable, Sendable {
    package var apiVersion: String
    package var kind: String
    package var observedAt: Timestamp
    package var replica: ReplicaDocument
    package var waiting: WaitingDocument?

    init(_ replica: ReplicaDocument, waiting: WaitingDocument?, in state: AgentState) {
        apiVersion = WireFormat.apiVersion
        kind = "Replica"
        observedAt = Timestamp(state.nowWall)
        self.replica = replica
        self.waiting = waiting
    }
}
