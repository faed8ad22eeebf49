/// Merging of configurations: Unit defaults < `configFrom` in order < `config`.
package enum Configuration {
    /// The configuration that an Instance's replicas get. Fields without a value are left out; a `null` takes
    /// back what an earlier layer gave. Secret fields are `.secret`.
    package static func effective(
        of instance: InstanceDeclaration, unit: UnitDeclaration, configFiles: [String: ConfigFile]
    ) -> EffectiveConfig {
        let merged = merged(instance, unit, configFiles)
        let fields = Dictionary(
            unit.configFields.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        let entries = merged.compactMap { name, value -> EffectiveConfig.Entry? in
            guard value != .null else { return nil }
            let value = fields[name].map { completed(value, $0) } ?? value
            let (origin, layer) = origin(of: name, instance, unit, configFiles)
            return EffectiveConfig.Entry(name: name, value: value, origin: origin, layer: layer)
        }
        return EffectiveConfig(entries: entries.sorted { $0.name < $1.name })
    }

    static func merged(
        _ instance: InstanceDeclaration, _ unit: UnitDeclaration, _ configFiles: [String: ConfigFile]
    ) -> [String: ConfigValue] {
        var result: [String: ConfigValue] = [:]
        for field in unit.configFields {
            if let value = field.defaultValue { result[field.name] = value }
        }
        for path in instance.configFrom {
            for (name, value) in configFiles[path]?.values ?? [:] {
                result[name] = merge(result[name], value)
            }
        }
        for (name, value) in instance.config { result[name] = merge(result[name], value) }
        return result
    }

    /// Where a top-level field is written last.
    private static func origin(
        of name: String, _ instance: InstanceDeclaration, _ unit: UnitDeclaration,
        _ configFiles: [String: ConfigFile]
    ) -> (Location, EffectiveConfig.Layer) {
        if instance.config[name] != nil {
            return (instance.source.location(of: "spec.config.\(name)"), .instance)
        }
        for path in instance.configFrom.reversed() {
            if let file = configFiles[path], file.values[name] != nil {
                return (file.source.location(of: name), .file)
            }
        }
        let index = unit.configFields.firstIndex { $0.name == name } ?? 0
        return (unit.source.location(of: "spec.config.fields[\(index)].default"), .unit)
    }

    /// Objects merge key by key, everything else replaces. Depth is bounded by the documents' nesting.
    static func merge(_ base: ConfigValue?, _ over: ConfigValue) -> ConfigValue {
        guard case .object(var fields)? = base, case .object(let others) = over else { return over }
        for (key, value) in others { fields[key] = merge(fields[key], value) }
        return .object(fields)
    }

    /// Secret references as such, defaults of nested fields, and no nulls.
    private static func completed(_ value: ConfigValue, _ field: ConfigField) -> ConfigValue {
        if field.secret, let file = ConfigChecker.secretFile(value) { return .secret(file: file) }
        switch value {
        case .object(var values):
            for nested in field.fields {
                if let present = values[nested.name] ?? nested.defaultValue {
                    values[nested.name] = completed(present, nested)
                }
            }
            return .object(values.filter { $0.value != .null })
        case .array(let items):
            guard let item = field.items.first else { return value }
            return .array(items.map { completed($0, item) })
        default: return value
        }
    }
}
