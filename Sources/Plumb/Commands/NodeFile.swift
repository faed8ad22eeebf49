import Foundation
import Manifests
import Reconciler

/// `--node-file`: what is known of the hosts, for whoever plans without them.
struct NodeFile {
    let hosts: [ReviewHost]

    static let nodesMax = 10_000
    private static let kind = "NodeList"
    private static let bytesMax = 16 << 20
    private static let keys: Set<String> = ["name", "labels", "users", "groups", "secrets"]

    /// - Throws: `CommandFailure` with file, line and column of what is wrong.
    init(path: String) throws {
        guard let data = FileManager.default.contents(atPath: path), data.count <= Self.bytesMax else {
            throw CommandFailure(
                message: "cannot read the node file \(path)", remedy: "check the path given with --node-file")
        }
        try self.init(path: path, bytes: [UInt8](data))
    }

    init(path: String, bytes: [UInt8]) throws {
        let parsed = ParsedConfig.parse(path: path, blob: "", bytes: bytes, asSettings: true)
        guard let file = parsed.file else {
            var lines = SourceLines()
            lines.add(path: path, bytes: bytes)
            let text = parsed.diagnostics.map { $0.render(sourceLines: lines) }.joined(separator: "\n")
            throw CommandFailure(message: text, remedy: "mend \(path)")
        }
        let reader = NodeFileReader(path: path, source: file.source)
        for key in file.values.keys.sorted() where !["apiVersion", "kind", "nodes"].contains(key) {
            throw reader.fault(key, "unknown key '\(key)'; known: apiVersion, kind, nodes")
        }
        guard file.values["apiVersion"] == .string("plumb.dev/v1") else {
            throw reader.fault("apiVersion", "a node file must say `apiVersion: plumb.dev/v1`")
        }
        guard file.values["kind"] == .string(Self.kind) else {
            throw reader.fault("kind", "a node file must say `kind: \(Self.kind)`")
        }
        guard case .array(let items)? = file.values["nodes"], !items.isEmpty, items.count <= Self.nodesMax
        else { throw reader.fault("nodes", "nodes must be a list of 1 to \(Self.nodesMax) nodes") }
        var hosts: [ReviewHost] = []
        var names: Set<String> = []
        for (index, item) in items.enumerated() {
            let host = try reader.host(item, "nodes[\(index)]", keys: Self.keys)
            guard names.insert(host.node.name).inserted else {
                throw reader.fault("nodes[\(index)].name", "node '\(host.node.name)' is there twice")
            }
            hosts.append(host)
        }
        self.hosts = hosts
    }
}

private struct NodeFileReader {
    let path: String
    let source: DeclarationSource

    func host(_ item: ConfigValue, _ place: String, keys: Set<String>) throws -> ReviewHost {
        guard case .object(let values) = item else { throw fault(place, "a node is a mapping with a name") }
        for key in values.keys.sorted() where !keys.contains(key) {
            let known = keys.sorted().joined(separator: ", ")
            throw fault("\(place).\(key)", "unknown key '\(key)' of a node; known: \(known)")
        }
        guard case .string(let name)? = values["name"], !name.isEmpty else {
            throw fault("\(place).name", "a node has a name")
        }
        return ReviewHost(
            node: Node(name: name, labels: try labels(values["labels"], "\(place).labels")),
            users: try names(values["users"], "\(place).users"),
            groups: try names(values["groups"], "\(place).groups"),
            secrets: try names(values["secrets"], "\(place).secrets"))
    }

    private func labels(_ value: ConfigValue?, _ place: String) throws -> [String: String] {
        guard let value else { return [:] }
        guard case .object(let entries) = value else { throw fault(place, "labels are a mapping") }
        var labels: [String: String] = [:]
        for (key, value) in entries {
            guard case .string(let text) = value else {
                throw fault("\(place).\(key)", "every label is a text: put it in quotes")
            }
            labels[key] = text
        }
        return labels
    }

    private func names(_ value: ConfigValue?, _ place: String) throws -> Set<String>? {
        guard let value else { return nil }
        guard case .array(let items) = value else { throw fault(place, "it is a list of names") }
        var names: Set<String> = []
        for (index, item) in items.enumerated() {
            guard case .string(let name) = item else {
                throw fault("\(place)[\(index)]", "a name is a text: put it in quotes")
            }
            names.insert(name)
        }
        return names
    }

    func fault(_ field: String, _ message: String) -> CommandFailure {
        let found = source.location(of: field)
        return CommandFailure(
            message: "\(path):\(found.line):\(found.column): \(message)", remedy: "mend \(path)")
    }
}
