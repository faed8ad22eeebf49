/// A checked `spec` of a Unit → `UnitDeclaration`, and the rules within one Unit.
struct UnitDecoding {
    let spec: CheckedObject
    let source: DeclarationSource
    var decoder: SchemaDecoder
    /// Also of a Unit that has other mistakes.
    private(set) var artifact: Artifact?

    init(spec: CheckedObject, source: DeclarationSource, decoder: SchemaDecoder) {
        self.spec = spec
        self.source = source
        self.decoder = decoder
    }

    /// nil where the name, the version or the entry is missing; every other mistake is reported as well.
    mutating func declaration(_ metadata: Metadata?) -> UnitDeclaration? {
        artifact = ArtifactDecoding(spec.object("artifact"))?.artifact(&decoder)
        let profile: Profile = spec.choice("profile") ?? .keepalive
        let endpoints = endpoints()
        let config = spec.object("config")
        let apply = apply(config?.object("apply"))
        var fields = ConfigFieldDecoding(decoder: decoder)
        let configFields = fields.fields(config?.objects("fields") ?? [], path: "spec.config.fields")
        decoder = fields.decoder
        var defaults = decoder.policies(spec)
        setRestartDefault(&defaults, profile)
        guard let metadata, case .version(let version)? = spec["version"],
            let entry = entry(), !spec.isInvalid("entry")
        else { return nil }
        let unit = UnitDeclaration(
            metadata: metadata, version: version, profile: profile, artifact: artifact, entry: entry,
            env: spec.stringMap("env"), endpoints: endpoints, configFields: configFields, configApply: apply,
            reloadSignal: spec.object("reload")?.signal("signal"), defaults: defaults, source: source)
        UnitRules(unit: unit, spec: spec).check(&decoder)
        return unit
    }

    private func entry() -> Entry? {
        guard let object = spec.object("entry"), let command = object.string("command") else { return nil }
        var umask: UInt32 = 0o022
        if case .umask(let mask)? = object["umask"] { umask = mask }
        return Entry(
            command: command, args: object.strings("args"), workingDir: object.string("workingDir"),
            user: object.string("user"), group: object.string("group"), umask: umask,
            stdin: object.choice("stdin") ?? .none,
            notify: object.bool("notify") ?? false,
            fileDescriptorStoreMax: object.integer("fileDescriptorStoreMax") ?? 0)
    }

    private mutating func endpoints() -> [Endpoint] {
        var result: [Endpoint] = []
        for (index, object) in spec.objects("endpoints").enumerated() {
            guard let name = object.string("name"), case .port(let port)? = object["port"] else { continue }
            if let first = result.firstIndex(where: { $0.name == name }) {
                let place = decoder.place(decoder.mark(of: "spec.endpoints[\(first)].name"))
                decoder.problems.append(
                    Diagnostic(
                        .duplicateItem, at: decoder.place(decoder.mark(of: "spec.endpoints[\(index)].name")),
                        "two endpoints are called '\(name)'",
                        notes: [.init(location: place, message: "the first stands here")]))
            }
            result.append(
                Endpoint(
                    name: name, protocolName: object.choice("protocol") ?? .tcp, port: port,
                    labels: object.stringMap("labels"), listen: object.bool("listen") ?? false,
                    address: object.string("address")))
        }
        return result
    }

    private func apply(_ object: CheckedObject?) -> ConfigApply {
        guard let object else { return ConfigApply() }
        let format: ConfigApply.Format = object.choice("format") ?? .json
        let standardName = format == .json ? "config.json" : "config.yaml"
        return ConfigApply(
            method: object.choice("method") ?? .env, prefix: object.string("prefix") ?? "",
            fileName: object.has("file") ? object.string("file") ?? standardName : standardName,
            format: format)
    }

    /// A oneshot that succeeded is done: its policy is on-failure unless something else is written.
    private func setRestartDefault(_ defaults: inout PolicyBlocks, _ profile: Profile) {
        guard profile == .oneshot, spec.object("restart")?.has("policy") != true else { return }
        var restart = defaults.restart ?? RestartPolicy()
        restart.policy = .onFailure
        defaults.restart = restart
    }
}
