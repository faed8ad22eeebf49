package import Manifests

/// Turns a snapshot into what one node would run. Pure; what it keeps only saves the work of Instances whose
/// documents are the ones of last time, which is what makes one commit among 10,000 files cheap.
package struct Resolver: Sendable {
    /// The documents that an Instance is made of. Places are part of the result, so file and document are
    /// too. Never changed, so that a look at it copies nothing.
    private final class Key: Sendable {
        let instance: InstanceDeclaration
        let unit: DocumentID
        let configs: [DocumentID]
        let contents: PackageReference?

        init(_ instance: InstanceDeclaration, _ picked: Picked, in snapshot: Snapshot) {
            self.instance = instance
            unit = picked.document
            configs = Self.configs(of: instance, in: snapshot)
            contents = picked.contents
        }

        func holds(for instance: InstanceDeclaration, _ picked: Picked, in snapshot: Snapshot) -> Bool {
            let isSame =
                instance.isCopy(of: self.instance)
                || DocumentID(instance.source) == DocumentID(self.instance.source)
            guard isSame, unit == picked.document, contents == picked.contents else { return false }
            return instance.configFrom.isEmpty
                ? configs.isEmpty : configs == Self.configs(of: instance, in: snapshot)
        }

        private static func configs(of instance: InstanceDeclaration, in snapshot: Snapshot) -> [DocumentID] {
            instance.configFrom.compactMap { snapshot.configFiles[$0] }.map { DocumentID($0.source) }
        }
    }
    struct DocumentID: Sendable, Hashable {
        var file: String
        var blob: String
        var document: Int

        init(_ source: DeclarationSource) {
            file = source.location.file
            blob = source.blob
            document = source.document
        }
    }
    /// A Unit with what is asked of it for every Instance.
    struct Picked {
        var id: UnitID
        var unit: UnitDeclaration
        var document: DocumentID
        var contents: PackageReference?

        init?(_ id: UnitID, in snapshot: Snapshot) {
            guard let unit = snapshot.units[id] else { return nil }
            self.id = id
            self.unit = unit
            document = DocumentID(unit.source)
            contents = PackageReference(of: unit, in: snapshot)
        }
    }
    private var keys: [String: Key] = [:]
    /// Made of `keys`, for this node.
    private var instances: [String: DesiredInstance] = [:]
    private var origins: [String: [String: ConfigOrigin]] = [:]
    private var node: Node?
    var scheduleKeys: [String: ScheduleKey] = [:]
    /// Made of `scheduleKeys`, for this node.
    var schedules: [String: DesiredSchedule] = [:]

    package init() {}

    private init(node: Node) { self.node = node }

    package mutating func resolve(_ snapshot: Snapshot, revision: Revision, node: Node) -> Desired {
        if node != self.node { self = Resolver(node: node) }
        var picked: Picked?
        for (name, instance) in snapshot.instances {
            // A snapshot is checked as a whole: a reference that resolves to nothing is not in it. The same
            // Unit mostly stands behind many Instances.
            guard let id = snapshot.resolvedUnits[name] else { continue }
            if picked?.id != id { picked = Picked(id, in: snapshot) }
            guard let picked else { continue }
            if let known = keys[name], known.holds(for: instance, picked, in: snapshot) { continue }
            keys[name] = Key(instance, picked, in: snapshot)
            let config = Configuration.effective(
                of: instance, unit: picked.unit, configFiles: snapshot.configFiles)
            instances[name] = desired(
                instance, picked.unit, makeSpec(instance, picked.unit, snapshot, config), node)
            origins[name] = config.origins.isEmpty ? nil : config.origins
        }
        if instances.count != snapshot.instances.count {
            for name in Array(instances.keys) where snapshot.instances[name] == nil {
                keys[name] = nil
                instances[name] = nil
                origins[name] = nil
            }
        }
        var desired = Desired(revision: revision, node: node, instances: instances)
        desired.origins = origins.isEmpty ? nil : origins
        resolveSchedules(snapshot, node)
        desired.schedules = schedules.isEmpty ? nil : schedules
        let reserved = snapshot.plugins.values.map(DeclaredThing.init)
        desired.reserved = reserved.isEmpty ? nil : reserved.sorted { $0.name < $1.name }
        return desired
    }

    private func desired(
        _ instance: InstanceDeclaration, _ unit: UnitDeclaration, _ spec: InstanceSpec, _ node: Node
    ) -> DesiredInstance {
        var places: [String: Location] = ["metadata.name": instance.source.location]
        for path in [
            "spec.replicas", "spec.desired", "spec.nodes", "spec.restartNonce", "spec.suspend", "spec.drift",
            "spec.prune",
        ] {
            places[path] = instance.source.location(of: path)
        }
        var desired = DesiredInstance(
            spec: spec, replicas: instance.replicas, state: instance.desired,
            assigned: instance.nodes.matches(node: node.name, labels: node.labels), suspend: instance.suspend,
            nonce: instance.restartNonce, dependsOn: instance.dependsOn, labels: instance.metadata.labels,
            places: places, reference: "\(instance.unit.name)@\(instance.unit.text)",
            unitPlace: unit.source.location(of: "spec.version"),
            // What has its default is not stored.
            prune: instance.prune == .allow ? nil : instance.prune)
        let annotations = instance.metadata.annotations
        desired.annotations = annotations.isEmpty ? nil : annotations
        let labels = unit.endpoints.filter { !$0.labels.isEmpty }.map { ($0.name, $0.labels.sortedText) }
        desired.endpointLabels =
            labels.isEmpty ? nil : Dictionary(labels, uniquingKeysWith: { first, _ in first })
        return desired
    }

    /// `arguments` come after all others.
    func makeSpec(
        _ instance: InstanceDeclaration, _ unit: UnitDeclaration, _ snapshot: Snapshot,
        _ config: EffectiveConfig, arguments: [String] = []
    ) -> InstanceSpec {
        let (own, common) = (instance.overrides, unit.defaults)
        let usualRestart = RestartPolicy(policy: unit.profile == .oneshot ? .onFailure : .always)
        let health = own.health ?? common.health ?? Health()
        let restart = own.restart ?? common.restart ?? usualRestart
        let stop = own.stop ?? common.stop ?? StopPolicy()
        let logging = own.logging ?? common.logging ?? LoggingPolicy()
        let resources = own.resources ?? common.resources

        var fields = SpecFields(unit: unit.source, instance: instance.source)
        var process = processSpec(instance, unit, snapshot, Configuration.render(config, for: unit))
        process.args += arguments
        fields.addProcess(process, instance: instance, unit: unit)
        fields.addArguments(arguments)
        fields.addConfig(config, unit: unit)
        fields.addHealth(health, overridden: own.health != nil)
        fields.addRestart(restart, usual: usualRestart, overridden: own.restart != nil)
        fields.addStop(stop, overridden: own.stop != nil)
        fields.addLogging(logging, overridden: own.logging != nil)
        fields.addResources(resources ?? Resources(), overridden: own.resources != nil)
        fields.addSandbox(process.sandbox, overridden: own.sandbox != nil)
        fields.addUpdate(instance.update)
        fields.addDrift(instance.drift)
        let (list, start, whole) = fields.finish()
        var spec = InstanceSpec(
            name: instance.metadata.name, unit: unit.id.description, profile: unit.profile, process: process,
            health: health, restart: restart, stop: stop, logging: logging, resources: resources,
            update: instance.update, fields: list, startHash: start, specHash: whole)
        // What has its default is not stored, as it is in no hash.
        spec.drift = instance.drift == .report ? nil : instance.drift
        return spec
    }

    private func processSpec(
        _ instance: InstanceDeclaration, _ unit: UnitDeclaration, _ snapshot: Snapshot,
        _ config: RenderedConfig
    ) -> ProcessSpec {
        var env = unit.env
        for (name, value) in config.env { env[name] = value }
        return ProcessSpec(
            command: unit.entry.command, args: unit.entry.args + config.args,
            workingDir: unit.entry.workingDir,
            user: unit.entry.user, group: unit.entry.group, umask: unit.entry.umask, env: env,
            secrets: instance.secrets.merging(config.secrets) { own, _ in own },
            endpoints: unit.endpoints.map(EndpointSpec.init),
            package: PackageReference(of: unit, in: snapshot),
            configFile: config.file.map { ConfigFileSpec(name: $0.name, contents: $0.contents) },
            reloadSignal: unit.reloadSignal,
            sandbox: instance.overrides.sandbox ?? unit.defaults.sandbox ?? Sandbox(),
            stdin: unit.entry.stdin == .none ? nil : unit.entry.stdin,
            notify: unit.entry.notify ? true : nil,
            fileDescriptorStoreMax: unit.entry.fileDescriptorStoreMax > 0
                ? unit.entry.fileDescriptorStoreMax : nil)
    }
}

extension EndpointSpec {
    init(_ endpoint: Endpoint) {
        let (port, indexed) =
            switch endpoint.port {
            case .fixed(let port): (port, false)
            case .indexed(let port): (port, true)
            }
        self.init(
            name: endpoint.name, protocolName: endpoint.protocolName.rawValue, basePort: port,
            indexed: indexed, listen: endpoint.listen ? true : nil, address: endpoint.address)
    }
}

extension EffectiveConfig {
    fileprivate var origins: [String: ConfigOrigin] {
        Dictionary(entries.map { ($0.name, ConfigOrigin($0.layer)) }, uniquingKeysWith: { first, _ in first })
    }
}

extension ConfigOrigin {
    fileprivate init(_ layer: EffectiveConfig.Layer) {
        switch layer {
        case .unit: self = .unit
        case .file: self = .configFrom
        case .instance: self = .instance
        }
    }
}
