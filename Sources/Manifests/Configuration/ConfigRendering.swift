extension Configuration {
    /// What of a configuration goes into the environment, the arguments or a file. Equal configurations give
    /// equal bytes, whatever order they were written in.
    package static func render(_ config: EffectiveConfig, for unit: UnitDeclaration) -> RenderedConfig {
        var result = RenderedConfig()
        switch unit.configApply.method {
        case .env:
            for entry in config.entries {
                let name = ConfigNames.variable(entry.name, prefix: unit.configApply.prefix)
                if case .secret(let file) = entry.value {
                    result.secrets[name] = file
                } else {
                    result.env.append((name, text(entry.value)))
                }
            }
            result.env.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        case .args:
            result.args = config.entries.map { "\(ConfigNames.option($0.name))=\(text($0.value))" }
        case .file:
            // A Unit without config fields has no config file either.
            guard !unit.configFields.isEmpty else { return result }
            var fields: [String: ConfigValue] = [:]
            for entry in config.entries { fields[entry.name] = entry.value }
            let contents =
                unit.configApply.format == .json
                ? ConfigText.prettyJSON(.object(fields)) : ConfigText.yaml(.object(fields))
            result.file = (unit.configApply.fileName, contents)
        }
        return result
    }

    /// Strings as they are, everything else as JSON.
    private static func text(_ value: ConfigValue) -> String {
        if case .string(let string) = value { return string }
        return ConfigText.json(value)
    }
}
