extension ScheduleDeclaration {
    /// What a `run` action asks for, as an Instance would: checked and resolved by the same code. nil:
    /// another action. It has the Schedule's name; a place below `spec.action.run` is found below `spec`,
    /// too.
    package var runner: InstanceDeclaration? {
        guard case .run(let unit, let config, _) = action else { return nil }
        var source = source
        let prefix = "spec.action.run."
        for (path, position) in self.source.fields where path.hasPrefix(prefix) {
            source.fields["spec." + path.dropFirst(prefix.count)] = position
        }
        return InstanceDeclaration(
            metadata: metadata, unit: unit, nodes: nodes, config: config, configFrom: configFrom,
            secrets: secrets, dependsOn: dependsOn, overrides: overrides, source: source)
    }

    /// Arguments of a `run` action.
    package var arguments: [String] {
        if case .run(_, _, let arguments) = action { return arguments }
        return []
    }
}
