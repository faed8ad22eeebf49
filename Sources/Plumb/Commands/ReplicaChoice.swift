import ArgumentParser
import StatusAPI

/// An Instance, or one replica of it, as the commands that look at either take it.
struct ReplicaChoice: ParsableArguments {
    @Argument(help: "An Instance (web), or one replica of it (web/0).")
    var name: String

    /// What the agent says of the Instance under this word, narrowed to the replica that was asked for.
    func document<Document: ReplicaNarrowing>(_ word: String, from client: AgentClient) throws -> Document {
        let instance = String(name.prefix { $0 != "/" })
        let bytes = try client.get("/v1/instances/\(AgentClient.escaped(instance))/\(word)")
        let whole = try WireMismatch.decode(Document.self, bytes)
        return name.contains("/") ? try whole.only(replica: name) : whole
    }
}

/// An answer that speaks of an Instance replica by replica.
protocol ReplicaNarrowing: Decodable {
    var instanceName: String { get }
    /// `web/0`, …
    var replicaNames: [String] { get }
    /// Leaves out every other replica.
    mutating func narrow(to replica: String)
}

extension ReplicaNarrowing {
    /// With one replica alone. A replica that there is none of is an error, not an empty table.
    func only(replica name: String) throws -> Self {
        guard replicaNames.contains(name) else {
            throw CommandFailure(
                message: "there is no replica \(name)",
                remedy: replicaNames.isEmpty
                    ? "no replica of \(instanceName) is meant to run here"
                    : "there are: \(replicaNames.joined(separator: ", "))")
        }
        var document = self
        document.narrow(to: name)
        return document
    }
}

extension SandboxDocument: ReplicaNarrowing {
    var instanceName: String { instance }
    var replicaNames: [String] { replicas.map(\.name) }
    mutating func narrow(to replica: String) { replicas.removeAll { $0.name != replica } }
}

extension ProcessTreeDocument: ReplicaNarrowing {
    var instanceName: String { instance }
    var replicaNames: [String] { replicas.map(\.name) }
    mutating func narrow(to replica: String) { replicas.removeAll { $0.name != replica } }
}

extension InstanceDetailDocument: ReplicaNarrowing {
    var instanceName: String { instance.name }
    var replicaNames: [String] { instance.replicas.map(\.name) }
    mutating func narrow(to replica: String) {
        instance.replicas.removeAll { $0.name != replica }
        waiting.removeAll { $0.replica != replica }
    }
}
