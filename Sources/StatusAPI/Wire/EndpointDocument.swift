/// A place where a ready replica serves.
package struct EndpointDocument: Codable, Sendable, Hashable {
    /// The Instance, or what its label `plumb.dev/service` says.
    package var serviceName: String
    /// `web/0`.
    package var instanceId: String
    package var nodeId: String
    package var ip: String
    package var port: UInt16
    /// `tcp`, `udp`, `http`, `https` or `grpc`.
    package var `protocol`: String
    /// Of the Unit that runs.
    package var version: String
    /// The Instance's labels, and over them the endpoint's own.
    package var labels: [String: String]
    /// False: it is ready, and not all is well with it.
    package var healthy: Bool
    /// When the agent looked.
    package var lastSeen: Timestamp
    /// The endpoint's name in its Unit.
    package var endpoint: String
}

/// `/v1/resolve`: one of the places.
package struct ResolutionDocument: Codable, Sendable {
    package var apiVersion: String
    package var kind: String
    package var service: String
    /// `random`, `round_robin` or `hash`.
    package var strategy: String
    /// How many there were to choose from.
    package var candidates: Int
    package var endpoint: EndpointDocument

    init(service: String, strategy: String, candidates: Int, endpoint: EndpointDocument) {
        apiVersion = WireFormat.apiVersion
        kind = "Resolution"
        self.service = service
        self.strategy = strategy
        self.candidates = candidates
        self.endpoint = endpoint
    }
}
