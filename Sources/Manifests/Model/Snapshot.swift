/// All declarations of one revision, decoded and checked as a whole: every reference in it resolves.
package struct Snapshot: Sendable {
    package var units: [UnitID: UnitDeclaration]
    package var instances: [String: InstanceDeclaration]
    package var schedules: [String: ScheduleDeclaration]
    package var plugins: [String: ReservedDeclaration]
    /// The files that `configFrom` names, by path.
    package var configFiles: [String: ConfigFile]
    /// Directories that artifacts take, by path → id of the tree.
    package var packageTrees: [String: String]
    /// Archives of the source that artifacts take, by path → id of the blob.
    package var packageFiles: [String: String] = [:]
    /// Which declared unit each Instance's reference picks.
    package var resolvedUnits: [String: UnitID]
    /// Which declared Unit the `run` action of each Schedule picks.
    package var scheduleUnits: [String: UnitID] = [:]

    package init(
        units: [UnitID: UnitDeclaration] = [:], instances: [String: InstanceDeclaration] = [:],
        schedules: [String: ScheduleDeclaration] = [:], plugins: [String: ReservedDeclaration] = [:],
        configFiles: [String: ConfigFile] = [:], packageTrees: [String: String] = [:],
        resolvedUnits: [String: UnitID] = [:]
    ) {
        self.units = units
        self.instances = instances
        self.schedules = schedules
        self.plugins = plugins
        self.configFiles = configFiles
        self.packageTrees = packageTrees
        self.resolvedUnits = resolvedUnits
    }

    package func unit(of instance: InstanceDeclaration) -> UnitDeclaration? {
        resolvedUnits[instance.metadata.name].flatMap { units[$0] }
    }

    /// The Unit of a `run` action; nil: another action.
    package func unit(of schedule: ScheduleDeclaration) -> UnitDeclaration? {
        scheduleUnits[schedule.metadata.name].flatMap { units[$0] }
    }
}

/// A file that `configFrom` names: the root is a mapping.
package struct ConfigFile: Sendable {
    package var values: [String: ConfigValue]
    package var source: DeclarationSource

    package init(values: [String: ConfigValue], source: DeclarationSource) {
        self.values = values
        self.source = source
    }
}

/// An Instance's configuration after merging: Unit defaults < `configFrom` in order < `config`.
package struct EffectiveConfig: Sendable {
    package struct Entry: Sendable {
        /// A top-level field's name.
        package var name: String
        package var value: ConfigValue
        /// Where the value (or the part of it that won) is written.
        package var origin: Location
        package var layer: Layer

        package init(name: String, value: ConfigValue, origin: Location, layer: Layer) {
            self.name = name
            self.value = value
            self.origin = origin
            self.layer = layer
        }
    }
    /// What a value is written in: the Unit's defaults, a file of `configFrom`, or the Instance.
    package enum Layer: Sendable, Hashable { case unit, file, instance }
    /// Sorted by name.
    package var entries: [Entry]

    package init(entries: [Entry]) { self.entries = entries }
}

/// What of a configuration goes where. Secrets are left out: they reach a run by `secrets`.
package struct RenderedConfig: Sendable, Hashable {
    /// Sorted by name.
    package var env: [(name: String, value: String)] = []
    package var args: [String] = []
    package var file: (name: String, contents: String)?
    /// Fields that are secret references: variable → file of the secret directory (method env only).
    package var secrets: [String: String] = [:]

    package init() {}

    package static func == (a: RenderedConfig, b: RenderedConfig) -> Bool {
        a.env.elementsEqual(b.env, by: ==) && a.args == b.args && a.secrets == b.secrets
            && a.file?.name == b.file?.name && a.file?.contents == b.file?.contents
    }

    package func hash(into hasher: inout Hasher) {
        for item in env {
            hasher.combine(item.name)
            hasher.combine(item.value)
        }
        hasher.combine(args)
    }
}
