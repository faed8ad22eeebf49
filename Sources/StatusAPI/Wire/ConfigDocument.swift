import Manifests
package import Reconciler

/// `/v1/instances/{name}/config`: the configuration that its replicas get, and where each value comes from.
package struct ConfigDocument: Codable, Sendable {
    package var apiVersion: String
    package var kind: String
    package var node: String
    package var instance: String
    package var unit: String
    /// `env`, `args` or `file`: how it reaches the program.
    package var apply: String
    /// The file's name, where it is one.
    package var file: String?
    /// Sorted by name.
    package var values: [ConfigValueDocument]
    /// The Unit's own variables.
    package var environment: [VariableDocument]
    /// Variables whose values are secrets. Neither their values nor their files are told.
    package var secrets: [SecretVariableDocument]

    package init(_ desired: DesiredInstance, running: InstanceSpec?, in state: AgentState) {
        let spec = desired.spec
        let origins = state.desired?.origins?[desired.name] ?? [:]
        apiVersion = WireFormat.apiVersion
        kind = "Config"
        node = state.node.name
        instance = desired.name
        unit = spec.unit
        func field(_ path: String) -> String? { spec.fields.first { $0.path == path }?.value }
        apply = field("unit.spec.config.apply.method") ?? "env"
        file = spec.process.configFile?.name
        let others = Dictionary(
            (running?.fields ?? []).map { ($0.path, $0.value) }, uniquingKeysWith: { first, _ in first })
        values = spec.fields.compactMap { field in
            guard let name = Self.name(field.path, after: "spec.config.") else { return nil }
            return ConfigValueDocument(
                name: name, field, origin: origins[name],
                running: running.map { _ in others[field.path] ?? "null" })
        }
        environment = spec.fields.compactMap { field in
            Self.name(field.path, after: "unit.spec.env.").map {
                VariableDocument(name: $0, text: field.value, place: field.place.short)
            }
        }
        secrets = spec.process.secrets.keys.sorted().map { SecretVariableDocument(variable: $0) }
    }

    private static func name(_ path: String, after prefix: String) -> String? {
        path.hasPrefix(prefix) ? String(path.dropFirst(prefix.count)) : nil
    }
}

package struct ConfigValueDocument: Codable, Sendable, Hashable {
    package var name: String
    /// Any JSON; nil for a secret.
    package var value: JSONValue?
    /// The same as text; `***` for a secret.
    package var text: String
    /// Where it is written last: `unit` (a default), `configFrom`, or `instance`.
    package var origin: String?
    /// `config/web.yaml:3`.
    package var place: String
    package var secret: Bool
    /// What a run has that is not up to date, where it is another value.
    package var running: String?

    init(name: String, _ field: SpecField, origin: ConfigOrigin?, running: String?) {
        self.name = name
        // A value that is null has been taken back, and is no field of the spec; what is left is a secret.
        secret = field.value == "null"
        value = secret ? nil : JSONValue(json: field.value)
        text = secret ? SecretMask.replacement : value?.plainText ?? field.value
        self.origin = origin?.rawValue
        place = field.place.short
        self.running = running == field.value || secret ? nil : running
    }
}

package struct VariableDocument: Codable, Sendable, Hashable {
    package var name: String
    package var text: String
    package var place: String
}

package struct SecretVariableDocument: Codable, Sendable, Hashable {
    package var variable: String
}
