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
        let entries = merged.values.compactMap { name, value -> EffectiveConfig.Entry? in
            guard value != .null else { return nil }
            var value = value
            if let field = fields[name] { value = completed(value, field) }
            return EffectiveConfig.Entry(
                name: name, value: value, origin: merged.origins[name] ?? instance.source.location)
        }
        return EffectiveConfig(entries: entries.sorted { $0.name < $1.name })
    }

    struct Merged {
        var values: [String: ConfigValue] = [:]
        /// Where each top-level field was written last.
        var origins: [String: Location] = [:]
    }

    static func merged(
        _ instance: InstanceDeclaration, _ unit: UnitDeclaration, _ configFiles: [String: ConfigFile]
    ) -> Merged {
        var result = Merged()
        for (index, field) in unit.configFields.enumerated() {
            guard let value = field.defaultValue else { continue }
            result.values[field.name] = value
            result.origins[field.name] = unit.source.location(of: "spec.config.fields[\(index)].default")
        }
        for path in instance.configFrom {
            guard let file = configFiles[path] else { continue }
            for (name, value) in file.values {
                result.values[name] = merge(result.values[name], value)
                result.origins[name] = file.source.location(of: name)
            }
        }
        for (name, value) in instance.config {
            result.values[name] = merge(result.values[name], value)
            result.origins[name] = instance.source.location(of: "spec.config.\(name)")
        }
        return result
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
